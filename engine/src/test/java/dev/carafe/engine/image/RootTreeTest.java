package dev.carafe.engine.image;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.carafe.engine.erofs.ErofsReader.Entry;
import dev.carafe.linux.Fd;
import dev.carafe.linux.Native;
import dev.carafe.linux.Sys;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Layers as an image: read by {@link dev.carafe.engine.erofs.ErofsReader}, and where root may mount
 * by the kernel and by fsck.erofs, and compared with an overlay of the same layers.
 */
class RootTreeTest {
    private static final byte[] UUID = "0123456789abcdef".getBytes(StandardCharsets.US_ASCII);

    @TempDir Path directory;
    private final List<Path> layers = new ArrayList<>();

    /** Puts an empty layer on top. */
    private Path layer() throws IOException {
        Path layer = Files.createDirectory(directory.resolve("layer" + layers.size()));
        layers.add(0, layer);
        return layer;
    }

    /** Unpacks tars, lowest first. */
    private void unpack(byte[]... tars) throws IOException {
        for (byte[] tar : tars) {
            try (Unpack unpack = new Unpack(layer(), Privilege.ofThisProcess(), null)) {
                unpack.all(TarBytes.reader(tar));
            }
        }
    }

    private Path write() throws IOException {
        Path image = Files.createFile(directory.resolve("image"));
        try (Fd out = open(image)) {
            RootTree.write(layers, Privilege.ofThisProcess(), UUID, out);
        }
        return image;
    }

    private static Fd open(Path file) throws IOException {
        try (Fd parent = Dir.open(file.resolveSibling("."))) {
            return MergedWalk.open(parent, file.getFileName() + "", file + "", Dir.O_WRONLY);
        }
    }

    /** What is in the image, as every reader at hand has it. */
    private Map<String, Entry> entries() throws IOException, InterruptedException {
        Path image = write();
        Map<String, Entry> entries = Snapshot.ofImage(image);
        if (Files.isExecutable(Path.of("/usr/bin/fsck.erofs"))) {
            assertEquals("", Mounted.run(List.of("fsck.erofs", "--extract", image.toString())));
        }
        if (Privilege.ofThisProcess().root()) {
            try (Mounted overlay = Mounted.overlay(directory.resolve("overlay"), layers)) {
                assertSame(Snapshot.of(overlay.at), entries);
            }
            try (Mounted erofs = Mounted.image(directory.resolve("erofs"), image)) {
                assertSame(Snapshot.of(erofs.at), entries);
            }
        }
        return entries;
    }

    /** One difference is easier to read than two trees. */
    private static void assertSame(Map<String, Entry> expected, Map<String, Entry> entries) {
        assertEquals(expected.keySet(), entries.keySet());
        expected.forEach((path, entry) -> assertEquals(entry, entries.get(path), path));
    }

    private static String content(Map<String, Entry> entries, String path) {
        Entry entry = entries.get(path);
        assertNotNull(entry, path);
        return entry.content();
    }

    @Test
    void whatUpperLayersHideIsNotThere() throws Exception {
        unpack(
                new TarBytes()
                        .file("a", "1")
                        .file("b", "1")
                        .file("d/x", "1")
                        .file("o/x", "1")
                        .file("o/p/x", "1")
                        .file("f", "1")
                        .file("g/x", "1")
                        .end(),
                new TarBytes()
                        .file("a", "2")
                        .file(".wh.b", "")
                        .file("o/y", "2")
                        .file("o/.wh..wh..opq", "")
                        .file(".wh.d", "")
                        .file("g", "2")
                        .end(),
                new TarBytes().file("d/y", "3").file("f/in", "3").file("o/p/y", "3").end());
        Map<String, Entry> entries = entries();
        assertEquals(
                Set.of("", "a", "d", "d/y", "f", "f/in", "g", "o", "o/p", "o/p/y", "o/y"),
                entries.keySet());
        assertEquals("2", content(entries, "a"));
        assertEquals("2", content(entries, "g"));
        assertTrue(entries.values().stream().allMatch(e -> e.xattrs().isEmpty()));
    }

