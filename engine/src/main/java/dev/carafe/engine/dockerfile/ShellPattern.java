package dev.carafe.engine.dockerfile;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;

/**
 * A shell's pattern without brackets: {@code *}, {@code ?}, and a backslash before what is meant as
 * itself. Matching goes through the value once for each character of the pattern at most.
 */
final class ShellPattern {
    private static final int ANY = -1;

    /** What stands between the stars; always one more than there are stars. */
    private final List<int[]> parts;

    private final int length;

    private ShellPattern(List<int[]> parts) {
        this.parts = parts;
        this.length = parts.stream().mapToInt(p -> p.length + 1).sum();
    }

    /** The pattern of a text; a lone backslash at its end is an IllegalArgumentException. */
    static ShellPattern parse(String text) {
        List<int[]> parts = new ArrayList<>();
        int[] codes = text.codePoints().toArray();
        int[] part = new int[codes.length];
        int size = 0;
        for (int i = 0; i < codes.length; i++) {
            int c = codes[i];
            if (c == '*') {
                parts.add(Arrays.copyOf(part, size));
                size = 0;
            } else if (c == '?') {
                part[size++] = ANY;
            } else if (c == '\\') {
                if (++i == codes.length) {
                    throw new IllegalArgumentException("a backslash ends the pattern");
                }
                part[size++] = codes[i];
            } else {
                part[size++] = c;
            }
        }
        parts.add(Arrays.copyOf(part, size));
        return new ShellPattern(parts);
    }

    /** A measure of what matching costs for each character of a value. */
    int length() {
        return length;
    }

    /** The value without the shortest or longest begin that matches. */
    String withoutPrefix(String value, boolean longest) {
        int[] codes = value.codePoints().toArray();
        int end = match(codes, 0, longest);
        return end < 0 ? value : new String(codes, end, codes.length - end);
    }

    /** The value without the shortest or longest end that matches. */
    String withoutSuffix(String value, boolean longest) {
        int[] codes = reversed(value.codePoints().toArray());
        int end = reversed().match(codes, 0, longest);
        if (end < 0) {
            return value;
        }
        int[] rest = reversed(Arrays.copyOfRange(codes, end, codes.length));
        return new String(rest, 0, rest.length);
    }

    /**
     * The value with its first match, or all of them, replaced; each is as long as it can be. An
     * empty pattern matches nothing.
     *
     * @param limit in characters; a longer result is cut off there, not earlier than one past it
     */
    String replace(String value, String replacement, boolean all, int limit) {
        if (length == 1) {
            return value;
        }
        int[] codes = value.codePoints().toArray();
        StringBuilder out = new StringBuilder();
        int at = 0;
        do {
            int start = find(codes, at);
            if (start < 0) {
                break;
            }
            int end = match(codes, start, true);
            append(out, codes, at, start);
            out.append(replacement);
            at = end;
        } while (all && at < codes.length && out.length() <= limit);
        append(out, codes, at, codes.length);
        return out.toString();
    }

    private static void append(StringBuilder out, int[] codes, int from, int to) {
        out.append(new String(codes, from, to - from));
    }

    /** Where the first match begins, or -1. */
    private int find(int[] codes, int from) {
        int[] first = parts.getFirst();
        for (int at = from; at + first.length <= codes.length; at++) {
            if (equal(first, codes, at)) {
                // when the rest is not behind this place, it is behind no later one either
                return match(codes, at, false) < 0 ? -1 : at;
            }
        }
        return -1;
    }

    /** Where the shortest or longest match that begins there ends, or -1. */
    private int match(int[] codes, int from, boolean longest) {
        int[] first = parts.getFirst();
        if (from + first.length > codes.length || !equal(first, codes, from)) {
            return -1;
        }
        int end = from + first.length;
        for (int i = 1; i < parts.size(); i++) {
            int[] part = parts.get(i);
            boolean last = i == parts.size() - 1;
            int found = last && longest ? lastIndex(part, codes, end) : index(part, codes, end);
            if (found < 0) {
                return -1;
            }
            end = found + part.length;
        }
        return end;
    }

    private static int index(int[] part, int[] codes, int from) {
        for (int at = from; at + part.length <= codes.length; at++) {
            if (equal(part, codes, at)) {
                return at;
            }
        }
        return -1;
    }

    private static int lastIndex(int[] part, int[] codes, int from) {
        for (int at = codes.length - part.length; at >= from; at--) {
            if (equal(part, codes, at)) {
                return at;
            }
        }
        return -1;
    }

    private static boolean equal(int[] part, int[] codes, int at) {
        for (int i = 0; i < part.length; i++) {
            if (part[i] != ANY && part[i] != codes[at + i]) {
                return false;
            }
        }
        return true;
    }

    private ShellPattern reversed() {
        List<int[]> turned = new ArrayList<>();
        parts.forEach(p -> turned.add(reversed(p)));
        Collections.reverse(turned);
        return new ShellPattern(turned);
    }

    private static int[] reversed(int[] codes) {
        int[] turned = new int[codes.length];
        for (int i = 0; i < codes.length; i++) {
            turned[i] = codes[codes.length - 1 - i];
        }
        return turned;
    }
}
