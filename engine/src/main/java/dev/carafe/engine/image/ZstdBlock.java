package dev.carafe.engine.image;

import static dev.carafe.engine.image.ZstdInputStream.bad;

import org.jspecify.annotations.Nullable;

/**
 * Decodes the compressed blocks of one frame, with the tables and offsets that each leaves to the
 * next.
 */
final class ZstdBlock {
    private static final int MAX_LITERALS = 128 * 1024;
    private static final int LL_LOG = 9;
    private static final int OF_LOG = 8;
    private static final int ML_LOG = 9;

    private final byte[] literals = new byte[MAX_LITERALS];
    private int literalCount;
    private @Nullable ZstdHuffman huffman;
    private @Nullable ZstdFse literalLengths;
    private @Nullable ZstdFse offsets;
    private @Nullable ZstdFse matchLengths;
    private int rep1 = 1;
    private int rep2 = 4;
    private int rep3 = 8;
    private int at;

    /**
     * Decodes one block.
     *
     * @param in the block in its first {@code size} bytes, with {@link ZstdBits#PADDING} after them
     * @param out everything before {@code from} is what matches may refer to
     * @return where the output ends
     */
    int decode(byte[] in, int size, byte[] out, int from, int limit) throws ImageException {
        at = 0;
        literals(in, size);
        return sequences(in, size, out, from, limit);
    }

    private void literals(byte[] in, int size) throws ImageException {
        int first = byteAt(in, at, size);
        int format = first >> 2 & 3;
        if ((first & 2) == 0) {
            int header = (format & 1) == 0 ? 1 : format == 1 ? 2 : 3;
            int count = (int) (number(in, header, size) >> (header == 1 ? 3 : 4));
            plain(in, size, count, (first & 1) != 0);
            return;
        }
        int header = format < 2 ? 3 : format + 2;
        int bits = format < 2 ? 10 : format == 2 ? 14 : 18;
        long value = number(in, header, size) >> 4;
        int count = (int) value & ((1 << bits) - 1);
        int end = at + ((int) (value >> bits) & ((1 << bits) - 1));
        if (count > MAX_LITERALS || end > size) {
            throw bad("literals past their block");
        }
        if ((first & 1) == 0) {
            ZstdHuffman.Parsed parsed = ZstdHuffman.parse(in, at, end);
            huffman = parsed.table();
            at = parsed.end();
        }
        compressed(in, end, count, format != 0);
        literalCount = count;
        at = end;
    }

    private void plain(byte[] in, int size, int count, boolean repeated) throws ImageException {
        int stored = repeated ? 1 : count;
        if (count > MAX_LITERALS || stored > size - at) {
            throw bad("literals past their block");
        }
        if (repeated) {
            java.util.Arrays.fill(literals, 0, count, in[at]);
        } else {
            System.arraycopy(in, at, literals, 0, count);
        }
        literalCount = count;
        at += stored;
    }

    private void compressed(byte[] in, int end, int count, boolean four) throws ImageException {
        ZstdHuffman table = huffman;
        if (table == null) {
            throw bad("literals without a Huffman table");
        }
        if (!four) {
            table.decode(in, at, end, literals, 0, count);
            return;
        }
        int each = (count + 3) / 4;
        int stream = at + 6;
        for (int i = 0; i < 4; i++) {
            int next =
                    i == 3
                            ? end
                            : stream
                                    + byteAt(in, at + 2 * i, end)
                                    + (byteAt(in, at + 2 * i + 1, end) << 8);
            if (next > end || 3 * each > count) {
                throw bad("a Huffman stream past its block");
            }
            table.decode(in, stream, next, literals, i * each, i == 3 ? count : (i + 1) * each);
            stream = next;
        }
    }

    private int sequences(byte[] in, int size, byte[] out, int from, int limit)
            throws ImageException {
        int count = byteAt(in, at++, size);
        if (count == 255) {
            count = (int) number(in, 2, size) + 0x7F00;
        } else if (count >= 128) {
            count = (count - 128 << 8) + byteAt(in, at++, size);
        }
        if (count == 0) {
            return tail(out, from, 0, limit);
        }
        int modes = byteAt(in, at++, size);
        if ((modes & 3) != 0) {
            throw bad("a reserved bit is set");
        }
        ZstdFse ll =
                table(
                        in,
                        size,
                        modes >> 6 & 3,
                        literalLengths,
                        ZstdCodes.LL_DEFAULT,
                        6,
                        LL_LOG,
                        35);
        ZstdFse of = table(in, size, modes >> 4 & 3, offsets, ZstdCodes.OF_DEFAULT, 5, OF_LOG, 31);
        ZstdFse ml =
                table(in, size, modes >> 2 & 3, matchLengths, ZstdCodes.ML_DEFAULT, 6, ML_LOG, 52);
        literalLengths = ll;
        offsets = of;
        matchLengths = ml;
        return execute(new ZstdBits(in, at, size), count, ll, of, ml, out, from, limit);
    }