    @Test
    void namesOfOneFileStayOne() throws Exception {
        unpack(
                new TarBytes()
                        .file("a", "text")
                        .hardLink("b", "a")
                        .hardLink("d/c", "a")
                        .symlink("l", "a")
                        .hardLink("m", "l")
                        .file("single", "x")
                        .hardLink("gone", "single")
                        .end(),
                new TarBytes().file(".wh.gone", "").file("b", "other").end());
        Map<String, Entry> entries = entries();
        Entry a = assertNotNullEntry(entries, "a");
        assertEquals(a, entries.get("d/c"));
        assertEquals(2, a.links());
        assertNotEquals(a.number(), assertNotNullEntry(entries, "b").number());
        assertEquals(1, assertNotNullEntry(entries, "single").links());
        assertEquals(entries.get("l"), entries.get("m"));
    }

    private static Entry assertNotNullEntry(Map<String, Entry> entries, String path) {
        Entry entry = entries.get(path);
        assertNotNull(entry, path);
        return entry;
    }

    /** Sizes around the ends of blocks, of what fits behind an inode, and of the buffers. */
    @Test
    void filesOfEverySize() throws Exception {
        TarBytes tar = new TarBytes();
        Random random = new Random(1);
        int[] around = {0, 4032, 4096, 8128, 8192, 64 << 10, 128 << 10, 1 << 20, 5 << 20};
        Set<Integer> sizes = new TreeSet<>();
        for (int size : around) {
            for (int more = -2; more <= 2; more++) {
                sizes.add(Math.max(0, size + more));
            }
        }
        for (int size : sizes) {
            byte[] bytes = new byte[size];
            random.nextBytes(bytes);
            tar.file("f" + size, bytes);
        }
        unpack(tar.end());
        Map<String, Entry> entries = entries();
        random = new Random(1);
        for (int size : sizes) {
            byte[] bytes = new byte[size];
            random.nextBytes(bytes);
            assertEquals(
                    new String(bytes, StandardCharsets.ISO_8859_1), content(entries, "f" + size));
        }
    }

    @Test
    void linksOfEveryLength() throws Exception {
        Path layer = layer();
        for (int length : new int[] {1, 59, 60, 255, 4031, 4032, 4033, 4095}) {
            String target = "x/".repeat(length).substring(0, length);
            Files.createSymbolicLink(layer.resolve("l" + length), Path.of("y"));
            Files.delete(layer.resolve("l" + length));
            try (Tree tree = new Tree(layer, Privilege.ofThisProcess())) {
                Tree.check("symlink", target, tree.symlink(tree.root(), "l" + length, target));
            }
        }
        Map<String, Entry> entries = entries();
        assertEquals("x/".repeat(2047) + "x", content(entries, "l4095"));
        assertEquals("x", content(entries, "l1"));
    }

    @Test
    void holesStayHoles() throws Exception {
        Path layer = layer();
        try (RandomAccessFile file = new RandomAccessFile(layer.resolve("sparse").toFile(), "rw")) {
            file.seek(3 << 20);
            file.write("middle".getBytes(StandardCharsets.US_ASCII));
            file.setLength((16 << 20) + 5);
        }
        try (RandomAccessFile file = new RandomAccessFile(layer.resolve("empty").toFile(), "rw")) {
            file.setLength(1 << 20);
        }
        Map<String, Entry> entries = entries();
        String content = content(entries, "sparse");
        assertEquals((16 << 20) + 5, content.length());
        assertEquals("middle", content.substring(3 << 20, (3 << 20) + 6));
        assertEquals(6, content.chars().filter(c -> c != 0).count());
        assertEquals("\0".repeat(1 << 20), content(entries, "empty"));
        Path image = directory.resolve("image");
        try (Fd parent = Dir.open(directory)) {
            Node node = Node.need(parent, "image", "image");
            assertTrue(node.size() > 16 << 20, image + "");
            assertTrue(node.blocks() * 512 < 2 << 20, node + "");
        }
    }

    @Test
    void aDirectoryOfTenThousand() throws Exception {
        Path layer = layer();
        Set<String> names = new TreeSet<>(Set.of("", "many"));
        Files.createDirectory(layer.resolve("many"));
        for (int i = 0; i < 10_000; i++) {
            String name = "many/" + Integer.toHexString(i * 77) + "n".repeat(i % 240);
            Files.createFile(layer.resolve(name));
            names.add(name);
        }
        assertEquals(names, entries().keySet());
    }

