package dev.carafe.engine.image;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.carafe.engine.erofs.ErofsReader;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RootImagesTest {
    @TempDir Path directory;
    private ImageStore store;
    private RootImages roots;

    @BeforeEach
    void open() throws IOException {
        store = ImageStore.open(directory.resolve("store"));
        roots = new RootImages(store);
    }

    private Image image(String name, String text) throws IOException {
        return image(name, text, List.of());
    }

    private Image image(String name, String text, List<String> changes) throws IOException {
        byte[] tar = new TarBytes().file("etc/motd", text).end();
        return store.importTar(new ByteArrayInputStream(tar), name, changes);
    }

    private static Object identity(Path file) throws IOException {
        return Objects.requireNonNull(Files.getAttribute(file, "unix:ino"));
    }

    private List<Path> in(String directory) throws IOException {
        Path path = store.root().resolve(directory);
        if (!Files.exists(path)) {
            return List.of();
        }
        try (Stream<Path> files = Files.list(path)) {
            return files.toList();
        }
    }

    @Test
    void isMadeOnceAndHasTheFiles() throws IOException {
        Image image = image("one", "hello");
        assertFalse(roots.has(image));
        Path file = roots.of(image);
        assertTrue(roots.has(image));
        Map<String, ErofsReader.Entry> entries = ErofsReader.read(file);
        assertEquals(List.of("", "etc", "etc/motd"), new ArrayList<>(entries.keySet()));
        assertEquals("hello", Objects.requireNonNull(entries.get("etc/motd")).content());
        Object made = identity(file);
        assertEquals(file, roots.of(store.resolve("one")));
        assertEquals(made, identity(file));
        assertEquals(List.of(), in("tmp"));
    }

    @Test
    void imagesOfTheSameLayersShareIt() throws IOException {
        Path one = roots.of(image("one", "hello"));
        Path two = roots.of(image("two", "hello", List.of("CMD [\"other\"]")));
        assertEquals(one, two);
        assertNotEquals(one, roots.of(image("three", "else")));
    }

    @Test
    void theSameLayersGiveTheSameBytes() throws IOException {
        Path file = roots.of(image("one", "hello"));
        byte[] first = Files.readAllBytes(file);
        Files.delete(file);
        assertArrayEquals(first, Files.readAllBytes(roots.of(store.resolve("one"))));
    }

    @Test
    void goesWithTheLastImageThatHasIt() throws IOException {
        image("one", "hello");
        Path file = roots.of(store.resolve("one"));
        Path other = roots.of(image("two", "else"));
        store.tag("one", "again");
        store.remove("one", false, _ -> List.of());
        assertTrue(Files.exists(file));
        store.remove("again", false, _ -> List.of());
        assertFalse(Files.exists(file));
        assertTrue(Files.exists(other));
        long size = Files.size(other);
        assertTrue(store.prune(true, _ -> true, _ -> List.of()).reclaimed() >= size);
        assertEquals(List.of(), in("roots"));
    }

    @Test
    void staysWhileALeaseHasTheImage() throws IOException {
        image("one", "hello");
        try (Lease lease = store.lease()) {
            Path file = roots.of(lease.image("one"));
            store.remove("one", false, _ -> List.of());
            assertTrue(Files.exists(file));
        }
        store.prune(true, _ -> true, _ -> List.of());
        assertEquals(List.of(), in("roots"));
    }

    @Test
    void ofAnEarlierFormatIsSweptAway() throws IOException {
        Path file = roots.of(image("one", "hello"));
        Path old = Files.write(file.resolveSibling("abc.0.erofs"), new byte[10]);
        store.prune(false, _ -> true, _ -> List.of());
        assertTrue(Files.exists(file));
        assertFalse(Files.exists(old));
    }

    @Test
    void oneThatIsNotWholeIsMadeAgain() throws IOException {
        Image image = image("one", "hello");
        Path file = roots.of(image);
        byte[] good = Files.readAllBytes(file);
        try (RandomAccessFile cut = new RandomAccessFile(file.toFile(), "rw")) {
            cut.setLength(good.length - 4096L);
        } catch (IOException e) {
            Files.delete(file); // an ordinary user may not even open it
        }
        assertFalse(roots.has(image));
        assertArrayEquals(good, Files.readAllBytes(roots.of(image)));
        Files.delete(file);
        Files.write(file, new byte[good.length]);
        assertFalse(roots.has(image));
        assertArrayEquals(good, Files.readAllBytes(roots.of(image)));
    }

    @Test
    void severalAtOnceGetTheSame() throws Exception {
        Image image = image("one", "hello");
        try (ExecutorService threads = Executors.newFixedThreadPool(8)) {
            List<Callable<Object>> tasks = new ArrayList<>();
            for (int i = 0; i < 8; i++) {
                tasks.add(() -> identity(new RootImages(store).of(image)));
            }
            Object first = null;
            for (var made : threads.invokeAll(tasks)) {
                first = first == null ? made.get() : first;
                assertEquals(first, made.get());
            }
        }
    }

    @Test
    void ofAnImageWithoutLayersAndOfTheHost() throws IOException {
        HostImage host = store.host();
        Path file = roots.of(host.image());
        assertTrue(ErofsReader.read(file).containsKey("etc"));
        store.prune(false, _ -> true, _ -> List.of());
        assertTrue(Files.exists(file));
        DirectoryTree.delete(store.root().resolve("host"));
    }

    @Test
    void onAFullDiskNothingStays() throws Exception {
        try (Mounted disk = Mounted.tmpfs(directory.resolve("disk"), "4m")) {
            store = ImageStore.open(disk.at.resolve("store"));
            roots = new RootImages(store);
            Image image = image("one", "x".repeat(1 << 20));
            byte[] filler = new byte[1500 << 10];
            Files.write(disk.at.resolve("filler"), filler);
            ImageException e = assertThrows(ImageException.class, () -> roots.of(image));
            assertEquals(
                    "the image store "
                            + store.root()
                            + ": no space left on its disk; nothing was kept",
                    e.getMessage());
            assertEquals(List.of(), in("roots"));
            assertEquals(List.of(), in("tmp"));
            Files.delete(disk.at.resolve("filler"));
            assertTrue(Files.exists(roots.of(image)));
        }
    }

    @Test
    void aLayerThatIsGoneLeavesNothing() throws IOException {
        Image image = image("one", "hello");
        DirectoryTree.delete(image.layers().get(0));
        ImageException e = assertThrows(ImageException.class, () -> roots.of(image));
        assertTrue(String.valueOf(e.getMessage()).contains("the root of image sha256:"));
        assertEquals(List.of(), in("roots"));
        assertEquals(List.of(), in("tmp"));
    }
}
