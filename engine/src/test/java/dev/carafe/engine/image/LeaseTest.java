package dev.carafe.engine.image;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.carafe.oci.image.Digest;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LeaseTest {
    private static final ImageStore.Users NOBODY = id -> List.of();

    @TempDir Path directory;
    private ImageStore store;

    @BeforeEach
    void open() throws IOException {
        store = ImageStore.open(directory.resolve("store"));
    }

    private Image image(String name, String file) throws IOException {
        byte[] tar = new TarBytes().file(file, file).end();
        return store.importTar(new ByteArrayInputStream(tar), name, List.of());
    }

    private boolean hasLayer(Image image) {
        return Files.exists(
                store.root().resolve("layers/" + image.config().rootfs().diffIds().get(0).hex()));
    }

    private long blobs() throws IOException {
        try (var names = Files.list(store.root().resolve("blobs/sha256"))) {
            return names.count();
        }
    }

    @Test
    void whatALeaseNamesOutlivesItsImage() throws IOException {
        Image image = image("app", "file");
        Digest diffId = image.config().rootfs().diffIds().get(0);
        try (Lease lease = store.lease()) {
            lease.add(diffId, Digest.parse(image.id()));
            store.remove("app", false, NOBODY);
            assertTrue(hasLayer(image));
            assertTrue(
                    Files.exists(store.root().resolve("blobs/sha256/" + image.id().substring(7))));
            assertEquals(2, blobs(), "the layer, which is a plain tar, and the configuration");
        }
        store.prune(false, config -> true, NOBODY);
        assertFalse(hasLayer(image));
        assertEquals(0, blobs());
    }

    @Test
    void aLeasedImageStaysWhole() throws IOException {
        Image image = image("app", "file");
        try (Lease lease = store.lease()) {
            assertEquals(image.id(), lease.image("app").id());
            store.remove("app", false, NOBODY);
            assertTrue(hasLayer(image));
            assertEquals(3, blobs());
            assertThrows(ImageException.class, () -> lease.image("app"));
        }
    }

    @Test
    void theLeaseOfADeadProcessHoldsNothing() throws IOException {
        Image image = image("app", "file");
        Path leases = Files.createDirectories(store.root().resolve("leases"));
        Path dead = Files.writeString(leases.resolve("dead"), image.id() + "\nsha256:cut");
        store.remove("app", false, NOBODY);
        assertFalse(Files.exists(dead));
        assertEquals(0, blobs());
    }

    @Test
    void anEndedLeaseLeavesNothing() throws IOException {
        store.lease().close();
        try (var left = Files.list(store.root().resolve("leases"))) {
            assertEquals(0, left.count());
        }
    }

    @Test
    void pruningTakesImagesWithoutANameAndWithAllThoseThatNoContainerUses() throws IOException {
        Image old = image("app", "old");
        Image used = image("app", "new");
        Image idle = image("idle", "idle");
        Pruned dangling = store.prune(false, config -> true, NOBODY);
        assertEquals(List.of("Deleted: " + old.id()), dangling.lines());
        assertTrue(dangling.reclaimed() > 2048, "a tar and its files");
        assertFalse(hasLayer(old));
        Pruned none = store.prune(true, config -> false, NOBODY);
        assertEquals(List.of(), none.lines());
        Pruned all =
                store.prune(
                        true,
                        config -> true,
                        id -> id.equals(used.id()) ? List.of("web") : List.of());
        assertEquals(List.of("Untagged: idle:latest", "Deleted: " + idle.id()), all.lines());
        assertTrue(hasLayer(used));
        assertEquals(used.id(), store.resolve("app").id());
    }
}
