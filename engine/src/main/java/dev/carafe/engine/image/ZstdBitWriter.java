package dev.carafe.engine.image;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;

/** Writes a bit stream that is read from its end (RFC 8878, 4.1 and 4.2). */
final class ZstdBitWriter {
    /** Bytes beyond the last one written that {@link #flush} may overwrite. */
    static final int SLACK = 8;

    private static final VarHandle LONG =
            MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);

    private final byte[] out;
    private int at;
    private long bits;
    private int count;

    ZstdBitWriter(byte[] out, int at) {
        this.out = out;
        this.at = at;
    }

    /** Adds the lowest {@code n} bits of a value; 57 at most between two flushes. */
    void add(long value, int n) {
        bits |= (value & ((1L << n) - 1)) << count;
        count += n;
    }

    /** Writes the whole bytes. */
    void flush() {
        LONG.set(out, at, bits);
        int whole = count >>> 3;
        at += whole;
        bits >>>= 8 * whole;
        count &= 7;
    }

    /** Ends the stream with the bit that marks its end; returns where it ends. */
    int end() {
        add(1, 1);
        flush();
        return count > 0 ? at + 1 : at;
    }
}
