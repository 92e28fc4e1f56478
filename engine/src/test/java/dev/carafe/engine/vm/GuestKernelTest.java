package dev.carafe.engine.vm;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.carafe.engine.image.Compression;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class GuestKernelTest {
    private static final byte[] ELF = KernelFile.elf(5000, true);

    @TempDir private Path dir;

    private Path boot(String version) throws IOException {
        Path boot = Files.createDirectories(dir.resolve("boot"));
        return Files.write(
                boot.resolve("vmlinuz-" + version),
                KernelFile.bzImage(version, KernelFile.lz4(ELF), ELF.length));
    }

    private Path modules(String version) throws IOException {
        Path modules = Files.createDirectories(dir.resolve("modules").resolve(version));
        Files.writeString(modules.resolve("modules.dep"), "");
        return modules;
    }

    private GuestKernel newest() throws IOException {
        return GuestKernel.newest(dir.resolve("boot"), dir.resolve("modules"));
    }

    @Test
    void theNewestWithModulesIsTaken() throws IOException {
        for (String version : List.of("6.1.0-9-a", "6.1.0-56-a", "6.1.0-57-a")) {
            boot(version);
        }
        Files.writeString(dir.resolve("boot/vmlinuz-7.0"), "a script");
        modules("6.1.0-9-a");
        modules("6.1.0-56-a");
        GuestKernel kernel = newest();
        assertEquals("6.1.0-56-a", kernel.version());
        assertEquals(dir.resolve("boot/vmlinuz-6.1.0-56-a"), kernel.file());
        assertEquals(dir.resolve("modules/6.1.0-56-a"), kernel.modules());
    }

    @Test
    void withoutOneThePackageIsNamed() throws IOException {
        String hint =
                "; install one (apt-get install linux-image-cloud-amd64) or name one (--kernel FILE)";
        assertEquals(
                "no kernel for machines: " + dir.resolve("boot") + " has no vmlinuz-*" + hint,
                assertThrows(VmException.class, this::newest).getMessage());
        boot("6.1");
        assertEquals(
                "no kernel for machines: "
                        + dir.resolve("boot/vmlinuz-6.1")
                        + " has no modules in "
                        + dir.resolve("modules/6.1")
                        + hint,
                assertThrows(VmException.class, this::newest).getMessage());
    }

    @Test
    void aNamedKernelSaysItsVersion() throws IOException {
        Path file = dir.resolve("mine");
        Files.write(file, KernelFile.bzImage("5.4.1+", KernelFile.lz4(ELF), ELF.length));
        assertEquals("5.4.1+", GuestKernel.of(file).version());
        VmException e =
                assertThrows(
                        VmException.class, () -> GuestKernel.of(file, dir).modules(List.of("x")));
        assertTrue(
                String.valueOf(e.getMessage())
                        .startsWith("kernel " + file + ": its modules are not in "));
    }

    @Test
    void whatIsNoKernelIsRefused() throws IOException {
        Path file = Files.write(dir.resolve("elf"), ELF);
        assertEquals(
                file + " is not a kernel image for x86 (a bzImage, as /boot/vmlinuz-*)",
                assertThrows(VmException.class, () -> GuestKernel.of(file)).getMessage());
        assertEquals(
                "kernel " + dir.resolve("none") + ": there is no such file",
                assertThrows(VmException.class, () -> GuestKernel.of(dir.resolve("none")))
                        .getMessage());
        assertEquals(
                "kernel " + dir + ": it is a directory",
                assertThrows(VmException.class, () -> GuestKernel.of(dir)).getMessage());
    }

    @Test
    void theKernelIsTakenOutOnce() throws IOException {
        Path cache = dir.resolve("cache");
        GuestKernel kernel = GuestKernel.of(boot("6.1"), dir);
        GuestKernel.Image image = kernel.image(cache);
        assertTrue(image.pvh());
        assertArrayEquals(ELF, Files.readAllBytes(image.file()));
        FileTime made = FileTime.fromMillis(1000);
        Files.setLastModifiedTime(image.file(), made);
        assertEquals(image, kernel.image(cache));
        assertEquals(made, Files.getLastModifiedTime(image.file()));

        // cut off by a crash: made again
        Files.write(image.file(), new byte[0]);
        kernel.image(cache);
        assertArrayEquals(ELF, Files.readAllBytes(image.file()));
    }

    @Test
    void anotherBuildOfTheSameVersionReplacesIt() throws IOException {
        Path cache = dir.resolve("cache");
        GuestKernel.Image old = GuestKernel.of(boot("6.1"), dir).image(cache);
        Files.setLastModifiedTime(old.file(), FileTime.fromMillis(1000));
        Files.delete(dir.resolve("boot/vmlinuz-6.1"));
        GuestKernel kernel = GuestKernel.of(boot("6.1"), dir);
        Files.setLastModifiedTime(kernel.file(), FileTime.fromMillis(5000));
        GuestKernel.Image image = kernel.image(cache);
        try (Stream<Path> files = Files.list(cache)) {
            assertEquals(List.of(image.file()), files.toList());
        }
    }

    @Test
    void gzipAndZstdDecompressAndOthersBootAsTheyAre() throws IOException {
        ByteArrayOutputStream gzip = new ByteArrayOutputStream();
        try (OutputStream out = new GZIPOutputStream(gzip)) {
            out.write(ELF);
        }
        ByteArrayOutputStream zstd = new ByteArrayOutputStream();
        try (OutputStream out = Compression.ZSTD.compress(zstd, 0)) {
            out.write(ELF);
        }
        Path cache = dir.resolve("cache");
        // gzip's own last word is the size
        byte[] withoutSize = Arrays.copyOf(gzip.toByteArray(), gzip.size() - 4);
        for (byte[] payload : List.of(withoutSize, zstd.toByteArray())) {
            Path file = dir.resolve("kernel");
            Files.write(file, KernelFile.bzImage("6.1", payload, ELF.length));
            GuestKernel.Image image = GuestKernel.of(file, dir).image(cache);
            assertArrayEquals(ELF, Files.readAllBytes(image.file()));
            Files.delete(image.file());
        }
        Path xz = dir.resolve("xz");
        Files.write(xz, KernelFile.bzImage("6.1", new byte[] {(byte) 0xFD, '7', 'z', 'X', 'Z'}, 9));
        assertEquals(new GuestKernel.Image(xz, false), GuestKernel.of(xz, dir).image(cache));
    }

    @Test
    void aKernelWithoutPvhBootsAsABzImage() throws IOException {
        byte[] elf = KernelFile.elf(100, false);
        Path file = dir.resolve("kernel");
        Files.write(file, KernelFile.bzImage("6.1", KernelFile.lz4(elf), elf.length));
        assertEquals(
                new GuestKernel.Image(file, false),
                GuestKernel.of(file, dir).image(dir.resolve("cache")));
    }

    @Test
    void brokenImagesAreRefusedInOneLineAndLeaveNothing() throws IOException {
        byte[] whole = KernelFile.bzImage("6.1", KernelFile.lz4(ELF), ELF.length);
        Path file = dir.resolve("kernel");
        Path cache = Files.createDirectories(dir.resolve("cache"));
        Random random = new Random(3);
        for (int i = 0; i < 400; i++) {
            byte[] bytes = whole.clone();
            int at =
                    switch (i % 4) {
                        case 0 -> random.nextInt(0x1f0, 0x260);
                        case 1 -> random.nextInt(0x500, 0x510);
                        case 2 -> random.nextInt(2048, 2048 + 700);
                        default -> random.nextInt(bytes.length);
                    };
            bytes[at] = (byte) random.nextInt();
            Files.write(
                    file, i % 5 == 0 ? Arrays.copyOf(bytes, random.nextInt(bytes.length)) : bytes);
            try {
                GuestKernel.of(file, dir).image(cache);
            } catch (VmException e) {
                assertFalse(String.valueOf(e.getMessage()).contains("\n"));
                assertTrue(
                        String.valueOf(e.getMessage()).contains(file.toString()),
                        String.valueOf(e.getMessage()));
            }
            try (Stream<Path> files = Files.list(cache)) {
                for (Path left : files.toList()) {
                    assertTrue(left.getFileName().toString().startsWith("vmlinux-"));
                    Files.delete(left);
                }
            }
        }
    }

    @Test
    void thisHostsKernel() throws IOException {
        assumeTrue(Files.isDirectory(Path.of("/boot")));
        GuestKernel kernel;
        try {
            kernel = GuestKernel.newest();
        } catch (VmException e) {
            assumeTrue(false, String.valueOf(e.getMessage()));
            return;
        }
        GuestKernel.Image image = kernel.image(dir);
        if (image.pvh()) {
            byte[] head = new byte[4];
            try (var in = Files.newInputStream(image.file())) {
                in.readNBytes(head, 0, 4);
            }
            assertArrayEquals(new byte[] {0x7f, 'E', 'L', 'F'}, head);
        }
        List<String> names = new ArrayList<>();
        for (KernelModule module : kernel.modules(List.of("overlay", "virtiofs"))) {
            names.add(module.name());
            byte[] bytes = module.bytes();
            assertTrue(module.compressed() || bytes[1] == 'E');
        }
        assertTrue(names.isEmpty() || names.indexOf("fuse") < names.size() - 1);
    }
}
