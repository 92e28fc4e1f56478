package dev.carafe.engine.image;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.util.Arrays;

/**
 * Finds what has been there before: by a table of places where eight bytes were seen and one where
 * five were, each overwritten by the next such place. Greedy.
 */
final class ZstdMatcher {
    private static final VarHandle LONG =
            MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);
    private static final VarHandle INT =
            MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.LITTLE_ENDIAN);
    private static final int LONG_LOG = 17;
    private static final int SHORT_LOG = 16;
    private static final long PRIME8 = 0xCF1BBCDCB7A56463L;
    private static final long PRIME5 = 889523592379L;

    /** Places from the end of a block at which no match may begin: eight bytes are read. */
    private static final int MARGIN = 8;

    /** The further without a match, the longer the steps: by one for each so many bytes. */
    private static final int STEP_LOG = 8;

    private final int[] longs = new int[1 << LONG_LOG];
    private final int[] shorts = new int[1 << SHORT_LOG];
    private final byte[] literals;
    private int rep0;
    private int rep1;
    private int anchor;
    private int literalCount;

    /**
     * @param literals where those of a block are put
     */
    ZstdMatcher(byte[] literals) {
        this.literals = literals;
    }

    /** Forgets all: a new frame begins. */
    void begin() {
        Arrays.fill(longs, 0);
        Arrays.fill(shorts, 0);
        rep0 = 1;
        rep1 = 4;
    }

    int rep0() {
        return rep0;
    }

    int rep1() {
        return rep1;
    }

    /** Goes back to the offsets from before a block that was not written with its matches. */
    void reset(int first, int second) {
        rep0 = first;
        rep1 = second;
    }

    /** How many literals the last block has. */
    int literals() {
        return literalCount;
    }

    private static int hash8(long value) {
        return (int) (value * PRIME8 >>> (64 - LONG_LOG));
    }

    private static int hash5(long value) {
        return (int) ((value << 24) * PRIME5 >>> (64 - SHORT_LOG));
    }

    /** Divides a block into literals and matches with anything before in the frame. */
    void block(byte[] src, int start, int end, ZstdSequences sequences) {
        anchor = start;
        literalCount = 0;
        int limit = end - MARGIN;
        // there is nothing before the first byte
        int at = Math.max(start, 1);
        while (at < limit) {
            long value = (long) LONG.get(src, at);
            int longHash = hash8(value);
            int shortHash = hash5(value);
            int longAt = longs[longHash];
            int shortAt = shorts[shortHash];
            longs[longHash] = at;
            shorts[shortHash] = at;
            int next = at + 1;
            if (rep0 <= next && (int) INT.get(src, next - rep0) == (int) (value >>> 8)) {
                int length = 4 + same(src, next + 4, next + 4 - rep0, end);
                add(src, next, 1, length, sequences);
                at = next + length;
            } else if ((long) LONG.get(src, longAt) == value) {
                at = match(src, at, longAt, 8, end, sequences);
            } else if ((int) INT.get(src, shortAt) == (int) value) {
                at = shortMatch(src, at, shortAt, end, limit, sequences);
            } else {
                at += ((at - anchor) >> STEP_LOG) + 1;
                continue;
            }
            at = after(src, at, limit, end, sequences);
        }
        take(src, end);
    }

    /** A longer match may begin a byte later. */
    private int shortMatch(
            byte[] src, int at, int shortAt, int end, int limit, ZstdSequences sequences) {
        if (at + 1 < limit) {
            long value = (long) LONG.get(src, at + 1);
            int hash = hash8(value);
            int longAt = longs[hash];
            longs[hash] = at + 1;
            if ((long) LONG.get(src, longAt) == value) {
                return match(src, at + 1, longAt, 8, end, sequences);
            }
        }
        return match(src, at, shortAt, 4, end, sequences);
    }

    private int match(
            byte[] src, int found, int from, int known, int end, ZstdSequences sequences) {
        int at = found;
        int length = known + same(src, at + known, from + known, end);
        int offset = at - from;
        while (at > anchor && at > offset && src[at - 1] == src[at - 1 - offset]) {
            at--;
            length++;
        }
        rep1 = rep0;
        rep0 = offset;
        add(src, at, offset + 3, length, sequences);
        return at + length;
    }

    /** Notes places of the match, and takes those that follow at the offset before. */
    private int after(byte[] src, int from, int limit, int end, ZstdSequences sequences) {
        int at = from;
        if (at >= limit) {
            return at;
        }
        note(src, at - 2);
        shorts[hash5((long) LONG.get(src, at - 1))] = at - 1;
        while (at < limit
                && rep1 <= at
                && (int) INT.get(src, at) == (int) INT.get(src, at - rep1)) {
            int length = 4 + same(src, at + 4, at + 4 - rep1, end);
            int swap = rep0;
            rep0 = rep1;
            rep1 = swap;
            note(src, at);
            // without literals, the first offset code means the offset before the last
            add(src, at, 1, length, sequences);
            at += length;
        }
        return at;
    }

    private void note(byte[] src, int at) {
        long value = (long) LONG.get(src, at);
        longs[hash8(value)] = at;
        shorts[hash5(value)] = at;
    }

    private void add(byte[] src, int at, int offset, int length, ZstdSequences sequences) {
        sequences.add(at - anchor, offset, length);
        take(src, at);
        anchor = at + length;
    }

    private void take(byte[] src, int to) {
        System.arraycopy(src, anchor, literals, literalCount, to - anchor);
        literalCount += to - anchor;
    }

    /** How many bytes from the two places on are the same; the first is the later one. */
    private static int same(byte[] src, int later, int earlier, int end) {
        int at = later;
        int from = earlier;
        while (at + 8 <= end) {
            long difference = (long) LONG.get(src, at) ^ (long) LONG.get(src, from);
            if (difference != 0) {
                return at - later + (Long.numberOfTrailingZeros(difference) >>> 3);
            }
            at += 8;
            from += 8;
        }
        while (at < end && src[at] == src[from]) {
            at++;
            from++;
        }
        return at - later;
    }
}
