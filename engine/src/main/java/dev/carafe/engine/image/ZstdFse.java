package dev.carafe.engine.image;

import static dev.carafe.engine.image.ZstdInputStream.bad;

/** A decoding table of finite state entropy coding (RFC 8878, 4.1). */
final class ZstdFse {
    private final int log;
    private final byte[] symbol;
    private final byte[] bits;
    private final short[] base;

    private ZstdFse(int log) {
        this.log = log;
        int size = 1 << log;
        symbol = new byte[size];
        bits = new byte[size];
        base = new short[size];
    }

    /** Where a description ended. */
    record Parsed(ZstdFse table, int end) {}

    /** The table that has one symbol and takes no bits. */
    static ZstdFse constant(int symbol) {
        ZstdFse table = new ZstdFse(0);
        table.symbol[0] = (byte) symbol;
        return table;
    }

    /** The table of a normalised distribution, where -1 is "less than one". */
    static ZstdFse of(int[] counts, int symbols, int log) throws ImageException {
        ZstdFse table = new ZstdFse(log);
        int size = 1 << log;
        int high = size - 1;
        int[] next = new int[symbols];
        for (int s = 0; s < symbols; s++) {
            next[s] = Math.abs(counts[s]);
            if (counts[s] == -1) {
                table.symbol[high--] = (byte) s;
            }
        }
        int step = (size >> 1) + (size >> 3) + 3;
        int at = 0;
        for (int s = 0; s < symbols; s++) {
            for (int i = 0; i < counts[s]; i++) {
                table.symbol[at] = (byte) s;
                do {
                    at = (at + step) & (size - 1);
                } while (at > high);
            }
        }
        if (at != 0) {
            throw bad("a malformed distribution");
        }
        for (int state = 0; state < size; state++) {
            int n = next[table.symbol[state] & 0xff]++;
            int b = log - (31 - Integer.numberOfLeadingZeros(n));
            table.bits[state] = (byte) b;
            table.base[state] = (short) ((n << b) - size);
        }
        return table;
    }

    /** Reads a table's description. */
    static Parsed parse(byte[] bytes, int start, int end, int maxLog, int maxSymbol)
            throws ImageException {
        Forward in = new Forward(bytes, start, end);
        int log = in.read(4) + 5;
        if (log > maxLog) {
            throw bad("a table of too many states");
        }
        int[] counts = new int[maxSymbol + 1];
        int symbols = 0;
        int remaining = (1 << log) + 1;
        int threshold = 1 << log;
        int width = log + 1;
        while (remaining > 1) {
            if (symbols > maxSymbol) {
                throw bad("a distribution of too many symbols");
            }
            int count = in.count(threshold, width, remaining) - 1;
            remaining -= Math.abs(count);
            counts[symbols++] = count;
            for (int zeros = count == 0 ? 3 : 0; zeros == 3; ) {
                zeros = in.read(2);
                symbols += zeros;
            }
            while (remaining < threshold) {
                width--;
                threshold >>= 1;
            }
        }
        if (remaining != 1 || symbols > maxSymbol + 1) {
            throw bad("a malformed distribution");
        }
        return new Parsed(of(counts, symbols, log), in.end());
    }

    int first(ZstdBits in) {
        return in.read(log);
    }

    int symbol(int state) {
        return symbol[state] & 0xff;
    }

    int next(int state, ZstdBits in) {
        return (base[state] & 0xffff) + in.read(bits[state]);
    }

    /** A bit stream that is read from its start. */
    private static final class Forward {
        private final byte[] bytes;
        private final int start;
        private final int limit;
        private int at;

        Forward(byte[] bytes, int start, int end) {
            this.bytes = bytes;
            this.start = start;
            this.limit = 8 * (end - start);
        }

        int read(int n) throws ImageException {
            int value = peek(n);
            advance(n);
            return value;
        }

        int count(int threshold, int width, int remaining) throws ImageException {
            int max = 2 * threshold - 1 - remaining;
            int value = peek(width);
            if ((value & (threshold - 1)) < max) {
                advance(width - 1);
                return value & (threshold - 1);
            }
            advance(width);
            return value >= threshold ? value - max : value;
        }

        int end() {
            return start + (at + 7) / 8;
        }

        private int peek(int n) {
            int value = 0;
            for (int i = 0; i < n; i++) {
                int bit = at + i;
                if (bit < limit) {
                    value |= (bytes[start + (bit >> 3)] >> (bit & 7) & 1) << i;
                }
            }
            return value;
        }

        private void advance(int n) throws ImageException {
            at += n;
            if (at > limit) {
                throw bad("a distribution that does not end");
            }
        }
    }
}
