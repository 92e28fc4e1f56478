package dev.carafe.engine.image;

/** A finite state entropy table for writing (RFC 8878, 4.1), the counterpart of {@link ZstdFse}. */
final class ZstdFseEncoder {
    private static final int MIN_LOG = 5;

    private final int log;
    private final int[] counts;
    private final short[] next;
    private final int[] deltaBits;
    private final int[] deltaState;

    /**
     * @param counts of each symbol in a table of {@code 1 << log} states; -1 is less than one
     */
    ZstdFseEncoder(int[] counts, int log) {
        this.log = log;
        this.counts = counts;
        int size = 1 << log;
        next = new short[size];
        deltaBits = new int[counts.length];
        deltaState = new int[counts.length];
        int[] from = new int[counts.length + 1];
        for (int s = 0; s < counts.length; s++) {
            from[s + 1] = from[s] + Math.abs(counts[s]);
        }
        byte[] spread = spread(counts, size);
        for (int state = 0; state < size; state++) {
            next[from[spread[state] & 0xff]++] = (short) (size + state);
        }
        transitions();
    }

    /** Which symbol each state stands for. */
    private static byte[] spread(int[] counts, int size) {
        byte[] symbols = new byte[size];
        int high = size - 1;
        for (int s = 0; s < counts.length; s++) {
            if (counts[s] == -1) {
                symbols[high--] = (byte) s;
            }
        }
        int step = (size >> 1) + (size >> 3) + 3;
        int at = 0;
        for (int s = 0; s < counts.length; s++) {
            for (int i = 0; i < counts[s]; i++) {
                symbols[at] = (byte) s;
                do {
                    at = (at + step) & (size - 1);
                } while (at > high);
            }
        }
        return symbols;
    }

    private void transitions() {
        int total = 0;
        for (int s = 0; s < counts.length; s++) {
            int count = Math.abs(counts[s]);
            if (count == 0) {
                continue;
            }
            int most = count == 1 ? log : log - highBit(count - 1);
            // a state emits this many bits, or one less from the sum on that carries over
            deltaBits[s] = (most << 16) - (count << most);
            deltaState[s] = total - count;
            total += count;
        }
    }

    static int highBit(int value) {
        return 31 - Integer.numberOfLeadingZeros(value);
    }

    int log() {
        return log;
    }

    /** The state that stands for the last symbol, which is the first to be written. */
    int first(int symbol) {
        int bits = (deltaBits[symbol] + (1 << 15)) >>> 16;
        int value = (bits << 16) - deltaBits[symbol];
        return next[(value >> bits) + deltaState[symbol]];
    }

    /** Writes what leads from the state for {@code symbol} to this one; returns that state. */
    int encode(int state, int symbol, ZstdBitWriter out) {
        int bits = (state + deltaBits[symbol]) >>> 16;
        out.add(state, bits);
        return next[(state >>> bits) + deltaState[symbol]];
    }

    /** Writes the state that the reader begins with. */
    void last(int state, ZstdBitWriter out) {
        out.add(state, log);
    }

    /** How many bits these symbols take, about; in 1/256 bit. */
    static long cost(int[] histogram, int symbols, int[] counts, int log) {
        long cost = 0;
        for (int s = 0; s < symbols; s++) {
            if (histogram[s] > 0) {
                if (s >= counts.length || counts[s] == 0) {
                    return Long.MAX_VALUE;
                }
                cost += (long) histogram[s] * ((log << 8) - log256(Math.abs(counts[s])));
            }
        }
        return cost;
    }

    /** The logarithm in 1/256, by integers, so that every machine chooses alike. */
    private static int log256(int value) {
        int high = highBit(value);
        return (high << 8) + (int) (((long) (value - (1 << high)) << 8) >> high);
    }

    /** The table size that suits so many symbols. */
    static int log(int total, int distinctMost, int max) {
        int log = Math.min(max, highBit(Math.max(2, total - 1)) - 2);
        log = Math.max(log, highBit(distinctMost) + 1);
        return Math.min(max, Math.max(MIN_LOG, log));
    }

    /**
     * Scales a histogram to a table of {@code 1 << log} states; each symbol that occurs has a
     * share.
     *
     * @param symbols how many entries to look at; the last one occurs
     * @param total their sum
     */
    static int[] scale(int[] histogram, int symbols, int total, int log) {
        int size = 1 << log;
        int[] counts = new int[symbols];
        int left = size;
        int largest = 0;
        for (int s = 0; s < symbols; s++) {
            if (histogram[s] == 0) {
                continue;
            }
            long exact = ((long) histogram[s] << (log + 8)) / total;
            counts[s] = exact < 128 ? -1 : (int) Math.max(1, (exact + 128) >> 8);
            left -= Math.abs(counts[s]);
            if (histogram[s] > histogram[largest]) {
                largest = s;
            }
        }
        counts[largest] += left;
        while (counts[largest] < 1) {
            // rounding up gave away more than the largest has
            int richest = 0;
            for (int s = 0; s < symbols; s++) {
                if (s != largest && counts[s] > counts[richest]) {
                    richest = s;
                }
            }
            counts[richest]--;
            counts[largest]++;
        }
        return counts;
    }

    /** Writes a table's description (4.1.1); returns where it ends. */
    static int describe(int[] counts, int log, byte[] out, int start) {
        ZstdBitWriter bits = new ZstdBitWriter(out, start);
        bits.add(log - MIN_LOG, 4);
        int remaining = (1 << log) + 1;
        int threshold = 1 << log;
        int width = log + 1;
        int written = 4;
        for (int s = 0; remaining > 1; s++) {
            int max = 2 * threshold - 1 - remaining;
            int value = counts[s] + 1;
            remaining -= Math.abs(counts[s]);
            int shown = value >= threshold ? value + max : value;
            int n = value < max ? width - 1 : width;
            bits.add(shown, n);
            written += n;
            if (counts[s] == 0) {
                int zeros = 0;
                while (counts[s + 1] == 0) {
                    zeros++;
                    s++;
                }
                for (; zeros >= 3; zeros -= 3) {
                    bits.add(3, 2);
                    written += 2;
                    bits.flush();
                }
                bits.add(zeros, 2);
                written += 2;
            }
            while (remaining < threshold) {
                width--;
                threshold >>= 1;
            }
            bits.flush();
        }
        return start + (written + 7) / 8;
    }
}
