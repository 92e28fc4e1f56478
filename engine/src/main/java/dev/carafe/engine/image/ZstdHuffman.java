package dev.carafe.engine.image;

import static dev.carafe.engine.image.ZstdInputStream.bad;

/** A Huffman decoding table of Zstandard (RFC 8878, 4.2). */
final class ZstdHuffman {
    private static final int MAX_BITS = 11;

    private final int log;
    private final byte[] symbols;
    private final byte[] lengths;

    private ZstdHuffman(int log) {
        this.log = log;
        symbols = new byte[1 << log];
        lengths = new byte[1 << log];
    }

    /** Where a description ended. */
    record Parsed(ZstdHuffman table, int end) {}

    static Parsed parse(byte[] bytes, int start, int limit) throws ImageException {
        if (start >= limit) {
            throw bad("a missing Huffman table");
        }
        int header = bytes[start] & 0xff;
        int[] weights = new int[256];
        int count;
        int end;
        if (header >= 128) {
            count = header - 127;
            end = start + 1 + (count + 1) / 2;
            check(end, limit);
            for (int i = 0; i < count; i++) {
                int pair = bytes[start + 1 + i / 2] & 0xff;
                weights[i] = i % 2 == 0 ? pair >> 4 : pair & 15;
            }
        } else {
            end = start + 1 + header;
            check(end, limit);
            count = weights(bytes, start + 1, end, weights);
        }
        return new Parsed(of(weights, count), end);
    }

    private static void check(int end, int limit) throws ImageException {
        if (end > limit) {
            throw bad("a Huffman table past its block");
        }
    }

    /** Weights in turn from two states that share one bit stream. */
    private static int weights(byte[] bytes, int start, int end, int[] weights)
            throws ImageException {
        ZstdFse.Parsed parsed = ZstdFse.parse(bytes, start, end, 6, 255);
        ZstdFse table = parsed.table();
        ZstdBits in = new ZstdBits(bytes, parsed.end(), end);
        int one = table.first(in);
        int two = table.first(in);
        int count = 0;
        while (true) {
            if (count > 253) {
                throw bad("too many Huffman weights");
            }
            weights[count++] = table.symbol(one);
            one = table.next(one, in);
            if (in.left() < 0) {
                weights[count++] = table.symbol(two);
                return count;
            }
            int swap = one;
            one = two;
            two = swap;
        }
    }

    private static ZstdHuffman of(int[] weights, int count) throws ImageException {
        int sum = 0;
        for (int i = 0; i < count; i++) {
            if (weights[i] > MAX_BITS) {
                throw bad("a Huffman weight that is too large");
            }
            sum += 1 << weights[i] >> 1;
        }
        int log = 32 - Integer.numberOfLeadingZeros(sum);
        int rest = (1 << log) - sum;
        if (sum == 0 || log > MAX_BITS || Integer.bitCount(rest) != 1) {
            throw bad("a malformed Huffman table");
        }
        weights[count] = 32 - Integer.numberOfLeadingZeros(rest);
        ZstdHuffman table = new ZstdHuffman(log);
        int at = 0;
        for (int weight = 1; weight <= log; weight++) {
            for (int s = 0; s <= count; s++) {
                if (weights[s] == weight) {
                    int until = at + (1 << weight >> 1);
                    java.util.Arrays.fill(table.symbols, at, until, (byte) s);
                    java.util.Arrays.fill(table.lengths, at, until, (byte) (log + 1 - weight));
                    at = until;
                }
            }
        }
        return table;
    }

    /** Decodes one stream, which must end exactly with the last symbol. */
    void decode(byte[] bytes, int start, int end, byte[] out, int from, int to)
            throws ImageException {
        ZstdBits in = new ZstdBits(bytes, start, end);
        for (int i = from; i < to; i++) {
            int index = in.peek(log);
            out[i] = symbols[index];
            in.skip(lengths[index]);
        }
        if (in.left() != 0) {
            throw bad("a Huffman stream of the wrong length");
        }
    }
}
