package dev.carafe.engine.vm;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;

/**
 * Decompresses a legacy frame of LZ4, as kernels are compressed with (lz4_Frame_format.md, "Legacy
 * frame"; lz4_Block_format.md). The frame lasts to the end of the stream.
 */
final class Lz4InputStream extends InputStream {
    static final int MAGIC = 0x184C2102;

    /** What each block but the last one decompresses to. */
    private static final int BLOCK = 8 << 20;

    private static final int WORST = BLOCK + BLOCK / 255 + 16;
    private static final int MIN_MATCH = 4;

    private final InputStream from;
    private final byte[] in = new byte[WORST];
    private final byte[] out = new byte[BLOCK];
    private int at;
    private int limit;

    /**
     * Takes the stream over; it is closed with this one.
     *
     * @throws VmException when it does not begin with the magic number
     */
    Lz4InputStream(InputStream from) throws IOException {
        this.from = from;
        if (int32() != MAGIC) {
            throw bad("no legacy frame");
        }
    }

    @Override
    public int read() throws IOException {
        return fill() ? out[at++] & 0xff : -1;
    }

    @Override
    public int read(byte[] bytes, int offset, int length) throws IOException {
        if (length == 0) {
            return 0;
        }
        if (!fill()) {
            return -1;
        }
        int n = Math.min(length, limit - at);
        System.arraycopy(out, at, bytes, offset, n);
        at += n;
        return n;
    }

    @Override
    public long transferTo(OutputStream to) throws IOException {
        long total = 0;
        while (fill()) {
            to.write(out, at, limit - at);
            total += limit - at;
            at = limit;
        }
        return total;
    }

    @Override
    public void close() throws IOException {
        from.close();
    }

    /** Decompresses the next block when there is nothing left of the last one. */
    private boolean fill() throws IOException {
        while (at == limit) {
            int size = int32();
            if (size == -1) {
                return false;
            }
            if (size <= 0 || size > WORST) {
                throw bad("a block of " + Integer.toUnsignedString(size) + " bytes");
            }
            if (from.readNBytes(in, 0, size) < size) {
                throw bad("a block that is cut off");
            }
            at = 0;
            limit = block(size);
        }
        return true;
    }

    /** The next number; -1 at the end, where a part of a number counts as the end too. */
    private int int32() throws IOException {
        byte[] bytes = from.readNBytes(4);
        return bytes.length < 4
                ? -1
                : bytes[0] & 0xff
                        | (bytes[1] & 0xff) << 8
                        | (bytes[2] & 0xff) << 16
                        | bytes[3] << 24;
    }

    /** Decompresses a block that lies in {@code in}; returns its plain size. */
    private int block(int end) throws VmException {
        int from = 0;
        int to = 0;
        while (true) {
            if (from >= end) {
                throw bad("a block without its end");
            }
            int token = in[from++] & 0xff;
            int literals = token >>> 4;
            if (literals == 15) {
                int more;
                do {
                    if (from >= end || literals > BLOCK) {
                        throw bad("a length without its end");
                    }
                    more = in[from++] & 0xff;
                    literals += more;
                } while (more == 255);
            }
            if (literals > end - from || literals > BLOCK - to) {
                throw bad("literals beyond the block's end");
            }
            System.arraycopy(in, from, out, to, literals);
            from += literals;
            to += literals;
            if (from == end) {
                return to; // the last sequence has no match
            }
            if (end - from < 2) {
                throw bad("a match that is cut off");
            }
            int offset = in[from] & 0xff | (in[from + 1] & 0xff) << 8;
            from += 2;
            int match = (token & 15) + MIN_MATCH;
            if ((token & 15) == 15) {
                int more;
                do {
                    if (from >= end || match > BLOCK) {
                        throw bad("a length without its end");
                    }
                    more = in[from++] & 0xff;
                    match += more;
                } while (more == 255);
            }
            if (offset == 0 || offset > to || match > BLOCK - to) {
                throw bad("a match outside of the block");
            }
            copy(to, offset, match);
            to += match;
        }
    }

    /** A match may reach into what it makes: a run. */
    private void copy(int to, int offset, int length) {
        if (offset >= length) {
            System.arraycopy(out, to - offset, out, to, length);
            return;
        }
        for (int i = to; i < to + length; i++) {
            out[i] = out[i - offset];
        }
    }

    private static VmException bad(String what) {
        return new VmException("bad LZ4 data: " + what);
    }
}