    @Test
    void namesOfAllBytes() throws Exception {
        Path layer = layer();
        Set<String> names = new TreeSet<>(Set.of(""));
        try (Tree tree = new Tree(layer, Privilege.ofThisProcess())) {
            for (int b = 1; b < 256; b++) {
                if (b != '/') {
                    for (String name : List.of("x" + (char) b, (char) b + "x" + (char) b)) {
                        Tree.check("mkdir", name, tree.mkdir(tree.root(), name, 0755));
                        names.add(name);
                    }
                }
            }
            for (int i = 0; i < 40; i++) {
                String name = "\377".repeat(250) + i;
                Tree.check("mkdir", name, tree.mkdir(tree.root(), name, 0755));
                names.add(name);
            }
        }
        assertEquals(names, entries().keySet());
    }

    @Test
    void modesTimesAndAttributes() throws Exception {
        Path layer = layer();
        try (Tree tree = new Tree(layer, Privilege.ofThisProcess())) {
            Fd root = tree.root();
            long fd = Tree.check("create", "f", tree.create(root, "f", 0644));
            try (Fd file = new Fd((int) fd)) {
                assumeTrue(tree.setXattr(fd, "user.k", "v\0\377") == 0, "no attributes here");
                tree.setXattr(fd, "user.empty", "");
                tree.setXattr(fd, "user.long", "x".repeat(2000));
                tree.touchOpen(file, "f", -1_000_000_000L, 123_456_789);
            }
            tree.chmod(root, "f", 06751);
            Tree.check("mkdir", "d", tree.mkdir(root, "d", 0700));
            tree.chmod(root, "d", 01777);
            tree.touch(root, "d", 9_999_999_999L, 999_999_999);
            Tree.check("mknod", "fifo", tree.mknod(root, "fifo", 0010640, 0, 0));
            Tree.check("mknod", "socket", tree.mknod(root, "socket", 0140600, 0, 0));
        }
        Map<String, Entry> entries = entries();
        Entry f = assertNotNullEntry(entries, "f");
        assertEquals(0106751, f.mode());
        assertEquals(-1_000_000_000L, f.mtime());
        assertEquals(123_456_789, f.mtimeNanos());
        assertEquals(
                Map.of("user.k", "v\0\377", "user.empty", "", "user.long", "x".repeat(2000)),
                f.xattrs());
        Entry d = assertNotNullEntry(entries, "d");
        assertEquals(0041777, d.mode());
        assertEquals(9_999_999_999L, d.mtime());
        assertEquals(0010640, assertNotNullEntry(entries, "fifo").mode());
        assertEquals(0140600, assertNotNullEntry(entries, "socket").mode());
    }

