package dev.carafe.engine.image;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ImageStoreTest {
    @TempDir Path directory;
    private ImageStore store;

    @BeforeEach
    void open() throws IOException {
        store = ImageStore.open(directory.resolve("store"));
    }

    private static Path real(String name) {
        String images =
                System.getenv().getOrDefault("CARAFE_TEST_IMAGES", "/var/tmp/carafe-test-images");
        Path file = Path.of(images).resolve(name);
        assumeTrue(Files.isReadable(file), () -> file + " is missing: run it/images as root");
        return file;
    }

    private static InputStream in(byte[] bytes) {
        return new ByteArrayInputStream(bytes);
    }

    private Image importTar(String name, String... files) throws IOException {
        TarBytes tar = new TarBytes();
        for (String file : files) {
            tar.file(file, file);
        }
        return store.importTar(in(tar.end()), name, List.of());
    }

    /** Every file of the store but its lock, so that "nothing has changed" can be asserted. */
    private List<String> contents() throws IOException {
        List<String> found = new ArrayList<>();
        try (var paths = Files.walk(store.root())) {
            for (Path path : (Iterable<Path>) paths::iterator) {
                String text = path.endsWith("index.json") ? Files.readString(path) : "";
                found.add(store.root().relativize(path) + text);
            }
        }
        return found.stream().sorted().toList();
    }

    private int count(String path) throws IOException {
        try (var names = Files.list(store.root().resolve(path))) {
            return (int) names.count();
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"busybox.docker.tar", "busybox.oci.tar", "busybox.zstd.oci.tar"})
    void loadsWhatSkopeoWrites(String name) throws IOException {
        Image image;
        try (InputStream archive = Files.newInputStream(real(name))) {
            image = store.load(archive).get(0);
        }
        assertEquals(List.of("sh"), image.config().config().cmd());
        assertNotNull(image.view().readFile("etc/passwd"));
        assertTrue(Files.isSymbolicLink(image.layers().get(0).resolve("bin/ls")));
        assertEquals(0, count("tmp"));
        assertEquals(image.id(), store.resolve(image.id().substring(7, 19)).id());
    }

    @Test
    void plainLayersOfOthersLeaveAsTheyCame() throws IOException {
        try (InputStream archive = Files.newInputStream(real("busybox.docker.tar"))) {
            store.load(archive);
        }
        ImageSummary image = store.list().get(0);
        try (Departure departure = store.departure(image.id(), false)) {
            assertEquals(
                    image.digest(), departure.documents().get(0).descriptor().digest().toString());
        }
    }

    @Test
    void loadsALayoutDirectory() throws IOException {
        Image image = store.loadDirectory(real("busybox.oci")).get(0);
        assertNotNull(image.view().readFile("etc/group"));
    }

    @Test
    void whiteoutsOfARealImageHide() throws IOException {
        Image image;
        try (InputStream archive = Files.newInputStream(real("layers.oci.tar"))) {
            image = store.load(archive).get(0);
        }
        assertEquals("two\n", text(image, "layers/kept/changed"));
        assertEquals("one\n", text(image, "layers/kept/linked"));
        assertEquals("two\n", text(image, "layers/hidden/above"));
        assertFalse(image.view().readFile("layers/hidden/below") != null);
        assertFalse(image.view().readFile("layers/removed/file") != null);
    }

    private static String text(Image image, String path) throws IOException {
        byte[] bytes = image.view().readFile(path);
        assertNotNull(bytes, path);
        return new String(bytes, StandardCharsets.UTF_8);
    }

    @ParameterizedTest
    @ValueSource(strings = {"busybox.tar", "busybox.tar.gz", "busybox.tar.zst"})
    void importsEveryCompression(String name) throws IOException {
        try (InputStream tar = Files.newInputStream(real(name))) {
            Image image =
                    store.importTar(
                            tar,
                            "bb:v1",
                            List.of("CMD [\"sh\", \"-l\"]", "ENV A=b \"C=d e\"", "USER web"));
            assertEquals(List.of("docker.io/library/bb:v1"), image.names());
            assertEquals(List.of("sh", "-l"), image.config().config().cmd());
            assertEquals(List.of("A=b", "C=d e"), image.config().config().env());
            assertEquals(1000, image.view().resolveUser("web").uid());
        }
    }

    /** What podman save writes has a symbolic link for a layer, and no OCI index. */
    @Test
    void loadsADockerArchiveWithLinkedLayers() throws IOException {
        byte[] layer = new TarBytes().file("f", "x").end();
        String diffId = dev.carafe.oci.image.Digest.sha256(layer).toString();
        String config =
                "{\"architecture\":\"amd64\",\"os\":\"linux\",\"rootfs\":{\"type\":\"layers\",\"diff_ids\":[\""
                        + diffId
                        + "\",\""
                        + diffId
                        + "\"]}}";
        byte[] archive =
                new TarBytes()
                        .file("a/layer.tar", layer)
                        .symlink("b/layer.tar", "../a/layer.tar")
                        .file("c.json", config)
                        .file(
                                "manifest.json",
                                "[{\"Config\":\"c.json\",\"RepoTags\":[\"x:1\",\"x:2\"],"
                                        + "\"Layers\":[\"a/layer.tar\",\"b/layer.tar\"]}]")
                        .end();
        Image image = store.load(in(gzip(archive))).get(0);
        assertEquals(2, image.names().size());
        assertEquals(1, image.layers().size(), "overlayfs takes no directory twice");
        assertEquals("x", text(image, "f"));
    }

    private static byte[] gzip(byte[] bytes) throws IOException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        try (GZIPOutputStream gzip = new GZIPOutputStream(out)) {
            gzip.write(bytes);
        }
        return out.toByteArray();
    }

    @Test
    void badArchivesLeaveNothingBehind() throws IOException {
        importTar("a:1", "f");
        List<String> before = contents();
        byte[] good = Files.readAllBytes(real("busybox.oci.tar"));
        byte[] corrupt = good.clone();
        corrupt[corrupt.length / 2] ^= 1;
        byte[] tar = new TarBytes().file("f", "x".repeat(9000)).end();
        List<byte[]> archives =
                List.of(
                        corrupt,
                        Arrays.copyOf(good, good.length / 2),
                        Arrays.copyOf(gzip(good), 5000),
                        new byte[0],
                        "not a tar at all".repeat(100).getBytes(StandardCharsets.UTF_8),
                        tar,
                        new TarBytes().file("manifest.json", "[{\"Config\":\"x\"}]").end(),
                        new TarBytes().file("manifest.json", "[{").end());
        for (byte[] archive : archives) {
            IOException e = assertThrows(IOException.class, () -> store.load(in(archive)));
            assertFalse(String.valueOf(e.getMessage()).contains("\n"));
            assertEquals(before, contents());
        }
        for (byte[] bad :
                List.of(
                        Arrays.copyOf(tar, 5000),
                        Arrays.copyOf(tar, tar.length - 1024),
                        Arrays.copyOf(gzip(tar), 60),
                        new byte[0],
                        new TarBytes().file("../f", "x").end())) {
            assertThrows(IOException.class, () -> store.importTar(in(bad), "b:1", List.of()));
            assertEquals(before, contents());
        }
    }

    @Test
    void namesMoveAndImagesGoWithTheirLast() throws IOException {
        String first = importTar("a:1", "f", "shared").id();
        String second = importTar("b", "g").id();
        store.tag("a:1", "localhost:5000/x/y:z");
        assertEquals(first, store.resolve("localhost:5000/x/y:z").id());
        store.tag("b", "a:1");
        assertEquals(second, store.resolve("a:1").id());
        assertEquals(second, store.resolve("docker.io/library/b:latest").id());
        assertThrows(ImageException.class, () -> store.remove(second, false, id -> List.of()));
        assertThrows(ImageException.class, () -> store.remove(first, false, id -> List.of("busy")));
        assertEquals(List.of("Untagged: a:1"), store.remove("a:1", false, id -> List.of("busy")));
        assertEquals(
                List.of("Untagged: b:latest", "Deleted: " + second),
                store.remove("b", false, id -> List.of()));
        assertThrows(ImageException.class, () -> store.resolve("b"));
        store.remove("localhost:5000/x/y:z", false, id -> List.of());
        assertEquals(List.of(), store.list());
        assertEquals(0, count("blobs/sha256"));
        assertEquals(1, count("layers"), "the empty layer stays");
    }

    @Test
    void layersInUseByAnotherImageStay() throws IOException {
        Image one = importTar("a:1", "f");
        byte[] tar = new TarBytes().file("f", "f").end();
        Image two = store.importTar(in(tar), "b:1", List.of("USER 5"));
        assertEquals(one.layers(), two.layers());
        store.remove("a:1", false, id -> List.of());
        assertEquals("f", text(store.resolve("b:1"), "f"));
    }

    @Test
    void listingAndInspecting() throws IOException {
        importTar("repo/x:1", "f");
        ImageSummary line = store.list().get(0);
        assertEquals("repo/x", line.repository());
        assertEquals("1", line.tag());
        assertTrue(line.size() > 0);
        String json = store.inspect("repo/x:1").compact();
        assertTrue(json.contains("\"RepoTags\":[\"repo/x:1\"]"), json);
        for (String none : List.of("nothing", "sha256:00", "UPPER", "", "0123456789ab")) {
            assertThrows(ImageException.class, () -> store.resolve(none));
        }
    }

    @Test
    void whatACrashLeftIsRemoved() throws IOException {
        Path abandoned = Files.createDirectories(store.root().resolve("tmp/new-1/layers/x"));
        Files.writeString(abandoned.resolve("f"), "x");
        importTar("a:1", "f");
        assertEquals(0, count("tmp"));
    }

    @Test
    void severalMayWriteAtOnce() throws Exception {
        try (ExecutorService pool = Executors.newFixedThreadPool(4)) {
            List<Callable<Image>> work = new ArrayList<>();
            for (int i = 0; i < 12; i++) {
                String name = "n" + i + ":1";
                String file = "f" + i % 3;
                work.add(
                        () -> {
                            ImageStore other = ImageStore.open(store.root());
                            return other.importTar(
                                    in(new TarBytes().file(file, file).end()), name, List.of());
                        });
            }
            for (var done : pool.invokeAll(work)) {
                done.get();
            }
        }
        for (int i = 0; i < 12; i++) {
            assertEquals("f" + i % 3, text(store.resolve("n" + i + ":1"), "f" + i % 3));
        }
    }

    @Test
    void theHostImageHoldsNoSecret() throws IOException {
        HostImage host = HostImage.open(directory.resolve("store"));
        Path etc = host.image().layers().get(0).resolve("etc");
        for (String secret :
                List.of(
                        "shadow",
                        "gshadow",
                        "sudoers",
                        "machine-id",
                        "ssh",
                        "ssl/private",
                        "subuid",
                        "environment")) {
            assertFalse(Files.exists(etc.resolve(secret)), secret);
        }
        assertTrue(host.binds().contains(Path.of("/usr")));
        assertEquals(0, host.image().view().resolveUser("root").uid());
        try (var files = Files.walk(etc)) {
            for (Path file : (Iterable<Path>) files::iterator) {
                assertTrue(
                        Files.isSymbolicLink(file)
                                || Files.getPosixFilePermissions(file)
                                        .toString()
                                        .contains("OTHERS_READ"),
                        file.toString());
            }
        }
        assertEquals(host, HostImage.open(directory.resolve("store")), "built once");
    }
}
