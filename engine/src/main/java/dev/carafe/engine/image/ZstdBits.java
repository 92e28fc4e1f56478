package dev.carafe.engine.image;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;

/** A bit stream of Zstandard that is read from its end, where a set bit marks the last bit. */
final class ZstdBits {
    /** How many bytes must follow the data in its array, since eight are loaded at once. */
    static final int PADDING = 8;

    private static final VarHandle LONG =
            MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);

    private final byte[] bytes;
    private final int start;
    private long left;

    ZstdBits(byte[] bytes, int start, int end) throws ImageException {
        if (end <= start || bytes[end - 1] == 0) {
            throw ZstdInputStream.bad("a bit stream without its end mark");
        }
        this.bytes = bytes;
        this.start = start;
        this.left =
                8L * (end - start) - Integer.numberOfLeadingZeros(bytes[end - 1] & 0xff) + 24 - 1;
    }

    /** Bits not read yet; negative once more were asked for than there are. */
    long left() {
        return left;
    }

    /** The next {@code n} bits, at most 32, without moving; past the start there are zeros. */
    int peek(int n) {
        long at = left - n;
        if (at >= 0) {
            long value = (long) LONG.get(bytes, start + (int) (at >> 3)) >>> (at & 7);
            return (int) (value & ((1L << n) - 1));
        }
        if (left <= 0) {
            return 0;
        }
        long value = (long) LONG.get(bytes, start) & ((1L << left) - 1);
        return (int) (value << -at);
    }

    void skip(int n) {
        left -= n;
    }

    int read(int n) {
        int value = peek(n);
        left -= n;
        return value;
    }
}
