package dev.carafe.engine.image;

/** The numbers of archives and of passwd files: strict, and never wrapped around. */
final class Numbers {
    /** What a malformed number gives. */
    static final long BAD = Long.MIN_VALUE;

    private Numbers() {}

    /**
     * A numeric field of a tar header: octal digits between spaces and NULs, or GNU's base-256.
     *
     * @return the value, {@link #BAD} when malformed, or negative unless {@code signed}: {@link
     *     #BAD}
     */
    static long tar(byte[] block, int at, int length, boolean signed) {
        return (block[at] & 0x80) != 0
                ? base256(block, at, length, signed)
                : octal(block, at, length);
    }

    private static long base256(byte[] block, int at, int length, boolean signed) {
        boolean negative = (block[at] & 0x40) != 0;
        if (negative && !signed) {
            return BAD;
        }
        int fill = negative ? 0xff : 0;
        long value = negative ? -1 : 0;
        for (int i = 0; i < length; i++) {
            int b = block[at + i] & 0xff;
            if (i == 0) {
                b = negative ? b : b & 0x7f;
            }
            if (i < length - 8 && b != fill) {
                return BAD;
            }
            value = value << 8 | b;
        }
        return value < 0 != negative ? BAD : value;
    }

    private static long octal(byte[] block, int at, int length) {
        int i = at;
        int end = at + length;
        while (i < end && (block[i] == ' ' || block[i] == 0)) {
            i++;
        }
        while (end > i && (block[end - 1] == ' ' || block[end - 1] == 0)) {
            end--;
        }
        long value = 0;
        for (; i < end; i++) {
            int digit = block[i] - '0';
            if (digit < 0 || digit > 7) {
                // some writers leave junk after the terminator
                return block[i] == 0 || block[i] == ' ' ? value : BAD;
            }
            value = value << 3 | digit;
        }
        return value;
    }

    /** A non-negative decimal number of at most 18 digits; {@link #BAD} for anything else. */
    static long decimal(CharSequence text) {
        int length = text.length();
        if (length == 0 || length > 18) {
            return BAD;
        }
        long value = 0;
        for (int i = 0; i < length; i++) {
            int digit = text.charAt(i) - '0';
            if (digit < 0 || digit > 9) {
                return BAD;
            }
            value = value * 10 + digit;
        }
        return value;
    }
}
