package dev.carafe.engine.image;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;

/** XXH64 with seed 0, the checksum of Zstandard frames. */
final class XxHash64 {
    private static final VarHandle LONG =
            MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);
    private static final VarHandle INT =
            MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.LITTLE_ENDIAN);
    private static final long P1 = 0x9E3779B185EBCA87L;
    private static final long P2 = 0xC2B2AE3D27D4EB4FL;
    private static final long P3 = 0x165667B19E3779F9L;
    private static final long P4 = 0x85EBCA77C2B2AE63L;
    private static final long P5 = 0x27D4EB2F165667C5L;

    private final byte[] pending = new byte[32];
    private int pendingLength;
    private long total;

    /** The first constant plus the second, in 64 bits. */
    private long a = 0x60EA27EEADC0B5D6L;

    private long b = P2;
    private long c;
    private long d = -P1;

    void update(byte[] bytes, int offset, int length) {
        total += length;
        int at = offset;
        int end = offset + length;
        if (pendingLength > 0) {
            int n = Math.min(32 - pendingLength, length);
            System.arraycopy(bytes, at, pending, pendingLength, n);
            pendingLength += n;
            at += n;
            if (pendingLength < 32) {
                return;
            }
            stripe(pending, 0);
            pendingLength = 0;
        }
        for (; end - at >= 32; at += 32) {
            stripe(bytes, at);
        }
        pendingLength = end - at;
        System.arraycopy(bytes, at, pending, 0, pendingLength);
    }

    long value() {
        long h = P5;
        if (total >= 32) {
            h =
                    Long.rotateLeft(a, 1)
                            + Long.rotateLeft(b, 7)
                            + Long.rotateLeft(c, 12)
                            + Long.rotateLeft(d, 18);
            h = merge(merge(merge(merge(h, a), b), c), d);
        }
        h += total;
        int at = 0;
        for (; pendingLength - at >= 8; at += 8) {
            h = Long.rotateLeft(h ^ round(0, (long) LONG.get(pending, at)), 27) * P1 + P4;
        }
        if (pendingLength - at >= 4) {
            h = Long.rotateLeft(h ^ ((int) INT.get(pending, at) & 0xFFFFFFFFL) * P1, 23) * P2 + P3;
            at += 4;
        }
        for (; at < pendingLength; at++) {
            h = Long.rotateLeft(h ^ (pending[at] & 0xff) * P5, 11) * P1;
        }
        h = (h ^ h >>> 33) * P2;
        h = (h ^ h >>> 29) * P3;
        return h ^ h >>> 32;
    }

    private void stripe(byte[] bytes, int at) {
        a = round(a, (long) LONG.get(bytes, at));
        b = round(b, (long) LONG.get(bytes, at + 8));
        c = round(c, (long) LONG.get(bytes, at + 16));
        d = round(d, (long) LONG.get(bytes, at + 24));
    }

    private static long round(long acc, long input) {
        return Long.rotateLeft(acc + input * P2, 31) * P1;
    }

    private static long merge(long h, long acc) {
        return (h ^ round(0, acc)) * P1 + P4;
    }
}
