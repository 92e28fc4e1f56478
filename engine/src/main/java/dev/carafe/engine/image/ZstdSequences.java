package dev.carafe.engine.image;

/** The matches of a block, and how they are written (RFC 8878, 3.1.1.3.2). */
final class ZstdSequences {
    /** As many as a block can have. */
    private static final int MAX = 128 * 1024 / 3 + 2;

    private static final int MIN_MATCH = 3;
    private static final int CUSTOM_FROM = 24;
    private static final byte[] LL_CODE = new byte[64];
    private static final byte[] ML_CODE = new byte[128];
    private static final Alphabet LL = new Alphabet(6, 9, ZstdCodes.LL_DEFAULT);
    private static final Alphabet OF = new Alphabet(5, 8, ZstdCodes.OF_DEFAULT);
    private static final Alphabet ML = new Alphabet(6, 9, ZstdCodes.ML_DEFAULT);

    static {
        codes(LL_CODE, ZstdCodes.LL_BASE, 0);
        codes(ML_CODE, ZstdCodes.ML_BASE, MIN_MATCH);
    }

    private final int[] literalLengths = new int[MAX];
    private final int[] offsets = new int[MAX];
    private final int[] matchLengths = new int[MAX];
    private final byte[] llCodes = new byte[MAX];
    private final byte[] ofCodes = new byte[MAX];
    private final byte[] mlCodes = new byte[MAX];
    private final int[] histogram = new int[64];
    private int count;
    private int at;

    /**
     * One of the three kinds of codes: its table sizes, and the shares that need no description.
     */
    private static final class Alphabet {
        final int usualLog;
        final int maxLog;
        final int[] usual;
        final ZstdFseEncoder table;

        Alphabet(int usualLog, int maxLog, int[] usual) {
            this.usualLog = usualLog;
            this.maxLog = maxLog;
            this.usual = usual;
            this.table = new ZstdFseEncoder(usual, usualLog);
        }
    }

    /** How the codes of one kind are written. */
    private record Choice(int mode, ZstdFseEncoder table) {}

    private static void codes(byte[] codes, int[] bases, int least) {
        int code = 0;
        for (int i = 0; i < codes.length; i++) {
            while (code + 1 < bases.length && bases[code + 1] - least <= i) {
                code++;
            }
            codes[i] = (byte) code;
        }
    }

    void clear() {
        count = 0;
    }

    int count() {
        return count;
    }

    /**
     * Adds a match.
     *
     * @param offset 1 to 3 for one of the last offsets, else the distance plus 3
     */
    void add(int literals, int offset, int length) {
        literalLengths[count] = literals;
        offsets[count] = offset;
        matchLengths[count++] = length;
    }

    /** Writes the section; returns where it ends. */
    int encode(byte[] out, int start) {
        at = start;
        if (count < 128) {
            out[at++] = (byte) count;
        } else if (count < 0x7F00) {
            out[at++] = (byte) ((count >> 8) + 128);
            out[at++] = (byte) count;
        } else {
            out[at++] = (byte) 255;
            out[at++] = (byte) (count - 0x7F00);
            out[at++] = (byte) (count - 0x7F00 >> 8);
        }
        if (count == 0) {
            return at;
        }
        for (int i = 0; i < count; i++) {
            int ll = literalLengths[i];
            int ml = matchLengths[i] - MIN_MATCH;
            llCodes[i] = ll < 64 ? LL_CODE[ll] : (byte) (ZstdFseEncoder.highBit(ll) + 19);
            mlCodes[i] = ml < 128 ? ML_CODE[ml] : (byte) (ZstdFseEncoder.highBit(ml) + 36);
            ofCodes[i] = (byte) ZstdFseEncoder.highBit(offsets[i]);
        }
        int modes = at++;
        Choice ll = choose(llCodes, LL, out);
        Choice of = choose(ofCodes, OF, out);
        Choice ml = choose(mlCodes, ML, out);
        out[modes] = (byte) (ll.mode << 6 | of.mode << 4 | ml.mode << 2);
        return bits(ll.table, of.table, ml.table, out);
    }

    /** Chooses between the usual table and one of this block's own, which it writes. */
    private Choice choose(byte[] codes, Alphabet alphabet, byte[] out) {
        java.util.Arrays.fill(histogram, 0);
        int highest = 0;
        for (int i = 0; i < count; i++) {
            histogram[codes[i]]++;
            highest = Math.max(highest, codes[i]);
        }
        if (histogram[highest] == count && count > 2) {
            out[at++] = (byte) highest;
            return new Choice(1, constant(highest));
        }
        Choice usual = new Choice(0, alphabet.table);
        int distinct = highest + 1;
        long usualCost =
                ZstdFseEncoder.cost(histogram, distinct, alphabet.usual, alphabet.usualLog);
        if (histogram[highest] == count || count < CUSTOM_FROM && usualCost < Long.MAX_VALUE) {
            return usual;
        }
        int log = ZstdFseEncoder.log(count, distinct, alphabet.maxLog);
        int[] counts = ZstdFseEncoder.scale(histogram, distinct, count, log);
        int end = ZstdFseEncoder.describe(counts, log, out, at);
        long cost = ZstdFseEncoder.cost(histogram, distinct, counts, log) + 2048L * (end - at);
        if (usualCost <= cost) {
            return usual;
        }
        at = end;
        return new Choice(2, new ZstdFseEncoder(counts, log));
    }

    /** A table of one state, which takes no bits. */
    private static ZstdFseEncoder constant(int symbol) {
        int[] counts = new int[symbol + 1];
        counts[symbol] = 1;
        return new ZstdFseEncoder(counts, 0);
    }

    private int bits(ZstdFseEncoder ll, ZstdFseEncoder of, ZstdFseEncoder ml, byte[] out) {
        ZstdBitWriter bits = new ZstdBitWriter(out, at);
        int i = count - 1;
        int mlState = ml.first(mlCodes[i]);
        int ofState = of.first(ofCodes[i]);
        int llState = ll.first(llCodes[i]);
        extra(i, bits);
        while (--i >= 0) {
            ofState = of.encode(ofState, ofCodes[i], bits);
            mlState = ml.encode(mlState, mlCodes[i], bits);
            llState = ll.encode(llState, llCodes[i], bits);
            bits.flush();
            extra(i, bits);
        }
        ml.last(mlState, bits);
        of.last(ofState, bits);
        ll.last(llState, bits);
        bits.flush();
        return bits.end();
    }

    private void extra(int i, ZstdBitWriter bits) {
        int ll = llCodes[i];
        int ml = mlCodes[i];
        bits.add(literalLengths[i] - ZstdCodes.LL_BASE[ll], ZstdCodes.LL_BITS[ll]);
        bits.add(matchLengths[i] - ZstdCodes.ML_BASE[ml], ZstdCodes.ML_BITS[ml]);
        bits.flush();
        bits.add(offsets[i] - (1 << ofCodes[i]), ofCodes[i]);
        bits.flush();
    }
}
