package dev.carafe.engine.dockerfile;

import java.util.Locale;

/** Sizes as people write them: {@code 64m}, {@code 1.5GiB}. */
final class Sizes {
    private Sizes() {}

    /** The bytes, k being 1024; -1 when it is no size, or more than the maximum. */
    static long bytes(String text, long max) {
        String lower = text.trim().toLowerCase(Locale.ROOT);
        int end = 0;
        while (end < lower.length() && "0123456789.".indexOf(lower.charAt(end)) >= 0) {
            end++;
        }
        int shift =
                switch (lower.substring(end).trim()) {
                    case "", "b" -> 0;
                    case "k", "kb", "kib" -> 10;
                    case "m", "mb", "mib" -> 20;
                    case "g", "gb", "gib" -> 30;
                    case "t", "tb", "tib" -> 40;
                    case "p", "pb", "pib" -> 50;
                    default -> -1;
                };
        if (shift < 0 || end == 0 || end > 20) {
            return -1;
        }
        try {
            double size = Double.parseDouble(lower.substring(0, end)) * (1L << shift);
            return size <= max ? (long) size : -1;
        } catch (NumberFormatException e) {
            return -1;
        }
    }
}
