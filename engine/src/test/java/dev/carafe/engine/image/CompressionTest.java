package dev.carafe.engine.image;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Random;
import java.util.zip.CRC32;
import java.util.zip.GZIPInputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class CompressionTest {
    /** Text-like, random, runs and repeats from far away, so that every kind of block occurs. */
    private static byte[] sample(int length, long seed) {
        Random random = new Random(seed);
        byte[] bytes = new byte[length];
        int at = 0;
        while (at < length) {
            int n = Math.min(length - at, 1 + random.nextInt(200_000));
            switch (random.nextInt(4)) {
                case 0 -> {
                    byte[] noise = new byte[n];
                    random.nextBytes(noise);
                    System.arraycopy(noise, 0, bytes, at, n);
                }
                case 1 -> Arrays.fill(bytes, at, at + n, (byte) random.nextInt());
                case 2 -> {
                    for (int i = 0; i < n; i++) {
                        bytes[at + i] = (byte) (' ' + random.nextInt(1 + random.nextInt(60)));
                    }
                }
                default -> {
                    int from = at == 0 ? 0 : random.nextInt(at);
                    for (int i = 0; i < n; i++) {
                        bytes[at + i] = bytes[from + i];
                        if (random.nextInt(50) == 0) {
                            bytes[at + i] ^= 1;
                        }
                    }
                }
            }
            at += n;
        }
        return bytes;
    }

    private static byte[] compress(byte[] bytes, Compression compression) throws IOException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        try (OutputStream to = compression.compress(out, Compression.GZIP_LEVEL)) {
            to.write(bytes);
        }
        return out.toByteArray();
    }

    private static byte[] decompress(byte[] bytes) throws IOException {
        try (InputStream in = Decompression.open(new ByteArrayInputStream(bytes))) {
            return in.readAllBytes();
        }
    }

    @ParameterizedTest
    @ValueSource(
            ints = {
                0, 1, 2, 7, 8, 9, 63, 64, 65, 255, 1000, 131_071, 131_072, 131_073, 262_144,
                4_194_303, 4_194_304, 4_194_305, 9_000_000
            })
    void whatIsCompressedComesBack(int length) throws IOException {
        byte[] bytes = sample(length, length);
        for (Compression compression : Compression.values()) {
            byte[] packed = compress(bytes, compression);
            assertArrayEquals(bytes, decompress(packed), compression + " of " + length);
        }
    }

    @Test
    void manySmallSamplesComeBack() throws IOException {
        for (int seed = 0; seed < 400; seed++) {
            byte[] bytes = sample(new Random(seed).nextInt(5000), seed);
            byte[] frame = new ZstdEncoder().frame(bytes, bytes.length);
            assertArrayEquals(bytes, decompress(frame), "seed " + seed);
        }
    }

    /** Each value as often as the other, and few of them: codes of all shapes. */
    @Test
    void alphabetsOfEverySizeComeBack() throws IOException {
        Random random = new Random(1);
        ZstdEncoder encoder = new ZstdEncoder();
        for (int values = 1; values <= 256; values++) {
            for (int skew = 1; skew <= 3; skew++) {
                byte[] bytes = new byte[3000];
                for (int i = 0; i < bytes.length; i++) {
                    int value = values;
                    for (int s = 0; s < skew; s++) {
                        value = Math.min(value, random.nextInt(values));
                    }
                    bytes[i] = (byte) (255 - value);
                }
                byte[] frame = encoder.frame(bytes, bytes.length);
                assertArrayEquals(bytes, decompress(frame), values + " values, skew " + skew);
            }
        }
    }

    @ParameterizedTest
    @EnumSource
    void theOutputDependsOnTheBytesAlone(Compression compression) throws IOException {
        byte[] bytes = sample(9_500_000, 5);
        byte[] once = compress(bytes, compression);
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        try (OutputStream to = oneThread(out, compression)) {
            for (int at = 0; at < bytes.length; at += 777) {
                to.write(bytes, at, Math.min(777, bytes.length - at));
            }
        }
        assertArrayEquals(once, out.toByteArray());
    }

    private static OutputStream oneThread(OutputStream out, Compression compression)
            throws IOException {
        return switch (compression) {
            case NONE -> compression.compress(out, 0);
            case GZIP -> new BlockCompressor(out, new Gzip(Compression.GZIP_LEVEL), 1);
            case ZSTD -> new BlockCompressor(out, new BlockCompressor.Zstd(), 5);
        };
    }

    @Test
    void checksumsOfPiecesCombine() {
        byte[] bytes = sample(10_000, 3);
        for (int split : new int[] {0, 1, 5000, 9999, 10_000}) {
            CRC32 whole = new CRC32();
            whole.update(bytes);
            CRC32 first = new CRC32();
            first.update(bytes, 0, split);
            CRC32 second = new CRC32();
            second.update(bytes, split, bytes.length - split);
            int combined =
                    Gzip.combine(
                            (int) first.getValue(), (int) second.getValue(), bytes.length - split);
            assertEquals((int) whole.getValue(), combined, "split at " + split);
        }
    }

    @Test
    void gzipIsOneMemberThatTheJdkReads() throws IOException {
        byte[] bytes = sample(1_000_000, 9);
        byte[] packed = compress(bytes, Compression.GZIP);
        try (InputStream in = new GZIPInputStream(new ByteArrayInputStream(packed))) {
            assertArrayEquals(bytes, in.readAllBytes());
        }
    }

    /** Text of words, of which everything that compresses makes a third or less. */
    @Test
    void textBecomesMuchSmaller() throws IOException {
        Random random = new Random(4);
        StringBuilder text = new StringBuilder();
        String[] words = new String[2000];
        for (int i = 0; i < words.length; i++) {
            words[i] =
                    Long.toString(random.nextLong() >>> 1, 36).substring(0, Math.min(8, 3 + i % 8));
        }
        while (text.length() < 3_000_000) {
            text.append(words[random.nextInt(1 + random.nextInt(words.length))]).append(' ');
        }
        byte[] bytes = text.toString().getBytes(StandardCharsets.US_ASCII);
        int gzip = compress(bytes, Compression.GZIP).length;
        int zstd = compress(bytes, Compression.ZSTD).length;
        assertTrue(gzip < bytes.length * 0.40, "gzip " + gzip);
        assertTrue(zstd < bytes.length * 0.42, "zstd " + zstd);
    }

    @Test
    @Timeout(60)
    void aFailingStreamIsToldAndNothingHangs() throws IOException {
        OutputStream full =
                new OutputStream() {
                    private int left = 1000;

                    @Override
                    public void write(int b) throws IOException {
                        if (left-- <= 0) {
                            throw new IOException("No space left on device");
                        }
                    }
                };
        OutputStream to = Compression.ZSTD.compress(full, 0);
        byte[] noise = new byte[30_000_000];
        new Random(1).nextBytes(noise);
        assertThrows(IOException.class, () -> to.write(noise));
        // what had a gap must not get an end
        to.close();
    }

    @Test
    void theReferenceProgramReadsIt(@TempDir Path directory) throws Exception {
        byte[] bytes = sample(10_000_000, 11);
        for (Compression compression : new Compression[] {Compression.ZSTD, Compression.GZIP}) {
            String program = compression == Compression.ZSTD ? "zstd" : "gzip";
            assumeTrue(Files.isExecutable(Path.of("/usr/bin", program)), program + " is missing");
            Path packed = directory.resolve("packed");
            Files.write(packed, compress(bytes, compression));
            Path plain = directory.resolve("plain");
            Process run =
                    new ProcessBuilder(program, "-dc")
                            .redirectInput(packed.toFile())
                            .redirectOutput(plain.toFile())
                            .start();
            assertEquals(0, run.waitFor());
            assertArrayEquals(bytes, Files.readAllBytes(plain));
        }
    }
}