    private ZstdFse table(
            byte[] in,
            int size,
            int mode,
            @Nullable ZstdFse before,
            int[] usual,
            int usualLog,
            int maxLog,
            int max)
            throws ImageException {
        return switch (mode) {
            case 0 -> ZstdFse.of(usual, usual.length, usualLog);
            case 1 -> {
                int symbol = byteAt(in, at++, size);
                if (symbol > max) {
                    throw bad("a symbol that does not exist");
                }
                yield ZstdFse.constant(symbol);
            }
            case 2 -> {
                ZstdFse.Parsed parsed = ZstdFse.parse(in, at, size, maxLog, max);
                at = parsed.end();
                yield parsed.table();
            }
            default -> {
                if (before == null) {
                    throw bad("a table is to be repeated and there is none");
                }
                yield before;
            }
        };
    }

    private int execute(
            ZstdBits bits,
            int count,
            ZstdFse ll,
            ZstdFse of,
            ZstdFse ml,
            byte[] out,
            int from,
            int limit)
            throws ImageException {
        int llState = ll.first(bits);
        int ofState = of.first(bits);
        int mlState = ml.first(bits);
        int to = from;
        int literal = 0;
        for (int left = count; left > 0; left--) {
            int ofCode = of.symbol(ofState);
            int mlCode = ml.symbol(mlState);
            int llCode = ll.symbol(llState);
            long value = (1L << ofCode) + (bits.read(ofCode) & 0xFFFFFFFFL);
            int match = ZstdCodes.ML_BASE[mlCode] + bits.read(ZstdCodes.ML_BITS[mlCode]);
            int run = ZstdCodes.LL_BASE[llCode] + bits.read(ZstdCodes.LL_BITS[llCode]);
            if (left > 1) {
                llState = ll.next(llState, bits);
                mlState = ml.next(mlState, bits);
                ofState = of.next(ofState, bits);
            }
            if (bits.left() < 0
                    || run > literalCount - literal
                    || (long) run + match > limit - to) {
                throw bad("a sequence past its block");
            }
            System.arraycopy(literals, literal, out, to, run);
            literal += run;
            to += run;
            int offset = offset(value, run == 0);
            if (offset <= 0 || offset > to) {
                throw bad("a match before the beginning");
            }
            copy(out, to, offset, match);
            to += match;
        }
        if (bits.left() != 0) {
            throw bad("sequences of the wrong length");
        }
        return tail(out, to, literal, limit);
    }

    private int offset(long value, boolean noLiterals) {
        if (value > 3) {
            rep3 = rep2;
            rep2 = rep1;
            rep1 = value - 3 > Integer.MAX_VALUE ? 0 : (int) (value - 3);
            return rep1;
        }
        int index = (int) value - (noLiterals ? 0 : 1);
        int offset =
                switch (index) {
                    case 0 -> rep1;
                    case 1 -> rep2;
                    case 2 -> rep3;
                    default -> rep1 - 1;
                };
        if (index > 1) {
            rep3 = rep2;
        }
        if (index > 0) {
            rep2 = rep1;
        }
        rep1 = offset;
        return offset;
    }

    private static void copy(byte[] out, int to, int offset, int length) {
        int from = to - offset;
        if (offset >= length) {
            System.arraycopy(out, from, out, to, length);
            return;
        }
        // an overlapping match repeats what it has just written
        for (int i = 0; i < length; i++) {
            out[to + i] = out[from + i];
        }
    }

    private int tail(byte[] out, int to, int literal, int limit) throws ImageException {
        int rest = literalCount - literal;
        if (rest > limit - to) {
            throw bad("a block larger than 128 KiB");
        }
        System.arraycopy(literals, literal, out, to, rest);
        return to + rest;
    }

    private long number(byte[] in, int bytes, int size) throws ImageException {
        long value = 0;
        for (int i = 0; i < bytes; i++) {
            value |= (long) byteAt(in, at + i, size) << (8 * i);
        }
        at += bytes;
        return value;
    }

    private static int byteAt(byte[] in, int at, int size) throws ImageException {
        if (at >= size) {
            throw bad("a truncated block");
        }
        return in[at] & 0xff;
    }
}
