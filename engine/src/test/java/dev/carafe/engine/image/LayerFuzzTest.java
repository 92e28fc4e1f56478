package dev.carafe.engine.image;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;

import com.code_intelligence.jazzer.api.FuzzedDataProvider;
import com.code_intelligence.jazzer.junit.FuzzTest;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** What is written here is read again, whatever it is. */
class LayerFuzzTest {
    private final ZstdEncoder encoder = new ZstdEncoder();

    @FuzzTest(maxDuration = "20s")
    void zstdComesBack(byte[] bytes) throws IOException {
        assertArrayEquals(bytes, plain(encoder.frame(bytes, bytes.length)));
    }

    /** Few different bytes, and pieces again: what chance alone would hardly make. */
    @FuzzTest(maxDuration = "20s")
    void zstdOfRepeatsComesBack(FuzzedDataProvider data) throws IOException {
        ByteArrayOutputStream made = new ByteArrayOutputStream();
        while (data.remainingBytes() > 0 && made.size() < 400_000) {
            byte[] piece = data.consumeBytes(data.consumeInt(1, 64));
            int times = data.consumeInt(1, 2000);
            int mask = data.consumeInt(1, 255);
            for (int i = 0; i < times; i++) {
                for (byte b : piece) {
                    made.write(b & mask);
                }
            }
        }
        byte[] bytes = made.toByteArray();
        assertArrayEquals(bytes, plain(encoder.frame(bytes, bytes.length)));
    }

    @FuzzTest(maxDuration = "20s")
    void gzipComesBack(byte[] bytes) throws IOException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        try (OutputStream to = new BlockCompressor(out, new Gzip(1), 2)) {
            for (int i = 0; i < 40 && bytes.length > 0; i++) {
                to.write(bytes);
            }
        }
        byte[] back = plain(out.toByteArray());
        assertEquals(bytes.length == 0 ? 0 : 40 * bytes.length, back.length);
        for (int at = 0; at < back.length; at++) {
            if (back[at] != bytes[at % bytes.length]) {
                throw new AssertionError("byte " + at);
            }
        }
    }

    private static byte[] plain(byte[] packed) throws IOException {
        try (InputStream in = Decompression.open(new ByteArrayInputStream(packed))) {
            return in.readAllBytes();
        }
    }

    @FuzzTest(maxDuration = "20s")
    void membersComeBack(FuzzedDataProvider data) throws IOException {
        List<TarEntry> entries = new ArrayList<>();
        List<byte[]> bodies = new ArrayList<>();
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        try (ByteSink sink = ByteSink.of(out, data.consumeInt(1, 2000))) {
            TarWriter tar = new TarWriter(sink);
            while (data.remainingBytes() > 0 && entries.size() < 50) {
                byte[] body = data.consumeBytes(data.consumeInt(0, 1500));
                TarEntry entry = entry(data, body.length);
                tar.member(entry);
                if (entry.type() == TarEntry.Type.FILE) {
                    tar.body(body);
                }
                entries.add(entry);
                bodies.add(entry.type() == TarEntry.Type.FILE ? body : new byte[0]);
            }
            tar.end();
        }
        TarReader reader = TarBytes.reader(out.toByteArray());
        for (int i = 0; i < entries.size(); i++) {
            assertEquals(entries.get(i), reader.next());
            ByteArrayOutputStream body = new ByteArrayOutputStream();
            java.nio.ByteBuffer piece;
            while ((piece = reader.body()) != null) {
                byte[] bytes = new byte[piece.remaining()];
                piece.get(bytes);
                body.writeBytes(bytes);
            }
            assertArrayEquals(bodies.get(i), body.toByteArray());
        }
        assertNull(reader.next());
    }

    private static TarEntry entry(FuzzedDataProvider data, int length) {
        TarEntry.Type type = data.pickValue(TarEntry.Type.values());
        assertNotNull(type);
        boolean device = type == TarEntry.Type.CHAR_DEVICE || type == TarEntry.Type.BLOCK_DEVICE;
        boolean link = type == TarEntry.Type.SYMLINK || type == TarEntry.Type.HARD_LINK;
        String path = name(data);
        Map<String, String> xattrs = new HashMap<>();
        for (int i = data.consumeInt(0, 2); i > 0; i--) {
            xattrs.put("user.x" + i, name(data));
        }
        return new TarEntry(
                type,
                type == TarEntry.Type.DIRECTORY ? path + "/" : path,
                link ? name(data) : "",
                data.consumeInt(0, 07777),
                data.consumeLong(0, 4294967294L),
                data.consumeLong(0, 4294967294L),
                type == TarEntry.Type.FILE ? length : 0,
                data.consumeLong(-1L << 40, 1L << 40),
                0,
                device ? data.consumeInt(0, 4095) : 0,
                device ? data.consumeInt(0, 1 << 20) : 0,
                false,
                xattrs,
                List.of());
    }

    /** Any bytes but NUL, of which a name has none. */
    private static String name(FuzzedDataProvider data) {
        byte[] bytes = data.consumeBytes(data.consumeInt(1, 400));
        for (int i = 0; i < bytes.length; i++) {
            bytes[i] = bytes[i] == 0 ? (byte) '/' : bytes[i];
        }
        // a slash at the end would make it a directory's
        return "n" + new String(bytes, StandardCharsets.ISO_8859_1) + "n";
    }
}
