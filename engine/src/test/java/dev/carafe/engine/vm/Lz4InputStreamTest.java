package dev.carafe.engine.vm;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.Random;
import org.junit.jupiter.api.Test;

class Lz4InputStreamTest {
    @Test
    void literalsOfSeveralBlocks() throws IOException {
        byte[] plain = new byte[(8 << 20) + 300];
        new Random(1).nextBytes(plain);
        assertArrayEquals(plain, read(KernelFile.lz4(plain)));
    }

    @Test
    void matchesNearAndOverlapping() throws IOException {
        // "abcd", 8 from 4 back; 'x', a run of 1 + 20 of it; the end's literals
        byte[] frame =
                frame(
                        bytes(0x44, 'a', 'b', 'c', 'd', 4, 0),
                        bytes(0x1f, 'x', 1, 0, 1),
                        bytes(0x20, 'y', 'z'));
        assertEquals(
                "abcdabcdabcd" + "x".repeat(21) + "yz",
                new String(read(frame), StandardCharsets.US_ASCII));
    }

    @Test
    void transferGivesTheSame() throws IOException {
        byte[] plain = new byte[(8 << 20) + 3];
        plain[5] = 1;
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        try (InputStream in = new Lz4InputStream(new ByteArrayInputStream(KernelFile.lz4(plain)))) {
            assertEquals(plain.length, in.transferTo(out));
        }
        assertArrayEquals(plain, out.toByteArray());
    }

    @Test
    void whatIsBrokenIsRefused() {
        assertThrows(VmException.class, () -> read(bytes(1, 2, 3, 4)));
        assertThrows(VmException.class, () -> read(frame(bytes(0x40, 'a'))));
        assertThrows(VmException.class, () -> read(frame(bytes(0x14, 'a', 9, 0))));
        assertThrows(VmException.class, () -> read(frame(bytes(0x14, 'a', 0, 0))));
        assertThrows(VmException.class, () -> read(frame(bytes(0xf0, 255, 255))));
        assertThrows(VmException.class, () -> read(frame(bytes(0x14, 'a', 1))));
        assertThrows(VmException.class, () -> read(frame(bytes(0x14, 'a', 1, 0))));
    }

    @Test
    void anyBytesEitherDecompressOrAreRefused() throws IOException {
        Random random = new Random(2);
        for (int i = 0; i < 300; i++) {
            byte[] block = new byte[random.nextInt(1, 60)];
            random.nextBytes(block);
            block[0] &= 0x3f;
            try {
                byte[] plain = read(frame(block));
                assertEquals(0, plain.length >> 23);
            } catch (VmException e) {
                assertEquals("bad LZ4 data", String.valueOf(e.getMessage()).substring(0, 12));
            }
        }
    }

    private static byte[] bytes(int... values) {
        byte[] bytes = new byte[values.length];
        for (int i = 0; i < values.length; i++) {
            bytes[i] = (byte) values[i];
        }
        return bytes;
    }

    private static byte[] frame(byte[]... sequences) {
        ByteArrayOutputStream block = new ByteArrayOutputStream();
        for (byte[] sequence : sequences) {
            block.writeBytes(sequence);
        }
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        out.writeBytes(KernelFile.int32(Lz4InputStream.MAGIC));
        out.writeBytes(KernelFile.int32(block.size()));
        out.writeBytes(block.toByteArray());
        return out.toByteArray();
    }

    private static byte[] read(byte[] frame) throws IOException {
        try (InputStream in = new Lz4InputStream(new ByteArrayInputStream(frame))) {
            return in.readAllBytes();
        }
    }
}
