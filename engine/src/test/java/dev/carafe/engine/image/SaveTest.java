package dev.carafe.engine.image;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.carafe.oci.image.ImageConfig;
import dev.carafe.oci.image.Platform;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.TreeMap;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class SaveTest {
    @TempDir Path directory;
    private ImageStore store;

    @BeforeEach
    void open() throws IOException {
        store = ImageStore.open(directory.resolve("store"));
    }

    private static Path with(Draft draft, String... files) throws IOException {
        Path upper = draft.newDirectory("upper");
        for (String file : files) {
            Path path = upper.resolve(file);
            if (file.contains("/")) {
                Files.createDirectories(upper.resolve(file.substring(0, file.lastIndexOf('/'))));
            }
            Files.writeString(path, file);
        }
        return upper;
    }

    private Image image(String name, String... files) throws IOException {
        ImageConfig config =
                new ImageConfig(
                        null,
                        null,
                        Platforms.host().architecture(),
                        "linux",
                        null,
                        List.of(),
                        null,
                        ImageConfig.Config.EMPTY.edit().user(name).done(),
                        new ImageConfig.RootFs("layers", List.of()),
                        List.of());
        try (Draft draft = store.draft()) {
            Layer shared = draft.layer(with(draft, "shared"), LayerOptions.clampedTo(5));
            Layer own = draft.layer(with(draft, files), LayerOptions.clampedTo(5));
            return draft.commit(config, List.of(shared, own), List.of(name));
        }
    }

    private byte[] save(Saved images, SaveFormat format) throws IOException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        store.save(images, format, out);
        return out.toByteArray();
    }

    private static Map<String, String> members(byte[] archive) throws IOException {
        Map<String, String> members = new TreeMap<>();
        TarReader tar = TarBytes.reader(archive);
        TarEntry entry;
        while ((entry = tar.next()) != null) {
            StringBuilder body = new StringBuilder();
            java.nio.ByteBuffer piece;
            while ((piece = tar.body()) != null) {
                body.append(StandardCharsets.ISO_8859_1.decode(piece));
            }
            members.put(entry.path(), body.toString());
        }
        return members;
    }

    @ParameterizedTest
    @EnumSource
    void whatIsSavedIsLoadedElsewhere(SaveFormat format) throws IOException {
        Image one = image("one:1", "a");
        Image two = image("two:2", "b");
        store.tag("two:2", "two:latest");
        byte[] archive = save(Saved.of(List.of("one:1", "two:2", "two:latest")), format);
        assertArrayEquals(archive, save(Saved.of(List.of("one:1", "two:2", "two:latest")), format));
        ImageStore other = ImageStore.open(directory.resolve("other"));
        List<Image> loaded = other.load(new ByteArrayInputStream(archive));
        assertEquals(2, loaded.size());
        assertEquals(one.id(), other.resolve("one:1").id());
        assertEquals(two.id(), other.resolve("two:2").id());
        assertEquals(two.id(), other.resolve("two:latest").id());
        assertEquals("b", text(other.resolve("two:2"), "b"));
    }

    private static String text(Image image, String path) throws IOException {
        byte[] bytes = image.view().readFile(path);
        return bytes == null ? "none" : new String(bytes, StandardCharsets.UTF_8);
    }

    @Test
    void aRepositoryMeansItsTagsAndAnIdNoName() throws IOException {
        Image image = image("one:1", "a");
        image("one:2", "b");
        image("other:1", "c");
        Map<String, String> all = members(save(Saved.of(List.of("one")), SaveFormat.DOCKER));
        String list = String.valueOf(all.get("manifest.json"));
        assertTrue(list.contains("one:1") && list.contains("one:2"), list);
        assertFalse(list.contains("other"), list);
        Map<String, String> byId = members(save(Saved.of(List.of(image.id())), SaveFormat.DOCKER));
        assertTrue(
                String.valueOf(byId.get("manifest.json")).contains("\"RepoTags\":[]"),
                byId.get("manifest.json"));
        // a shared layer is there once
        assertEquals(2 + 3 + 2 + 2 + 3, all.size());
    }

    @Test
    void namesCanBeGivenAndLayersCompressed() throws IOException {
        image("one:1", "a");
        Saved images = new Saved(List.of("one:1"), List.of("app:9"), null, Compression.GZIP);
        byte[] archive = save(images, SaveFormat.OCI_ARCHIVE);
        String index = String.valueOf(members(archive).get("index.json"));
        assertTrue(index.contains("docker.io/library/app:9"), index);
        ImageStore other = ImageStore.open(directory.resolve("other"));
        assertEquals("a", text(other.load(new ByteArrayInputStream(archive)).get(0), "a"));
        try (Lease lease = other.lease()) {
            byte[] manifest = other.portable("app:9", Compression.NONE, lease);
            String text = new String(manifest, StandardCharsets.UTF_8);
            assertTrue(text.contains("tar+gzip") && !text.contains("v1.tar\""), text);
        }
    }

    @Test
    void aDirectoryIsALayout() throws IOException {
        Image image = image("one:1", "a");
        Path into = directory.resolve("layout");
        store.saveDirectory(Saved.of(List.of("one:1")), into);
        ImageStore other = ImageStore.open(directory.resolve("other"));
        assertEquals(image.id(), other.loadDirectory(into).get(0).id());
        IOException e =
                assertThrows(
                        ImageException.class,
                        () -> store.saveDirectory(Saved.of(List.of("one:1")), into));
        assertTrue(String.valueOf(e.getMessage()).contains("is not empty"));
    }

    @Test
    void whatIsNotThereIsOneLine() throws IOException {
        image("one:1", "a");
        assertThrows(
                ImageException.class, () -> save(Saved.of(List.of("none")), SaveFormat.DOCKER));
        Saved other =
                new Saved(
                        List.of("one:1"),
                        List.of(),
                        new Platform("s390x", "linux"),
                        Compression.NONE);
        IOException e = assertThrows(ImageException.class, () -> save(other, SaveFormat.DOCKER));
        assertTrue(
                String.valueOf(e.getMessage())
                        .startsWith("image one:1 is not in the store for linux/s390x"),
                e.getMessage());
    }

    /** A layer over another: a file changed, one gone, a directory hidden, one merged. */
    private List<Path> overlaid() throws IOException {
        byte[] lower =
                new TarBytes()
                        .file("d/changed", "below")
                        .file("d/gone", "below")
                        .file("d/kept", "below")
                        .hardLink("d/linked", "d/kept")
                        .file("hidden/below", "below")
                        .file("file", "below")
                        .symlink("link", "d/kept")
                        .end();
        byte[] upper =
                new TarBytes()
                        .file("d/changed", "above")
                        .file("d/.wh.gone", "")
                        .file("hidden/.wh..wh..opq", "")
                        .file("hidden/above", "above")
                        .file("file/now/a/directory", "above")
                        .end();
        Image one = store.importTar(new ByteArrayInputStream(lower), "lower:1", List.of());
        Image two = store.importTar(new ByteArrayInputStream(upper), "upper:1", List.of());
        return List.of(two.layers().get(0), one.layers().get(0));
    }

    @Test
    void mergedFilesAreWhatAnOverlayShows() throws IOException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        Export.tar(overlaid(), OptionalLong.empty(), out);
        Map<String, String> found = members(out.toByteArray());
        assertEquals("above", found.get("d/changed"));
        assertEquals("below", found.get("d/kept"));
        assertEquals("above", found.get("file/now/a/directory"));
        assertEquals(
                List.of(
                        "./",
                        "d/",
                        "d/changed",
                        "d/kept",
                        "d/linked",
                        "file/",
                        "file/now/",
                        "file/now/a/",
                        "file/now/a/directory",
                        "hidden/",
                        "hidden/above",
                        "link"),
                List.copyOf(found.keySet()));
    }

    @Test
    void mergedFilesGoIntoADirectory() throws IOException {
        Path into = Files.createDirectories(directory.resolve("out"));
        Files.writeString(into.resolve("mine"), "mine");
        Files.setPosixFilePermissions(
                into, java.nio.file.attribute.PosixFilePermissions.fromString("rwx------"));
        Export.directory(overlaid(), OptionalLong.of(77), into);
        assertEquals("above", Files.readString(into.resolve("d/changed")));
        assertFalse(Files.exists(into.resolve("d/gone")));
        assertFalse(Files.exists(into.resolve("hidden/below")));
        assertTrue(Files.isSameFile(into.resolve("d/kept"), into.resolve("d/linked")));
        assertEquals("mine", Files.readString(into.resolve("mine")));
        assertEquals(77, Files.getLastModifiedTime(into.resolve("d/kept")).toMillis() / 1000);
        assertEquals(
                "rwx------",
                java.nio.file.attribute.PosixFilePermissions.toString(
                        Files.getPosixFilePermissions(into)));
    }
}
