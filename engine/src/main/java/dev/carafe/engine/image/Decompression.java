package dev.carafe.engine.image;

import java.io.BufferedInputStream;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.Arrays;
import java.util.zip.GZIPInputStream;

/** How bytes are compressed, told by their first ones, never by a name or a media type. */
enum Decompression {
    NONE,
    GZIP,
    ZSTD;

    private static final int BUFFER = 128 * 1024;

    /** Opens a stream for the plain bytes; closing it closes {@code in}. */
    static InputStream open(InputStream in) throws IOException {
        BufferedInputStream buffered = new BufferedInputStream(in, BUFFER);
        buffered.mark(8);
        byte[] head = buffered.readNBytes(6);
        buffered.reset();
        return switch (of(head)) {
            case NONE -> buffered;
            case GZIP -> new GZIPInputStream(new Eager(buffered), BUFFER);
            case ZSTD -> new ZstdInputStream(buffered);
        };
    }

    /**
     * Tells it from the first six bytes.
     *
     * @throws ImageException for a compression that is known and not supported
     */
    static Decompression of(byte[] head) throws ImageException {
        if (starts(head, 0x1f, 0x8b)) {
            return GZIP;
        }
        if (starts(head, 0x28, 0xb5, 0x2f, 0xfd)) {
            return ZSTD;
        }
        if (head.length >= 4
                && (head[0] & 0xf0) == 0x50
                && starts(Arrays.copyOfRange(head, 1, 4), 0x2a, 0x4d, 0x18)) {
            // a skippable frame, which zstd:chunked and pzstd may begin with
            return ZSTD;
        }
        if (starts(head, 0xfd, '7', 'z', 'X', 'Z')) {
            throw new ImageException(
                    "compressed with xz, which is not supported; gzip and zstd are");
        }
        if (starts(head, 'B', 'Z', 'h')) {
            throw new ImageException(
                    "compressed with bzip2, which is not supported; gzip and zstd are");
        }
        return NONE;
    }

    private static boolean starts(byte[] head, int... magic) {
        if (head.length < magic.length) {
            return false;
        }
        for (int i = 0; i < magic.length; i++) {
            if ((head[i] & 0xff) != magic[i]) {
                return false;
            }
        }
        return true;
    }

    /**
     * Says that there is more: GZIPInputStream takes "nothing available right now", as a pipe says,
     * for the end, and would lose the members after the first.
     */
    private static final class Eager extends FilterInputStream {
        Eager(InputStream in) {
            super(in);
        }

        @Override
        public int available() throws IOException {
            return Math.max(1, super.available());
        }
    }
}
