package dev.carafe.engine.image;

import java.util.Arrays;

/**
 * Compresses into Zstandard frames (RFC 8878), each on its own, so that several threads can each
 * make some; the same bytes give the same frame. About as small as {@code zstd -3}. Not safe for
 * use by several threads.
 */
final class ZstdEncoder {
    /** What one frame holds at most; smaller than the window that every reader must manage. */
    static final int MAX_FRAME = 4 << 20;

    private static final int MAX_BLOCK = 128 * 1024;
    private static final int MAGIC = 0xFD2FB528;

    /** Single segment, a checksum, four bytes of size. */
    private static final int DESCRIPTOR = 2 << 6 | 1 << 5 | 1 << 2;

    private static final int FOUR_STREAMS_FROM = 256;
    private static final int RAW = 0;
    private static final int RLE = 1;
    private static final int COMPRESSED = 2;

    private final byte[] literals = new byte[MAX_BLOCK];
    private final ZstdMatcher matcher = new ZstdMatcher(literals);
    private final ZstdSequences sequences = new ZstdSequences();
    private final int[] histogram = new int[256];
    private byte[] out = new byte[0];
    private int at;

    /**
     * A whole frame.
     *
     * @param length of what is in {@code src}, {@link #MAX_FRAME} at most
     */
    byte[] frame(byte[] src, int length) {
        int blocks = length / MAX_BLOCK + 1;
        // a block that would grow is stored; while it is tried it may be some longer
        int room = length + 64 * blocks + 2 * MAX_BLOCK;
        if (out.length < room) {
            out = new byte[room];
        }
        at = 0;
        number(MAGIC, 4);
        number(DESCRIPTOR, 1);
        number(length, 4);
        matcher.begin();
        int from = 0;
        do {
            int to = Math.min(length, from + MAX_BLOCK);
            block(src, from, to, to == length);
            from = to;
        } while (from < length);
        XxHash64 hash = new XxHash64();
        hash.update(src, 0, length);
        number((int) hash.value(), 4);
        return Arrays.copyOf(out, at);
    }

    private void number(int value, int bytes) {
        for (int i = 0; i < bytes; i++) {
            out[at++] = (byte) (value >> (8 * i));
        }
    }

    private void block(byte[] src, int from, int to, boolean last) {
        int flag = last ? 1 : 0;
        int header = at;
        int size = to - from;
        if (size > 0 && isRun(src, from, to)) {
            number(size << 3 | RLE << 1 | flag, 3);
            out[at++] = src[from];
            return;
        }
        int rep0 = matcher.rep0();
        int rep1 = matcher.rep1();
        at += 3;
        int body = at;
        sequences.clear();
        matcher.block(src, from, to, sequences);
        literalsSection(matcher.literals());
        at = sequences.encode(out, at);
        int compressed = at - body;
        at = header;
        if (compressed < size) {
            number(compressed << 3 | COMPRESSED << 1 | flag, 3);
            at = body + compressed;
        } else {
            matcher.reset(rep0, rep1);
            number(size << 3 | RAW << 1 | flag, 3);
            System.arraycopy(src, from, out, at, size);
            at += size;
        }
    }

    private static boolean isRun(byte[] src, int from, int to) {
        return src[from] == src[to - 1]
                && Arrays.mismatch(src, from, to - 1, src, from + 1, to) < 0;
    }

    private void literalsSection(int count) {
        Arrays.fill(histogram, 0);
        for (int i = 0; i < count; i++) {
            histogram[literals[i] & 0xff]++;
        }
        if (count > 1 && histogram[literals[0] & 0xff] == count) {
            plainHeader(RLE, count);
            out[at++] = literals[0];
            return;
        }
        if (count < 64 || !huffman(count)) {
            plainHeader(RAW, count);
            System.arraycopy(literals, 0, out, at, count);
            at += count;
        }
    }

    private void plainHeader(int type, int count) {
        if (count < 32) {
            number(count << 3 | type, 1);
        } else if (count < 4096) {
            number(count << 4 | 1 << 2 | type, 2);
        } else {
            number(count << 4 | 3 << 2 | type, 3);
        }
    }

    /** Writes literals by a Huffman code; false when that does not pay. */
    private boolean huffman(int count) {
        ZstdHuffmanEncoder table = new ZstdHuffmanEncoder(histogram);
        if (table.size(histogram) + 16 >= count - count / 64) {
            return false;
        }
        boolean four = count >= FOUR_STREAMS_FROM;
        int header = !four || count < 1024 ? 3 : count < 16384 ? 4 : 5;
        int start = at;
        int body = start + header;
        int end = table.describe(out, body);
        if (end < 0) {
            return false;
        }
        end = four ? streams(table, count, end) : table.encode(literals, 0, count, out, end);
        int size = end - body;
        if (size >= count) {
            return false;
        }
        int bits = header == 3 ? 10 : header == 4 ? 14 : 18;
        int format = !four ? 0 : header - 2;
        long value =
                (long) size << (4 + bits) | (long) count << 4 | (long) format << 2 | COMPRESSED;
        for (int i = 0; i < header; i++) {
            out[start + i] = (byte) (value >> (8 * i));
        }
        at = end;
        return true;
    }

    /** Four streams, behind the sizes of the first three. */
    private int streams(ZstdHuffmanEncoder table, int count, int start) {
        int each = (count + 3) / 4;
        int end = start + 6;
        for (int i = 0; i < 4; i++) {
            int from = end;
            end = table.encode(literals, i * each, Math.min(count, (i + 1) * each), out, from);
            if (i < 3) {
                out[start + 2 * i] = (byte) (end - from);
                out[start + 2 * i + 1] = (byte) (end - from >> 8);
            }
        }
        return end;
    }
}
