package dev.carafe.engine.image;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import dev.carafe.linux.Fd;
import dev.carafe.linux.Memory;
import dev.carafe.linux.Native;
import dev.carafe.linux.Sys;
import dev.carafe.oci.image.Digest;
import dev.carafe.oci.image.ImageConfig;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DraftTest {
    private static final ImageConfig CONFIG =
            new ImageConfig(
                    "2026-01-02T03:04:05Z",
                    null,
                    "amd64",
                    "linux",
                    null,
                    List.of(),
                    null,
                    ImageConfig.Config.EMPTY.edit().cmd(List.of("sh")).done(),
                    new ImageConfig.RootFs("layers", List.of()),
                    List.of());

    @TempDir Path directory;
    private ImageStore store;
    private boolean root;

    @BeforeEach
    void open() throws IOException {
        store = ImageStore.open(directory.resolve("store"));
        root = Privilege.ofThisProcess().root();
    }

    private static void mknod(Path dir, String name, int mode, long dev) throws IOException {
        try (Fd fd = Dir.open(dir);
                Memory memory = Memory.borrow()) {
            Native.check("mknod", Sys.MKNODAT, fd.number(), Dir.name(memory, name), mode, dev);
        }
    }

    private static void setXattr(Path file, String name, String value) throws IOException {
        try (Memory memory = Memory.borrow()) {
            long path = memory.string(file.toString());
            byte[] bytes = value.getBytes(java.nio.charset.StandardCharsets.ISO_8859_1);
            Native.check(
                    "setxattr " + name,
                    Sys.LSETXATTR,
                    path,
                    memory.string(name),
                    memory.bytes(bytes),
                    bytes.length,
                    0);
        }
    }

    /** All that a tree is, a line for each name; but for the times of whiteouts. */
    static Map<String, String> describe(Path tree) throws IOException {
        Map<String, String> found = new TreeMap<>();
        try (Fd fd = Dir.open(tree)) {
            describe(fd, "", found, new java.util.HashMap<>());
        }
        return found;
    }

    private static void describe(
            Fd dir, String prefix, Map<String, String> found, Map<Node.Identity, String> links)
            throws IOException {
        for (Dir.Name name : Dir.names(dir)) {
            Node node = java.util.Objects.requireNonNull(Node.of(dir, name.text()));
            String path = prefix + name.text();
            if (node.isWhiteout()) {
                found.put(path, "whiteout");
                continue;
            }
            String first = links.computeIfAbsent(node.identity(), _ -> path);
            StringBuilder line = new StringBuilder();
            line.append(node.kind()).append(' ').append(Integer.toOctalString(node.mode()));
            line.append(' ').append(node.uid()).append(':').append(node.gid());
            line.append(' ').append(node.mtime()).append('.').append(node.mtimeNanos());
            line.append(' ').append(node.major()).append(',').append(node.minor());
            line.append(first.equals(path) ? "" : " = " + first);
            line.append(' ').append(Dir.readlink(dir, name.text()));
            if (node.kind() == Node.Kind.FILE || node.kind() == Node.Kind.DIRECTORY) {
                Privilege read = new Privilege(true, 0, 0, 0);
                try (Fd file = new Fd((int) Dir.openat2(dir, name.text(), 0, 0))) {
                    Xattrs xattrs = Xattrs.of(file, path, read);
                    line.append(xattrs);
                    if (node.kind() == Node.Kind.DIRECTORY) {
                        describe(file, path + "/", found, links);
                    } else {
                        line.append(content(file));
                    }
                }
            }
            found.put(path, line.toString());
        }
    }

    private static String content(Fd file) throws IOException {
        try (var in = Files.newInputStream(Path.of("/proc/self/fd/" + file.number()))) {
            return Digest.sha256(in.readAllBytes()).hex();
        }
    }

    private Path everything(Draft draft) throws IOException {
        Path upper = draft.newDirectory("upper");
        Files.createDirectories(upper.resolve("usr/bin"));
        Files.writeString(upper.resolve("usr/bin/tool"), "tool");
        Files.setPosixFilePermissions(
                upper.resolve("usr/bin/tool"), PosixFilePermissions.fromString("rwxr-xr-x"));
        Files.createLink(upper.resolve("usr/bin/other"), upper.resolve("usr/bin/tool"));
        Files.createSymbolicLink(upper.resolve("usr/link"), Path.of("../etc/passwd"));
        Files.createDirectory(upper.resolve("hidden"));
        setXattr(upper.resolve("hidden"), root ? Xattrs.TRUSTED_OPAQUE : Xattrs.USER_OPAQUE, "y");
        Files.writeString(upper.resolve("hidden/in"), "above");
        setXattr(upper.resolve("hidden/in"), "user.note", "n\u00e9\0");
        mknod(upper, "gone", 0020000, 0);
        mknod(upper, "fifo", 0010640, 0);
        mknod(upper, "\u00ff\u0001", 0100600, 0);
        String longName = "n".repeat(200);
        Files.createDirectories(upper.resolve(longName).resolve(longName));
        Files.writeString(upper.resolve(longName).resolve(longName).resolve("f"), "deep");
        Files.createSymbolicLink(upper.resolve("far"), Path.of("t".repeat(300)));
        Files.setLastModifiedTime(
                upper.resolve("hidden/in"), FileTime.from(Instant.parse("1960-01-01T00:00:01.5Z")));
        if (root) {
            mknod(upper, "null", 0020666, 1 << 8 | 3);
            Files.setAttribute(upper.resolve("usr/bin"), "unix:uid", 3_000_000);
            setXattr(
                    upper.resolve("usr/bin/tool"),
                    "security.capability",
                    "\1\0\0\2\0\4\0\0\0\0\0\0\0\0\0\0\0\0\0\0");
            setXattr(upper.resolve("usr"), "trusted.overlay.origin", "x");
            setXattr(upper.resolve("usr"), "trusted.overlay.impure", "y");
        }
        return upper;
    }

    /** What is mounted is what every other engine unpacks from the tar. */
    @Test
    void theDirectoryBecomesWhatUnpackingItsTarGives() throws IOException {
        Image image;
        try (Draft draft = store.draft()) {
            Layer layer = draft.layer(everything(draft), LayerOptions.PLAIN);
            assertFalse(layer.empty());
            image = draft.commit(CONFIG, List.of(layer), List.of("all:1"));
        }
        Path blob =
                store.root()
                        .resolve("blobs/sha256")
                        .resolve(image.config().rootfs().diffIds().get(0).hex());
        Path fs = Files.createDirectory(directory.resolve("fs"));
        try (Unpack unpack = new Unpack(fs, Privilege.ofThisProcess(), null);
                var in = Files.newInputStream(blob)) {
            unpack.all(new TarReader(ByteSource.of(in, 1 << 16)));
        }
        assertEquals(lines(describe(fs)), lines(describe(image.layers().get(0))));
        assertEquals(List.of("docker.io/library/all:1"), image.names());
        assertEquals(List.of("sh"), store.resolve("all:1").config().config().cmd());
        Staging.delete(fs);
    }

    private static String lines(Map<String, String> map) {
        List<String> lines = new ArrayList<>();
        map.forEach((key, value) -> lines.add(key + " " + value));
        return String.join("\n", lines);
    }
}
