package dev.carafe.engine.vm;

import java.util.Comparator;

/**
 * The order of kernel versions: runs of digits compare as numbers, all else by character, and a
 * tilde before anything, even the end (deb-version(7)). So 6.1.0-9 comes before 6.1.0-56.
 */
final class VersionOrder implements Comparator<String> {
    @Override
    public int compare(String a, String b) {
        int i = 0;
        int j = 0;
        while (i < a.length() || j < b.length()) {
            if (digit(a, i) && digit(b, j)) {
                int endA = digits(a, i);
                int endB = digits(b, j);
                int order = number(a, i, endA, b, j, endB);
                if (order != 0) {
                    return order;
                }
                i = endA;
                j = endB;
            } else {
                int order = Integer.compare(rank(a, i++), rank(b, j++));
                if (order != 0) {
                    return order;
                }
            }
        }
        return 0;
    }

    /** By length and then by digit, so that no number is too long. */
    private static int number(String a, int i, int endA, String b, int j, int endB) {
        while (i < endA - 1 && a.charAt(i) == '0') {
            i++;
        }
        while (j < endB - 1 && b.charAt(j) == '0') {
            j++;
        }
        int order = Integer.compare(endA - i, endB - j);
        while (order == 0 && i < endA) {
            order = Character.compare(a.charAt(i++), b.charAt(j++));
        }
        return order;
    }

    private static boolean digit(String s, int at) {
        return at < s.length() && s.charAt(at) >= '0' && s.charAt(at) <= '9';
    }

    private static int digits(String s, int at) {
        while (digit(s, at)) {
            at++;
        }
        return at;
    }

    private static int rank(String s, int at) {
        if (at >= s.length()) {
            return 0;
        }
        return s.charAt(at) == '~' ? -1 : s.charAt(at);
    }
}