    @Test
    void ownersDevicesAndCapabilities() throws Exception {
        assumeTrue(Privilege.ofThisProcess().root(), "only root may make them");
        String capability = "\1\0\0\2\0 \0\0\0\0\0\0\0\0\0\0\0\0\0\0";
        String acl = "\2\0\0\0\1\0\6\0\377\377\377\377\2\0\7\0\350\3\0\0\4\0\4\0\377\377\377\377";
        acl += "\20\0\7\0\377\377\377\377\40\0\4\0\377\377\377\377";
        Path layer = layer();
        try (Tree tree = new Tree(layer, Privilege.ofThisProcess())) {
            Fd root = tree.root();
            Tree.check("mknod", "c", tree.mknod(root, "c", 0020666, 1, 3));
            Tree.check("mknod", "b", tree.mknod(root, "b", 0060660, 4000, 1_000_000));
            long fd = Tree.check("create", "ping", tree.create(root, "ping", 0755));
            try (Fd _ = new Fd((int) fd)) {
                tree.setXattr(fd, "security.capability", capability);
                assertEquals(0, tree.setXattr(fd, "system.posix_acl_access", acl));
                tree.setXattr(fd, "trusted.overlay.origin", "x");
                tree.setXattr(fd, "user.overlay.origin", "x");
            }
            Tree.check("mkdir", "d", tree.mkdir(root, "d", 0755));
            tree.chown(root, "d", 4_000_000_000L, 70_000);
        }
        Map<String, Entry> entries = entries();
        assertEquals(0x103, assertNotNullEntry(entries, "c").device());
        Entry ping = assertNotNullEntry(entries, "ping");
        assertEquals(
                Map.of("security.capability", capability, "system.posix_acl_access", acl),
                ping.xattrs());
        Entry d = assertNotNullEntry(entries, "d");
        assertEquals(4_000_000_000L, d.uid());
        assertEquals(70_000, d.gid());
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8})
    void layersByChance(long seed) throws Exception {
        assumeTrue(Privilege.ofThisProcess().root(), "an overlay to compare with needs root");
        Random random = new Random(seed);
        int count = 1 + random.nextInt(4);
        for (int i = 0; i < count; i++) {
            try (Tree tree = new Tree(layer(), Privilege.ofThisProcess())) {
                new RandomLayer(tree, random).fill();
            }
        }
        assertTrue(entries().size() > 1);
    }

    /** Files of every kind under names that other layers have too. */
    private static final class RandomLayer {
        private static final String[] NAMES = {
            "a", "b", "c", "d", "e", "..x", "-", "\351", "A", "z".repeat(255)
        };
        private static final int[] SIZES = {0, 1, 100, 3000, 4032, 4096, 5000, 70_000, 200_000};

        private final Tree tree;
        private final Random random;
        private final List<String> files = new ArrayList<>();

        RandomLayer(Tree tree, Random random) {
            this.tree = tree;
            this.random = random;
        }

        void fill() throws IOException {
            fill(tree.root(), "", 0);
            tree.touchOpen(tree.root(), "", random.nextInt(), random.nextInt(1_000_000_000));
        }

        private void fill(Fd dir, String path, int depth) throws IOException {
            for (String name : NAMES) {
                if (random.nextInt(10) < 5) {
                    add(dir, name, path.isEmpty() ? name : path + "/" + name, depth);
                }
            }
        }

        private void add(Fd dir, String name, String path, int depth) throws IOException {
            int mode = random.nextInt(010000);
            switch (random.nextInt(depth > 2 ? 7 : 11)) {
                case 0 -> {
                    Tree.check("mknod", path, tree.mknod(dir, name, 0020000, 0, 0));
                    return;
                }
                case 1 -> Tree.check("mknod", path, tree.mknod(dir, name, 0010000, 0, 0));
                case 2 -> {
                    int minor = random.nextInt(1 << 20);
                    Tree.check("mknod", path, tree.mknod(dir, name, 0060000, 7, minor));
                }
                case 3 -> {
                    String target = "t".repeat(1 + random.nextInt(300));
                    Tree.check("symlink", path, tree.symlink(dir, name, target));
                    tree.touch(dir, name, random.nextInt(), random.nextInt(1_000_000_000));
                    return;
                }
                case 4 -> {
                    if (!files.isEmpty()) {
                        String target = files.get(random.nextInt(files.size()));
                        long root = tree.root().number();
                        Tree.check("link", path, tree.link(root, target, dir, name));
                        return;
                    }
                }
                case 5, 6 -> file(dir, name, path);
                default -> {
                    directory(dir, name, path, depth);
                    mode |= 0040000;
                }
            }
            if (Dir.stat(dir, name) != null) {
                tree.chown(dir, name, random.nextInt(100_000), random.nextInt(100_000));
                tree.chmod(dir, name, mode & 07777);
                tree.touch(dir, name, random.nextInt(), random.nextInt(1_000_000_000));
            }
        }

        private void file(Fd dir, String name, String path) throws IOException {
            byte[] bytes = new byte[SIZES[random.nextInt(SIZES.length)]];
            random.nextBytes(bytes);
            try (Fd file = new Fd((int) Tree.check("create", path, tree.create(dir, name, 0600)))) {
                Tree.write(
                        file, java.nio.ByteBuffer.allocateDirect(bytes.length).put(0, bytes), path);
                if (random.nextInt(4) == 0) {
                    tree.setXattr(file.number(), "user.a", "v".repeat(random.nextInt(3000)));
                    tree.setXattr(file.number(), "user.b", "w");
                }
            }
            files.add(path);
        }

        private void directory(Fd dir, String name, String path, int depth) throws IOException {
            Tree.check("mkdir", path, tree.mkdir(dir, name, 0755));
            long fd = Dir.openat2(dir, name, Dir.O_DIRECTORY, 0);
            try (Fd child = new Fd((int) Tree.check("open", path, fd))) {
                if (random.nextInt(4) == 0) {
                    tree.makeOpaque(fd, path);
                }
                if (random.nextInt(4) == 0) {
                    Native.check("chmod", Sys.FCHMOD, fd, 02750);
                    tree.setXattr(fd, "user.d", "directory");
                }
                fill(child, path, depth + 1);
            }
        }
    }
}
