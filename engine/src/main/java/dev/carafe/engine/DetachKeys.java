package dev.carafe.engine;

import java.util.Arrays;

/**
 * The key sequence that leads from an attached terminal back to the shell. Fed one byte at a time,
 * it holds back what may be the start of the sequence.
 */
final class DetachKeys {
    static final String USUAL = "ctrl-p,ctrl-q";

    private final byte[] keys;
    private int matched;

    private DetachKeys(byte[] keys) {
        this.keys = keys;
    }

    /**
     * Reads {@code ctrl-p,ctrl-q}: single characters, or {@code ctrl-} and one of a-z, @, [, \, ],
     * ^, _.
     */
    static DetachKeys parse(String text) {
        String[] names = text.split(",", -1);
        byte[] keys = new byte[names.length];
        for (int i = 0; i < names.length; i++) {
            keys[i] = key(text, names[i]);
        }
        return new DetachKeys(keys);
    }

    private static byte key(String text, String name) {
        if (name.length() == 1 && name.charAt(0) < 128) {
            return (byte) name.charAt(0);
        }
        if (name.length() == 6 && name.startsWith("ctrl-")) {
            char c = name.charAt(5);
            if (c >= 'a' && c <= 'z') {
                return (byte) (c - 'a' + 1);
            }
            if (c >= '@' && c <= '_') {
                return (byte) (c - '@');
            }
        }
        throw new IllegalArgumentException(
                "unknown key '"
                        + name
                        + "' in "
                        + text
                        + "; a key is a character or ctrl- and a letter");
    }

    /**
     * Takes what was typed.
     *
     * @param typed the bytes
     * @param length how many there are
     * @param pass gets the bytes that are not part of the sequence; needs room for {@code length}
     *     and the sequence
     * @return how many bytes were put into {@code pass}, or their complement (~) when the sequence
     *     is complete
     */
    int feed(byte[] typed, int length, byte[] pass) {
        int out = 0;
        for (int i = 0; i < length; i++) {
            while (matched > 0 && keys[matched] != typed[i]) {
                // what was held back was meant for the program, but its end may begin the sequence
                // again
                int border = border(matched);
                System.arraycopy(keys, 0, pass, out, matched - border);
                out += matched - border;
                matched = border;
            }
            if (keys[matched] != typed[i]) {
                pass[out++] = typed[i];
            } else if (++matched == keys.length) {
                matched = 0;
                return ~out;
            }
        }
        return out;
    }

    /** The longest start of the sequence that is also the end of its first {@code length} keys. */
    private int border(int length) {
        for (int k = length - 1; k > 0; k--) {
            if (Arrays.equals(keys, 0, k, keys, length - k, length)) {
                return k;
            }
        }
        return 0;
    }

    /** The most that {@link #feed} adds to what it is given. */
    int length() {
        return keys.length;
    }

    @Override
    public String toString() {
        return Arrays.toString(keys);
    }
}
