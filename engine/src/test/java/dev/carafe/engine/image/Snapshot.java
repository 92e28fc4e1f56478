package dev.carafe.engine.image;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.carafe.engine.erofs.ErofsReader;
import dev.carafe.engine.erofs.ErofsReader.Entry;
import dev.carafe.engine.image.Node.Identity;
import dev.carafe.engine.image.Node.Kind;
import dev.carafe.linux.Fd;
import dev.carafe.linux.Native;
import dev.carafe.linux.Sys;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.TreeMap;

/** What is in a directory of a mounted file system, in the words of {@link ErofsReader}. */
final class Snapshot {
    private final Map<String, Entry> entries = new TreeMap<>();
    private final Map<Identity, Long> numbers = new HashMap<>();

    private final ByteBuffer buffer = ByteBuffer.allocateDirect(1 << 20);
    private final byte[] bytes = new byte[1 << 20];

    private Snapshot() {}

    static Map<String, Entry> of(Path directory) throws IOException {
        Snapshot snapshot = new Snapshot();
        try (Fd root = Dir.open(directory)) {
            snapshot.add(root, "");
        }
        return normal(snapshot.entries);
    }

    /** What the image has, once it has been found that its link counts are right. */
    static Map<String, Entry> ofImage(Path image) throws IOException {
        Map<String, Entry> read = ErofsReader.read(image);
        Map<String, Entry> normal = normal(read);
        read.forEach(
                (path, entry) -> {
                    Entry other = normal.get(path);
                    if (other != null && !isDirectory(entry)) {
                        assertEquals(other.links(), entry.links(), path);
                    }
                });
        return normal;
    }

    private static boolean isDirectory(Entry entry) {
        return entry.mode() >> 12 == 4;
    }

    /** Numbers by order, links counted, and of directories neither size nor links. */
    private static Map<String, Entry> normal(Map<String, Entry> entries) {
        Map<Long, Integer> links = new HashMap<>();
        Map<Long, Long> order = new HashMap<>();
        for (Entry e : entries.values()) {
            links.merge(e.number(), 1, Integer::sum);
            order.putIfAbsent(e.number(), (long) order.size());
        }
        Map<String, Entry> normal = new TreeMap<>();
        entries.forEach(
                (path, e) -> {
                    boolean directory = isDirectory(e);
                    normal.put(
                            path,
                            new Entry(
                                    order.getOrDefault(e.number(), 0L),
                                    e.mode(),
                                    e.uid(),
                                    e.gid(),
                                    directory ? 0 : e.size(),
                                    e.mtime(),
                                    e.mtimeNanos(),
                                    directory ? 0 : links.getOrDefault(e.number(), 0),
                                    e.device(),
                                    e.xattrs(),
                                    e.content()));
                });
        return normal;
    }

    private void add(Fd dir, String path) throws IOException {
        entries.put(path, entry(dir, "", path, Node.need(dir, "", path)));
        for (String name : Dir.list(dir)) {
            Node node = Node.of(dir, name);
            String below = path.isEmpty() ? name : path + "/" + name;
            if (node == null) {
                continue; // an overlay lists a whiteout where nothing is merged
            }
            if (node.kind() == Kind.DIRECTORY) {
                try (Fd child = MergedWalk.open(dir, name, below, Dir.O_DIRECTORY)) {
                    add(child, below);
                }
            } else {
                entries.put(below, entry(dir, name, below, node));
            }
        }
    }

    private Entry entry(Fd dir, String name, String path, Node node) throws IOException {
        Map<String, String> xattrs = Map.of();
        String content = "";
        switch (node.kind()) {
            case DIRECTORY -> xattrs = Xattrs.read(dir, path).kept();
            case FILE -> {
                try (Fd file = MergedWalk.open(dir, name, path, 0)) {
                    xattrs = Xattrs.read(file, path).kept();
                    content = content(file);
                }
            }
            case SYMLINK -> content = Dir.readlink(dir, name);
            case CHAR_DEVICE, BLOCK_DEVICE, FIFO, SOCKET -> {}
        }
        int major = node.major();
        int minor = node.minor();
        return new Entry(
                numbers.computeIfAbsent(node.identity(), _ -> (long) numbers.size()),
                node.mode(),
                node.uid(),
                node.gid(),
                node.size(),
                node.mtime(),
                node.mtimeNanos(),
                node.links(),
                minor & 0xff | major << 8 | (minor & ~0xff) << 12,
                xattrs,
                content);
    }

    private String content(Fd file) throws IOException {
        ByteArrayOutputStream content = new ByteArrayOutputStream();
        long address = Native.address(buffer);
        long n;
        while ((n = Native.check("read", Sys.READ, file.number(), address, bytes.length)) > 0) {
            buffer.get(0, bytes, 0, (int) n);
            content.write(bytes, 0, (int) n);
        }
        return content.toString(StandardCharsets.ISO_8859_1);
    }
}
