package dev.carafe.engine.dockerfile;

import java.math.BigDecimal;
import java.math.RoundingMode;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** Durations as Go writes them: {@code 1h30m}, {@code 1.5s}, {@code 500ms}, {@code 0}. */
final class Durations {
    private static final int MAX_LENGTH = 40;

    /** What 63 bits of nanoseconds hold. */
    private static final BigDecimal MAX = BigDecimal.valueOf(Long.MAX_VALUE);

    private Durations() {}

    /** The duration, or null when it is none or exceeds 292 years. */
    static @Nullable Duration parse(String text) {
        boolean negative = text.startsWith("-");
        int at = negative || text.startsWith("+") ? 1 : 0;
        if (text.length() > MAX_LENGTH || at == text.length()) {
            return null;
        }
        if (text.substring(at).equals("0")) {
            return Duration.ZERO;
        }
        BigDecimal nanos = BigDecimal.ZERO;
        while (at < text.length()) {
            int unit = at;
            while (unit < text.length() && "0123456789.".indexOf(text.charAt(unit)) >= 0) {
                unit++;
            }
            int end = unit;
            while (end < text.length() && "0123456789.".indexOf(text.charAt(end)) < 0) {
                end++;
            }
            long factor = nanos(text.substring(unit, end));
            BigDecimal number = number(text.substring(at, unit));
            if (factor == 0 || number == null) {
                return null;
            }
            nanos = nanos.add(number.multiply(BigDecimal.valueOf(factor)));
            at = end;
        }
        if (nanos.compareTo(MAX) > 0) {
            return null;
        }
        long whole = nanos.setScale(0, RoundingMode.DOWN).longValueExact();
        return Duration.ofNanos(negative ? -whole : whole);
    }

    private static @Nullable BigDecimal number(String digits) {
        try {
            return new BigDecimal(digits);
        } catch (NumberFormatException e) {
            return null;
        }
    }

    private static long nanos(String unit) {
        return switch (unit) {
            case "ns" -> 1;
            case "us", "\u00b5s", "\u03bcs" -> 1_000;
            case "ms" -> 1_000_000;
            case "s" -> 1_000_000_000;
            case "m" -> 60_000_000_000L;
            case "h" -> 3_600_000_000_000L;
            default -> 0;
        };
    }
}
