package dev.carafe.engine.build;

/** Times as RFC 3339 has them, by hand: java.time's formatters cost a cold start milliseconds. */
final class Timestamp {
    private static final int DAY = 86_400;

    private Timestamp() {}

    /** In UTC; fractions of a second are left out when there are none. */
    static String of(long seconds, int nanos) {
        long days = Math.floorDiv(seconds, DAY);
        int second = (int) Math.floorMod(seconds, (long) DAY);
        // days since 1 March 0000, in eras of 400 years (H. Hinnant, chrono-compatible algorithms)
        long shifted = days + 719_468;
        long era = Math.floorDiv(shifted, 146_097);
        long ofEra = Math.floorMod(shifted, 146_097L);
        long year = (ofEra - ofEra / 1460 + ofEra / 36_524 - ofEra / 146_096) / 365;
        long ofYear = ofEra - (365 * year + year / 4 - year / 100);
        long month = (5 * ofYear + 2) / 153;
        long day = ofYear - (153 * month + 2) / 5 + 1;
        long calendar = month < 10 ? month + 3 : month - 9;
        StringBuilder out = new StringBuilder(32);
        digits(out, year + era * 400 + (calendar <= 2 ? 1 : 0), 4).append('-');
        digits(out, calendar, 2).append('-');
        digits(out, day, 2).append('T');
        digits(out, second / 3600, 2).append(':');
        digits(out, second / 60 % 60, 2).append(':');
        digits(out, second % 60, 2);
        if (nanos != 0) {
            digits(out.append('.'), nanos, 9);
        }
        return out.append('Z').toString();
    }

    private static StringBuilder digits(StringBuilder out, long value, int width) {
        String text = Long.toString(value);
        for (int i = text.length(); i < width; i++) {
            out.append('0');
        }
        return out.append(text);
    }
}
