package dev.carafe.engine.image;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.carafe.linux.Fd;
import dev.carafe.linux.Memory;
import dev.carafe.linux.Native;
import dev.carafe.linux.Sys;
import dev.carafe.oci.image.Descriptor;
import dev.carafe.oci.image.Digest;
import dev.carafe.oci.image.ImageConfig;
import dev.carafe.oci.image.Manifest;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.RandomAccessFile;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.OptionalLong;
import java.util.TreeMap;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
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
            byte[] bytes = value.getBytes(StandardCharsets.ISO_8859_1);
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
            describe(fd, "", found, new HashMap<>());
        }
        return found;
    }

    private static void describe(
            Fd dir, String prefix, Map<String, String> found, Map<Node.Identity, String> links)
            throws IOException {
        for (Dir.Name name : Dir.names(dir)) {
            Node node = Objects.requireNonNull(Node.of(dir, name.text()));
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
                Privilege read = new Privilege(true, true, 0, 0, 0);
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

    private int sweep() throws IOException {
        return store.prune(false, _ -> true, _ -> List.of()).lines().size();
    }

    private boolean has(String path) {
        return Files.exists(store.root().resolve(path));
    }

    private Path blob(Digest digest) {
        return store.root().resolve("blobs/sha256").resolve(digest.hex());
    }

    private Layer layerOf(Draft draft, String... files) throws IOException {
        Path upper = draft.newDirectory("upper");
        for (String file : files) {
            Files.writeString(upper.resolve(file), file);
        }
        return draft.layer(upper, LayerOptions.clampedTo(1000));
    }

    private List<TarEntry> members(Digest diffId) throws IOException {
        List<TarEntry> members = new ArrayList<>();
        try (var in = Files.newInputStream(blob(diffId))) {
            TarReader tar = new TarReader(ByteSource.of(in, 1 << 16));
            TarEntry entry;
            while ((entry = tar.next()) != null) {
                members.add(entry);
            }
        }
        return members;
    }

    private List<String> names(Draft draft, Layer layer) throws IOException {
        draft.commit(CONFIG, List.of(layer), List.of());
        return members(layer.diffId()).stream().map(TarEntry::path).toList();
    }

    @Test
    void membersAreInTheOrderOfTheirBytesAndMarksComeFirst() throws IOException {
        try (Draft draft = store.draft()) {
            Layer layer = draft.layer(everything(draft), LayerOptions.PLAIN);
            draft.commit(CONFIG, List.of(layer), List.of());
            List<String> names = members(layer.diffId()).stream().map(TarEntry::path).toList();
            assertTrue(names.contains(".wh.gone"), names.toString());
            assertEquals(names.indexOf("hidden/") + 1, names.indexOf("hidden/.wh..wh..opq"));
            assertTrue(names.indexOf("usr/") < names.indexOf("usr/bin/"));
            assertTrue(names.indexOf("usr/bin/other") < names.indexOf("usr/bin/tool"));
            assertTrue(names.indexOf("usr/") < names.indexOf("\u00ff\u0001"));
            assertFalse(names.contains("./"));
        }
    }

    @Test
    void overlayfsNotesAreGoneAndTheOpaqueMarkStays() throws IOException {
        assumeTrue(root, "only root has trusted attributes");
        try (Draft draft = store.draft()) {
            Layer layer = draft.layer(everything(draft), LayerOptions.PLAIN);
            try (Fd usr = Dir.open(layer.fs().resolve("usr"));
                    Fd hidden = Dir.open(layer.fs().resolve("hidden"))) {
                assertEquals("", Dir.xattr(usr, "trusted.overlay.origin"));
                assertEquals("", Dir.xattr(usr, "trusted.overlay.impure"));
                assertEquals("y", Dir.xattr(hidden, Xattrs.TRUSTED_OPAQUE));
                assertEquals("y", Dir.xattr(hidden, Xattrs.USER_OPAQUE));
            }
        }
    }

    @Test
    void anOverlayWithRedirectsIsRefused() throws IOException {
        assumeTrue(root, "only root has trusted attributes");
        for (String note : List.of("redirect", "metacopy")) {
            try (Draft draft = store.draft()) {
                Path upper = draft.newDirectory("upper");
                Files.createDirectory(upper.resolve("d"));
                setXattr(upper.resolve("d"), "trusted.overlay." + note, "/etc");
                assertRefused(draft, upper, "d: its overlay was mounted with redirect_dir");
            }
        }
    }

    private static void assertRefused(Draft draft, Path upper, String message) {
        IOException e =
                assertThrows(IOException.class, () -> draft.layer(upper, LayerOptions.PLAIN));
        assertTrue(String.valueOf(e.getMessage()).contains(message), e.getMessage());
    }

    @Test
    void aFileThatReadsAsAWhiteoutIsRefused() throws IOException {
        try (Draft draft = store.draft()) {
            Path upper = draft.newDirectory("upper");
            Files.writeString(upper.resolve(".wh.etc"), "");
            assertRefused(draft, upper, ".wh.etc: a name that begins with .wh.");
        }
    }

    @Test
    void twoRunsGiveTheSameBytes() throws IOException {
        Digest first;
        try (Draft draft = store.draft()) {
            Path upper = everything(draft);
            first = draft.layer(upper, LayerOptions.clampedTo(1_000_000_000)).diffId();
        }
        try (Draft draft = store.draft()) {
            Path upper = everything(draft);
            Files.setLastModifiedTime(upper.resolve("usr"), FileTime.fromMillis(1 << 30));
            Files.setLastModifiedTime(
                    upper.resolve("usr"), FileTime.from(Instant.parse("2026-01-01T00:00:00Z")));
            Layer layer = draft.layer(upper, LayerOptions.clampedTo(1_000_000_000));
            assertEquals(first, layer.diffId());
            FileTime time = Files.getLastModifiedTime(layer.fs().resolve("usr"));
            assertEquals(Instant.ofEpochSecond(1_000_000_000), time.toInstant());
        }
    }

    @Test
    void nothingIsAnEmptyLayerAsDockerKnowsIt() throws IOException {
        try (Draft draft = store.draft()) {
            Layer layer = layerOf(draft);
            assertTrue(layer.empty());
            assertEquals(
                    "5f70bf18a086007016e948b04aed3b82103a36bea41755b6cddfaf10ace3c6ef",
                    layer.diffId().hex());
        }
    }

    /** The mode of / of a merged tree is the top layer's. */
    @Test
    void aRootThatIsNotAsUsualIsAMember() throws IOException {
        try (Draft draft = store.draft()) {
            Path upper = draft.newDirectory("upper");
            Files.setPosixFilePermissions(upper, PosixFilePermissions.fromString("r-xr-xr-x"));
            Layer layer = draft.layer(upper, LayerOptions.PLAIN);
            assertFalse(layer.empty());
            assertEquals(
                    "r-xr-xr-x",
                    PosixFilePermissions.toString(Files.getPosixFilePermissions(layer.fs())));
            assertEquals(List.of("./"), names(draft, layer));
        }
    }

    @Test
    void socketsAreLeftOut() throws IOException {
        try (Draft draft = store.draft()) {
            Path upper = draft.newDirectory("upper");
            Files.createDirectory(upper.resolve("run"));
            mknod(upper.resolve("run"), "socket", 0140644, 0);
            Files.setLastModifiedTime(upper.resolve("run"), FileTime.fromMillis(5000));
            Layer layer = draft.layer(upper, LayerOptions.PLAIN);
            assertFalse(Files.exists(layer.fs().resolve("run/socket")));
            assertEquals(5, Files.getLastModifiedTime(layer.fs().resolve("run")).toMillis() / 1000);
            assertEquals(List.of("run/"), names(draft, layer));
        }
    }

    @Test
    void holesAreReadAsZerosWithoutFillingTheDisk() throws IOException {
        try (Draft draft = store.draft()) {
            Path upper = draft.newDirectory("upper");
            try (var file = new RandomAccessFile(upper.resolve("big").toFile(), "rw")) {
                file.seek(100_000_000);
                file.write('x');
                file.setLength(200_000_001);
            }
            Layer layer = draft.layer(upper, LayerOptions.PLAIN);
            draft.commit(CONFIG, List.of(layer), List.of());
            Node tar;
            try (Fd dir = Dir.open(store.root().resolve("blobs/sha256"))) {
                tar = Objects.requireNonNull(Node.of(dir, layer.diffId().hex()));
            }
            assertEquals(200_000_512 + 512 + 1024, tar.size());
            assertTrue(tar.blocks() * 512 < 20_000_000, tar.toString());
            try (var in = Files.newInputStream(blob(layer.diffId()))) {
                in.skipNBytes(512 + 100_000_000);
                assertEquals('x', in.read());
                assertEquals(0, in.read());
            }
        }
    }

    @Test
    void holesWithoutMeasureAreRefused() throws IOException {
        try (Draft draft = store.draft()) {
            Path upper = draft.newDirectory("upper");
            for (int i = 0; i < 5; i++) {
                Path path = upper.resolve("big" + i);
                try (var file = new RandomAccessFile(path.toFile(), "rw")) {
                    file.setLength(14L << 40);
                } catch (IOException e) {
                    assumeTrue(false, "the file system has no such large files");
                }
            }
            assertRefused(draft, upper, "big0: the holes of sparse files come to more");
        }
    }

    /** A program that outlived its container may not make the engine read the host's files. */
    @Test
    void aLinkInThePlaceOfADirectoryIsNotFollowed() throws Exception {
        Path outside = Files.createDirectory(directory.resolve("outside"));
        Files.writeString(outside.resolve("secret"), "secret");
        Path link = directory.resolve("link");
        Files.createSymbolicLink(link, outside);
        try (Draft draft = store.draft()) {
            Path upper = draft.newDirectory("upper");
            Files.createDirectory(upper.resolve("d"));
            var stop = new AtomicBoolean();
            Thread swapper = Thread.ofPlatform().start(() -> swap(upper.resolve("d"), link, stop));
            try {
                for (int i = 0; i < 200; i++) {
                    ByteArrayOutputStream tar = new ByteArrayOutputStream();
                    try (ByteSink sink = ByteSink.of(tar, 4096)) {
                        new ChangeSet(
                                        new TarWriter(sink),
                                        Privilege.ofThisProcess(),
                                        OptionalLong.empty())
                                .write(upper);
                    } catch (ImageException e) {
                        assertTrue(
                                String.valueOf(e.getMessage()).contains("changed while"),
                                e.getMessage());
                    }
                    assertFalse(tar.toString(StandardCharsets.ISO_8859_1).contains("secret"));
                }
            } finally {
                stop.set(true);
                swapper.join();
            }
        }
    }

    /** renameat2(RENAME_EXCHANGE), again and again. */
    private static void swap(Path one, Path other, AtomicBoolean stop) {
        while (!stop.get()) {
            try (Memory memory = Memory.borrow()) {
                long a = memory.string(one.toString());
                long b = memory.string(other.toString());
                Native.syscall(Sys.RENAMEAT2, Fd.AT_FDCWD, a, Fd.AT_FDCWD, b, 2);
            }
        }
    }

    @Test
    void aFileThatGrowsIsTold() throws Exception {
        Path file = directory.resolve("f");
        Files.writeString(file, "1234567890");
        for (long size : new long[] {0, 5, 9, 11, 4000}) {
            try (Fd dir = Dir.open(directory);
                    Fd fd = new Fd((int) Dir.openat2(dir, "f", 0, 0));
                    ByteSink sink = ByteSink.of(OutputStream.nullOutputStream(), 512)) {
                TarWriter tar = new TarWriter(sink);
                IOException e = assertThrows(ImageException.class, () -> tar.body(fd, size, "f"));
                String what = size < 10 ? "grew" : "became shorter";
                assertEquals("f " + what + " while it was read", e.getMessage());
            }
        }
    }

    @Test
    void anImageOnTopOfAnotherHasItsLayers() throws IOException {
        try (Draft draft = store.draft()) {
            draft.commit(CONFIG, List.of(layerOf(draft, "a")), List.of("base:1"));
        }
        Image top;
        try (Draft draft = store.draft()) {
            List<Layer> layers = new ArrayList<>(draft.base("base:1"));
            layers.add(layerOf(draft, "b"));
            top = draft.commit(CONFIG, layers, List.of("top:1"), ManifestFormat.DOCKER);
        }
        assertEquals(2, top.layers().size());
        assertEquals("a", Files.readString(top.layers().get(1).resolve("a")));
        assertEquals("b", Files.readString(top.layers().get(0).resolve("b")));
        assertEquals(2, top.config().rootfs().diffIds().size());
        assertFalse(has("tmp/new-1"));
    }

    @Test
    void whatIsNotCommittedLeavesNothing() throws IOException {
        try (Draft draft = store.draft()) {
            draft.layer(everything(draft), LayerOptions.PLAIN);
        }
        try (var left = Files.list(store.root().resolve("tmp"));
                var leases = Files.list(store.root().resolve("leases"));
                var blobs = Files.list(store.root().resolve("blobs/sha256"))) {
            assertEquals(0, left.count());
            assertEquals(0, leases.count());
            assertEquals(0, blobs.count());
        }
    }

    @Test
    void keptLayersOutliveASweepUntilForgotten() throws IOException {
        Layer layer;
        try (Draft draft = store.draft()) {
            layer = layerOf(draft, "cached");
            draft.keep();
            assertTrue(Files.exists(draft.existing(layer.diffId()).orElseThrow().fs()));
        }
        sweep();
        assertEquals(List.of(layer.diffId()), List.copyOf(store.kept().keySet()));
        try (Draft draft = store.draft()) {
            Layer again = draft.existing(layer.diffId()).orElseThrow();
            assertEquals("cached", Files.readString(again.fs().resolve("cached")));
            assertEquals(layer.size(), again.size());
            draft.commit(CONFIG, List.of(again), List.of("c:1"));
        }
        store.remove("c:1", false, _ -> List.of());
        assertTrue(has("layers/" + layer.diffId().hex()));
        store.forget(List.of(layer.diffId()));
        sweep();
        assertFalse(has("layers/" + layer.diffId().hex()));
        assertFalse(Files.exists(blob(layer.diffId())));
        try (Draft draft = store.draft()) {
            assertTrue(draft.existing(layer.diffId()).isEmpty());
        }
    }

    @Test
    void theSecondPushCompressesNothing() throws IOException {
        try (Draft draft = store.draft();
                Lease lease = store.lease()) {
            draft.commit(CONFIG, List.of(layerOf(draft, "a"), layerOf(draft, "b")), List.of("p:1"));
            for (Compression compression : List.of(Compression.GZIP, Compression.ZSTD)) {
                byte[] once = store.portable("p:1", compression, lease);
                Manifest manifest = Manifest.parse("m", once);
                for (Descriptor layer : manifest.layers()) {
                    assertEquals(compression.mediaType(), layer.mediaType());
                    // so that making it again would be seen
                    Files.setLastModifiedTime(blob(layer.digest()), FileTime.fromMillis(0));
                }
                assertEquals(
                        new String(once, StandardCharsets.UTF_8),
                        new String(
                                store.portable("p:1", compression, lease), StandardCharsets.UTF_8));
                for (Descriptor layer : manifest.layers()) {
                    assertEquals(0, Files.getLastModifiedTime(blob(layer.digest())).toMillis());
                }
            }
        }
        sweep();
        assertEquals(2 + 4 + 2, count("blobs/sha256"));
        store.remove("p:1", false, _ -> List.of());
        assertEquals(0, count("blobs/sha256"));
        assertEquals(0, count("compressed"));
    }

    private int count(String path) throws IOException {
        try (var names = Files.list(store.root().resolve(path))) {
            return (int) names.count();
        }
    }

    @Test
    void aLayerThatIsCompressedAtOnceIsFoundAgain() throws IOException {
        Layer layer;
        try (Draft draft = store.draft()) {
            Path upper = draft.newDirectory("upper");
            Files.writeString(upper.resolve("a"), "a".repeat(10_000));
            layer = draft.layer(upper, new LayerOptions(Compression.ZSTD, OptionalLong.empty()));
            assertEquals(Compression.ZSTD.mediaType(), layer.blob().mediaType());
            draft.keep();
        }
        sweep();
        try (Draft draft = store.draft()) {
            Layer again = draft.existing(layer.diffId()).orElseThrow();
            assertEquals(layer.blob(), again.blob());
            draft.commit(CONFIG, List.of(again), List.of("z:1"));
        }
        try (var in = Decompression.open(Files.newInputStream(blob(layer.blob().digest())))) {
            assertEquals(layer.diffId(), Digest.sha256(in.readAllBytes()));
        }
    }

    @Test
    void aDraftIsSafeForSeveralThreads() throws Exception {
        try (Draft draft = store.draft();
                var pool = Executors.newFixedThreadPool(4)) {
            List<Future<Layer>> made = new ArrayList<>();
            for (int i = 0; i < 24; i++) {
                String name = "f" + i % 8;
                made.add(pool.submit(() -> layerOf(draft, name)));
            }
            List<Layer> layers = new ArrayList<>();
            for (var one : made) {
                layers.add(one.get());
            }
            Image image = draft.commit(CONFIG, layers, List.of("t:1"));
            assertEquals(8, image.layers().size());
            for (int i = 0; i < 8; i++) {
                assertEquals(
                        "f" + i,
                        new String(
                                Objects.requireNonNull(image.view().readFile("f" + i)),
                                StandardCharsets.UTF_8));
            }
        }
    }

    /** As an ordinary user a file may be closed to its own owner. */
    @Test
    void aLayerOfAnOrdinaryUserIsRoots() throws Exception {
        Path upper = Files.createDirectory(directory.resolve("upper"));
        Files.createDirectory(upper.resolve("d"));
        Files.writeString(upper.resolve("d/f"), "x");
        Files.setPosixFilePermissions(
                upper.resolve("d/f"), PosixFilePermissions.fromString("---------"));
        Files.setPosixFilePermissions(
                upper.resolve("d"), PosixFilePermissions.fromString("---------"));
        ByteArrayOutputStream tar = new ByteArrayOutputStream();
        Privilege user = new Privilege(false, false, 1, 1, 022);
        try (ByteSink sink = ByteSink.of(tar, 4096)) {
            new ChangeSet(new TarWriter(sink), user, OptionalLong.of(7)).write(upper);
        }
        TarReader reader = TarBytes.reader(tar.toByteArray());
        TarEntry d = Objects.requireNonNull(reader.next());
        TarEntry f = Objects.requireNonNull(reader.next());
        assertEquals(0, d.mode() | f.mode());
        assertEquals(0, d.uid() + f.gid());
        assertEquals(7, f.mtime());
        assertEquals(
                "---------",
                PosixFilePermissions.toString(Files.getPosixFilePermissions(upper.resolve("d"))));
        Staging.delete(upper);
    }
}
