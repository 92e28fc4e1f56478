package dev.carafe.engine.vm;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class InitramfsTest {
    @TempDir private Path dir;

    private static byte[] text(String s) {
        return s.getBytes(StandardCharsets.UTF_8);
    }

    @Test
    void theBytesOfAnArchive() {
        byte[] bytes =
                new Initramfs()
                        .directory("dev", 0755)
                        .characterDevice("dev/console", 0600, 5, 1)
                        .file("init", 0755, text("hello"))
                        .bytes();
        String zeros = "00000000";
        assertEquals(
                "070701"
                        + "00000001"
                        + "000041ED"
                        + zeros
                        + zeros
                        + "00000002"
                        + zeros
                        + zeros
                        + zeros
                        + zeros
                        + zeros
                        + zeros
                        + "00000004"
                        + zeros
                        + "dev\0"
                        + "\0\0"
                        + "070701"
                        + "00000002"
                        + "00002180"
                        + zeros
                        + zeros
                        + "00000001"
                        + zeros
                        + zeros
                        + zeros
                        + zeros
                        + "00000005"
                        + "00000001"
                        + "0000000C"
                        + zeros
                        + "dev/console\0"
                        + "\0\0"
                        + "070701"
                        + "00000003"
                        + "000081ED"
                        + zeros
                        + zeros
                        + "00000001"
                        + zeros
                        + "00000005"
                        + zeros
                        + zeros
                        + zeros
                        + zeros
                        + "00000005"
                        + zeros
                        + "init\0"
                        + "\0"
                        + "hello"
                        + "\0\0\0"
                        + "070701"
                        + zeros
                        + zeros
                        + zeros
                        + zeros
                        + "00000001"
                        + zeros
                        + zeros
                        + zeros
                        + zeros
                        + zeros
                        + zeros
                        + "0000000B"
                        + zeros
                        + "TRAILER!!!\0"
                        + "\0\0\0",
                new String(bytes, StandardCharsets.UTF_8));
    }

    @Test
    void directoriesAboveAreAdded() {
        assertArrayEquals(
                new Initramfs()
                        .directory("a", 0755)
                        .directory("a/b", 0755)
                        .file("a/b/c", 0644, text("x"))
                        .bytes(),
                new Initramfs().file("a/b/c", 0644, text("x")).bytes());
    }

    @Test
    void pathsThatCanNotBeAreRefused() {
        for (String path : List.of("", "/init", "dev/", "a\0b", "x".repeat(4096))) {
            assertThrows(
                    IllegalArgumentException.class,
                    () -> new Initramfs().file(path, 0644, text("")));
        }
        Initramfs archive = new Initramfs().directory("a", 0755);
        assertThrows(IllegalArgumentException.class, () -> archive.file("a", 0644, text("")));
    }

    @Test
    void theFileAppearsWhole() throws IOException {
        Initramfs archive = new Initramfs().file("init", 0755, new byte[100_001]);
        Path file = Files.writeString(dir.resolve("initrd"), "old");
        archive.write(file);
        assertArrayEquals(archive.bytes(), Files.readAllBytes(file));
        assertEquals(
                "rw-r--r--", PosixFilePermissions.toString(Files.getPosixFilePermissions(file)));
        try (Stream<Path> files = Files.list(dir)) {
            assertEquals(List.of(file), files.toList());
        }
    }

    @Test
    void cpioUnpacksIt() throws Exception {
        assumeTrue(Files.isExecutable(Path.of("/usr/bin/cpio")));
        new Initramfs()
                .file("lib/modules/a.ko", 0644, text("odd"))
                .file("empty", 0600, text(""))
                .file("init", 0755, new byte[4096])
                .write(dir.resolve("initrd"));
        Path out = Files.createDirectory(dir.resolve("out"));
        Process cpio =
                new ProcessBuilder(
                                "cpio", "--quiet", "-idv", "-F", dir.resolve("initrd").toString())
                        .directory(out.toFile())
                        .redirectErrorStream(true)
                        .start();
        String said = new String(cpio.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertEquals(true, cpio.waitFor(10, TimeUnit.SECONDS));
        assertEquals(0, cpio.exitValue());
        assertEquals("lib\nlib/modules\nlib/modules/a.ko\nempty\ninit\n", said);
        assertEquals("odd", Files.readString(out.resolve("lib/modules/a.ko")));
        assertEquals(4096, Files.size(out.resolve("init")));
        assertEquals(
                "rwxr-xr-x",
                PosixFilePermissions.toString(Files.getPosixFilePermissions(out.resolve("init"))));
    }
}
