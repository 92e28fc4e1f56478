package dev.carafe.engine.image;

import java.util.Arrays;

/** A Huffman code for literals (RFC 8878, 4.2), the counterpart of {@link ZstdHuffman}. */
final class ZstdHuffmanEncoder {
    private static final int MAX_BITS = 11;
    private static final int WEIGHTS_LOG = 6;

    private final int last;
    private final int longest;
    private final byte[] lengths = new byte[256];
    private final short[] codes = new short[256];

    /**
     * @param histogram of the 256 values, of which two at least occur
     */
    ZstdHuffmanEncoder(int[] histogram) {
        int[] symbols = byCount(histogram);
        int[] perLength = limited(depths(histogram, symbols));
        int at = 0;
        for (int length = MAX_BITS; length > 0; length--) {
            for (int i = 0; i < perLength[length]; i++) {
                lengths[symbols[at++]] = (byte) length;
            }
        }
        int most = 0;
        int highest = 0;
        for (int s = 0; s < 256; s++) {
            most = Math.max(most, lengths[s]);
            highest = lengths[s] > 0 ? s : highest;
        }
        longest = most;
        last = highest;
        assignCodes();
    }

    /** The symbols that occur, the rarest first. */
    private static int[] byCount(int[] histogram) {
        long[] keys = new long[256];
        int n = 0;
        for (int s = 0; s < 256; s++) {
            if (histogram[s] > 0) {
                keys[n++] = (long) histogram[s] << 8 | s;
            }
        }
        Arrays.sort(keys, 0, n);
        int[] symbols = new int[n];
        for (int i = 0; i < n; i++) {
            symbols[i] = (int) keys[i] & 255;
        }
        return symbols;
    }

    /** How many symbols Huffman's method puts at each depth. */
    private static int[] depths(int[] histogram, int[] symbols) {
        int n = symbols.length;
        long[] weight = new long[2 * n];
        int[] parent = new int[2 * n];
        for (int i = 0; i < n; i++) {
            weight[i] = histogram[symbols[i]];
        }
        int leaf = 0;
        int inner = n;
        for (int made = n; made < 2 * n - 1; made++) {
            for (int side = 0; side < 2; side++) {
                boolean takeLeaf = leaf < n && (inner >= made || weight[leaf] <= weight[inner]);
                int child = takeLeaf ? leaf++ : inner++;
                weight[made] += weight[child];
                parent[child] = made;
            }
        }
        int[] depth = new int[2 * n];
        int[] perDepth = new int[257];
        for (int node = 2 * n - 3; node >= 0; node--) {
            depth[node] = depth[parent[node]] + 1;
            if (node < n) {
                perDepth[depth[node]]++;
            }
        }
        return perDepth;
    }

    /** Shortens what is too long, and lengthens others until all codes fit again. */
    private static int[] limited(int[] perDepth) {
        int[] perLength = Arrays.copyOf(perDepth, MAX_BITS + 1);
        for (int depth = MAX_BITS + 1; depth < perDepth.length; depth++) {
            perLength[MAX_BITS] += perDepth[depth];
        }
        int total = 0;
        for (int length = 1; length <= MAX_BITS; length++) {
            total += perLength[length] << (MAX_BITS - length);
        }
        while (total > 1 << MAX_BITS) {
            perLength[MAX_BITS]--;
            int length = MAX_BITS - 1;
            while (perLength[length] == 0) {
                length--;
            }
            perLength[length]--;
            perLength[length + 1] += 2;
            total--;
        }
        return perLength;
    }

    private int weight(int symbol) {
        return lengths[symbol] == 0 ? 0 : longest + 1 - lengths[symbol];
    }

    private void assignCodes() {
        int at = 0;
        for (int weight = 1; weight <= longest; weight++) {
            for (int s = 0; s <= last; s++) {
                if (weight(s) == weight) {
                    codes[s] = (short) (at >> (weight - 1));
                    at += 1 << (weight - 1);
                }
            }
        }
    }

    /** How many bytes the literals take, the description and the ends of streams left out. */
    int size(int[] histogram) {
        long bits = 0;
        for (int s = 0; s <= last; s++) {
            bits += (long) histogram[s] * lengths[s];
        }
        return (int) (bits / 8);
    }

    /** Writes the table's description; where it ends, or -1 when it has none. */
    int describe(byte[] out, int start) {
        int end = last > 1 ? describeCompressed(out, start + 1) : -1;
        int plain = (last + 1) / 2;
        if (end > 0 && end - start - 1 < 128 && (last > 128 || end - start - 1 < plain)) {
            out[start] = (byte) (end - start - 1);
            return end;
        }
        if (last > 128) {
            return -1;
        }
        out[start] = (byte) (127 + last);
        for (int i = 0; i < last; i += 2) {
            int second = i + 1 < last ? weight(i + 1) : 0;
            out[start + 1 + i / 2] = (byte) (weight(i) << 4 | second);
        }
        return start + 1 + plain;
    }

    private int describeCompressed(byte[] out, int start) {
        int[] histogram = new int[MAX_BITS + 2];
        int most = 0;
        for (int s = 0; s < last; s++) {
            histogram[weight(s)]++;
            most = Math.max(most, weight(s));
        }
        if (histogram[most] == last || most == 0) {
            // one weight alone can't be a table
            return -1;
        }
        int log = ZstdFseEncoder.log(last, most + 1, WEIGHTS_LOG);
        int[] counts = ZstdFseEncoder.scale(histogram, most + 1, last, log);
        ZstdFseEncoder table = new ZstdFseEncoder(counts, log);
        ZstdBitWriter bits =
                new ZstdBitWriter(out, ZstdFseEncoder.describe(counts, log, out, start));
        // two states in turn, from the end; the reader knows that it is there when bits run out
        int[] state = new int[2];
        state[(last - 1) & 1] = table.first(weight(last - 1));
        state[(last - 2) & 1] = table.first(weight(last - 2));
        for (int s = last - 3; s >= 0; s--) {
            state[s & 1] = table.encode(state[s & 1], weight(s), bits);
            bits.flush();
        }
        table.last(state[1], bits);
        table.last(state[0], bits);
        return bits.end();
    }

    /** Writes a stream of literals; returns where it ends. */
    int encode(byte[] literals, int from, int to, byte[] out, int start) {
        ZstdBitWriter bits = new ZstdBitWriter(out, start);
        int i = to;
        while (i - from >= 4) {
            for (int n = 0; n < 4; n++) {
                int symbol = literals[--i] & 0xff;
                bits.add(codes[symbol], lengths[symbol]);
            }
            bits.flush();
        }
        while (i > from) {
            int symbol = literals[--i] & 0xff;
            bits.add(codes[symbol], lengths[symbol]);
        }
        bits.flush();
        return bits.end();
    }
}
