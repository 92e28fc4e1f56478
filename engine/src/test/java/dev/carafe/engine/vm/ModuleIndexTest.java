package dev.carafe.engine.vm;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.carafe.engine.image.Compression;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ModuleIndexTest {
    private static final String DEP =
            """
            kernel/drivers/virtio/virtio_mmio.ko.xz: kernel/drivers/virtio/virtio.ko.xz kernel/drivers/virtio/virtio_ring.ko.xz
            kernel/drivers/virtio/virtio.ko.xz: kernel/drivers/virtio/virtio_ring.ko.xz
            kernel/drivers/virtio/virtio_ring.ko.xz:
            kernel/drivers/char/hw_random/virtio-rng.ko: kernel/drivers/virtio/virtio.ko.xz kernel/drivers/virtio/virtio_ring.ko.xz
            kernel/fs/erofs/erofs.ko: kernel/lib/libcrc32c.ko
            kernel/lib/libcrc32c.ko:
            kernel/arch/x86/crypto/crc32c-intel.ko:
            kernel/crypto/slow.ko: kernel/drivers/virtio/virtio_ring.ko.xz
            kernel/odd/round.ko: kernel/odd/about.ko
            kernel/odd/about.ko: kernel/odd/round.ko
            kernel/odd/lost.ko: kernel/odd/gone.ko
            """;

    @TempDir private Path dir;

    @BeforeEach
    void files() throws IOException {
        Files.writeString(dir.resolve("modules.dep"), DEP);
        Files.writeString(dir.resolve("modules.builtin"), "kernel/fs/ext4/ext4.ko\n");
    }

    private List<String> names(String... wanted) throws IOException {
        List<String> names = new ArrayList<>();
        for (KernelModule module : ModuleIndex.read(dir).files(List.of(wanted))) {
            names.add((module.optional() ? "?" : "") + module.name());
        }
        return names;
    }

    @Test
    void whatAModuleNeedsComesBeforeIt() throws IOException {
        assertEquals(
                List.of("virtio_ring", "virtio", "virtio_mmio", "virtio_rng"),
                names("virtio-mmio", "virtio_rng", "virtio"));
        assertEquals(
                dir.resolve("kernel/drivers/char/hw_random/virtio-rng.ko"),
                ModuleIndex.read(dir).files(List.of("virtio-rng")).getLast().file());
    }

    @Test
    void whatIsBuiltInIsNotLoaded() throws IOException {
        assertEquals(List.of(), names("ext4"));
    }

    @Test
    void allThatIsMissingIsNamed() {
        assertEquals(
                "kernel "
                        + dir.getFileName()
                        + " lacks the modules nine-p, fish (neither in "
                        + dir
                        + " nor built in)",
                assertThrows(VmException.class, () -> names("nine-p", "ext4", "fish"))
                        .getMessage());
    }

    @Test
    void softDependenciesMayFail() throws IOException {
        Files.writeString(
                dir.resolve("modules.softdep"),
                "# comment\nsoftdep libcrc32c pre: crc32c post: virtio\nsoftdep virtio pre: none\n");
        Files.writeString(
                dir.resolve("modules.alias"),
                "alias crc32c crc32c_intel\nalias crc32c slow\nalias pci:v*d* virtio\n");
        assertEquals(
                List.of("?crc32c_intel", "?virtio_ring", "?slow", "libcrc32c", "erofs"),
                names("erofs"));
        // wanted itself, it is no longer optional, and keeps its place
        assertEquals(
                List.of("?crc32c_intel", "virtio_ring", "?slow", "libcrc32c", "erofs"),
                names("erofs", "virtio_ring"));
    }

    @Test
    void aSoftDependencyThatIsBuiltInNeedsNoOther() throws IOException {
        Files.writeString(dir.resolve("modules.softdep"), "softdep libcrc32c pre: crc32c\n");
        Files.writeString(dir.resolve("modules.alias"), "alias crc32c crc32c_intel\n");
        Files.writeString(
                dir.resolve("modules.builtin.modinfo"),
                "crc32c_generic.license=GPL\0crc32c_generic.alias=crc32c\0");
        assertEquals(List.of("libcrc32c", "erofs"), names("erofs"));
    }

    @Test
    void circlesEnd() throws IOException {
        assertEquals(List.of("about", "round"), names("round"));
    }

    @Test
    void aBrokenListSaysDepmod() throws IOException {
        assertTrue(
                String.valueOf(assertThrows(VmException.class, () -> names("lost")).getMessage())
                        .endsWith("gone.ko: run depmod " + dir.getFileName()));
        Files.delete(dir.resolve("modules.dep"));
        assertEquals(
                dir + " has no modules.dep: run depmod " + dir.getFileName(),
                assertThrows(VmException.class, () -> names("ext4")).getMessage());
    }

    @Test
    void anyBytesAreReadOrRefused() throws IOException {
        Random random = new Random(4);
        byte[] whole = DEP.getBytes(StandardCharsets.UTF_8);
        for (int i = 0; i < 1000; i++) {
            byte[] bytes = whole.clone();
            for (int n = random.nextInt(1, 30); n > 0; n--) {
                bytes[random.nextInt(bytes.length)] = (byte) ": \n/k.\0-x".charAt(n % 9);
            }
            Files.write(dir.resolve("modules.dep"), bytes);
            try {
                names("virtio_mmio", "erofs", "round");
            } catch (VmException e) {
                assertFalse(String.valueOf(e.getMessage()).isEmpty());
            }
        }
    }

    @Test
    void gzipAndZstdAreUndoneAndXzIsLeftToTheKernel() throws IOException {
        byte[] plain = "a module".getBytes(StandardCharsets.UTF_8);
        Path gz = dir.resolve("a.ko.gz");
        try (OutputStream out = new GZIPOutputStream(Files.newOutputStream(gz))) {
            out.write(plain);
        }
        Path zst = dir.resolve("a.ko.zst");
        try (OutputStream file = Files.newOutputStream(zst);
                OutputStream out = Compression.ZSTD.compress(file, 0)) {
            out.write(plain);
        }
        for (Path file : List.of(gz, zst, Files.write(dir.resolve("a.ko"), plain))) {
            KernelModule module = new KernelModule("a", file, false);
            assertArrayEquals(plain, module.bytes());
            assertFalse(module.compressed());
        }
        KernelModule xz = new KernelModule("a", Files.write(dir.resolve("a.ko.xz"), plain), false);
        assertArrayEquals(plain, xz.bytes());
        assertTrue(xz.compressed());
    }
}
