package dev.carafe.engine.image;

import java.io.BufferedInputStream;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.zip.GZIPInputStream;
import org.jspecify.annotations.Nullable;

/** How bytes are compressed, told by their first ones, never by a name or a media type. */
enum Decompression {
    NONE,
    GZIP,
    ZSTD;

    private static final int BUFFER = 128 * 1024;
    private static final int HEAD = 6;

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

    /** The plain bytes of a stream; the caller closes what was opened, which leaves it alone. */
    static Plain plain(ByteSource in) throws IOException {
        // successive pieces may be short, and the first six bytes decide
        ByteBuffer first = in.next();
        ByteBuffer head = first == null ? ByteBuffer.allocateDirect(0) : first;
        if (head.remaining() < HEAD) {
            ByteBuffer longer = ByteBuffer.allocateDirect(HEAD + Buffers.SIZE).put(head);
            ByteBuffer next;
            while (longer.position() < HEAD && (next = in.next()) != null) {
                longer.put(next);
            }
            head = longer.flip();
        }
        byte[] bytes = new byte[Math.min(HEAD, head.remaining())];
        head.get(head.position(), bytes);
        ByteSource whole = new Pushed(head, in);
        return switch (of(bytes)) {
            case NONE -> new Plain(new Copied(whole), () -> {});
            case GZIP -> {
                Gunzip gunzip = new Gunzip(whole);
                yield new Plain(gunzip, gunzip::close);
            }
            case ZSTD -> {
                InputStream zstd = new ZstdInputStream(new SourceInput(whole));
                yield new Plain(ByteFiller.of(zstd, Buffers.SIZE), () -> {});
            }
        };
    }

    /** Plain bytes, and what to close after use. */
    record Plain(ByteFiller bytes, Closer closer) implements AutoCloseable {
        @Override
        public void close() {
            closer.close();
        }
    }

    /** Frees native memory. */
    @FunctionalInterface
    interface Closer extends AutoCloseable {
        @Override
        void close();
    }

    /** A piece that was looked at already, then the rest. */
    private static final class Pushed implements ByteSource {
        private final ByteSource rest;
        private @Nullable ByteBuffer first;

        Pushed(ByteBuffer first, ByteSource rest) {
            this.first = first.hasRemaining() ? first : null;
            this.rest = rest;
        }

        @Override
        public @Nullable ByteBuffer next() throws IOException {
            ByteBuffer piece = first;
            first = null;
            return piece != null ? piece : rest.next();
        }
    }

    /** Bytes that need no change. */
    private static final class Copied implements ByteFiller {
        private final ByteSource in;
        private @Nullable ByteBuffer piece;

        Copied(ByteSource in) {
            this.in = in;
        }

        @Override
        public boolean fill(ByteBuffer into) throws IOException {
            ByteBuffer from = piece;
            if (from == null || !from.hasRemaining()) {
                from = in.next();
                piece = from;
            }
            if (from == null) {
                return false;
            }
            int n = Math.min(from.remaining(), into.remaining());
            into.put(from.slice(from.position(), n));
            from.position(from.position() + n);
            return true;
        }
    }

    /** Buffers as a stream. */
    private static final class SourceInput extends InputStream {
        private final ByteSource in;
        private @Nullable ByteBuffer piece;

        SourceInput(ByteSource in) {
            this.in = in;
        }

        private @Nullable ByteBuffer piece() throws IOException {
            ByteBuffer from = piece;
            if (from == null || !from.hasRemaining()) {
                from = in.next();
                piece = from;
            }
            return from;
        }

        @Override
        public int read() throws IOException {
            ByteBuffer from = piece();
            return from == null ? -1 : from.get() & 0xff;
        }

        @Override
        public int read(byte[] bytes, int offset, int length) throws IOException {
            ByteBuffer from = length == 0 ? null : piece();
            if (from == null) {
                return length == 0 ? 0 : -1;
            }
            int n = Math.min(length, from.remaining());
            from.get(bytes, offset, n);
            return n;
        }
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
