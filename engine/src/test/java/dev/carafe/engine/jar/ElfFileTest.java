package dev.carafe.engine.jar;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ElfFileTest {
    @TempDir Path directory;

    /** A shared library with an interpreter and the given needs; loaded at address 0x1000. */
    static byte[] library(String interpreter, String... needed) {
        ByteBuffer elf = ByteBuffer.allocate(2048).order(ByteOrder.LITTLE_ENDIAN);
        elf.putInt(0, 0x464C457F).put(4, (byte) 2).put(5, (byte) 1);
        elf.putShort(18, (short) 62).putLong(32, 64);
        elf.putShort(54, (short) 56).putShort(56, (short) 3);
        segment(elf, 64, 1, 0, 0x1000, 2048);
        segment(elf, 120, 3, 256, 0x1100, interpreter.length() + 1);
        segment(elf, 176, 2, 512, 0x1200, 16L * (needed.length + 3));
        elf.put(256, interpreter.getBytes(StandardCharsets.UTF_8));
        int strings = 1;
        for (int i = 0; i < needed.length; i++) {
            elf.putLong(512 + 16 * i, 1).putLong(520 + 16 * i, strings);
            elf.put(1024 + strings, needed[i].getBytes(StandardCharsets.UTF_8));
            strings += needed[i].length() + 1;
        }
        int end = 512 + 16 * needed.length;
        elf.putLong(end, 5).putLong(end + 8, 0x1000 + 1024);
        elf.putLong(end + 16, 10).putLong(end + 24, strings);
        return elf.array();
    }

    private static void segment(
            ByteBuffer elf, int at, int type, long offset, long address, long size) {
        elf.putInt(at, type).putLong(at + 8, offset).putLong(at + 16, address);
        elf.putLong(at + 32, size);
    }

    private Path write(byte[] bytes) throws IOException {
        return Files.write(directory.resolve("file"), bytes);
    }

    @Test
    void readsWhatTheLinkerReads() throws IOException {
        ElfFile elf = ElfFile.read(write(library("/lib/ld.so", "libc.so.6", "libm.so.6"))).get();
        assertEquals(62, elf.machine());
        assertEquals("/lib/ld.so", elf.interpreter().get());
        assertEquals(List.of("libc.so.6", "libm.so.6"), elf.needed());
    }

    @Test
    void readsTheJvmOfThisTest() throws IOException {
        Path home = Path.of(System.getProperty("java.home"));
        ElfFile java = ElfFile.read(home.resolve("bin/java")).get();
        assertTrue(java.interpreter().get().contains("ld-"), java::toString);
        ElfFile jvm = ElfFile.read(home.resolve("lib/server/libjvm.so")).get();
        assertTrue(jvm.needed().stream().anyMatch(n -> n.startsWith("libc.")), jvm::toString);
    }

    @Test
    void otherFilesAreNoElf() throws IOException {
        assertTrue(ElfFile.read(write(new byte[0])).isEmpty());
        assertTrue(ElfFile.read(write(new byte[4096])).isEmpty());
        byte[] narrow = library("/lib/ld.so");
        narrow[4] = 1;
        assertTrue(ElfFile.read(write(narrow)).isEmpty());
    }

    @Test
    void offsetsBeyondTheEndAreRefused() throws IOException {
        for (int field : new int[] {32, 128, 152, 184, 208, 536}) {
            byte[] bytes = library("/lib/ld.so", "libc.so.6");
            ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).putLong(field, 1L << 40);
            Path file = write(bytes);
            assertThrows(IOException.class, () -> ElfFile.read(file), "field at " + field);
        }
    }

    @Test
    void damageIsAnIoExceptionAtMost() throws IOException {
        Random random = new Random(1);
        for (int i = 0; i < 3000; i++) {
            byte[] bytes = library("/lib/ld.so", "libc.so.6");
            for (int n = random.nextInt(8); n >= 0; n--) {
                bytes[6 + random.nextInt(600)] = (byte) random.nextInt();
            }
            Path file = write(bytes);
            try {
                ElfFile.read(file);
            } catch (IOException e) {
                assertTrue(String.valueOf(e.getMessage()).contains("damaged"), e::toString);
            }
        }
    }
}
