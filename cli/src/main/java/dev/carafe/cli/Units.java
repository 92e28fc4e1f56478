package dev.carafe.cli;

/** Reads and writes quantities as Docker does. */
final class Units {
    private Units() {}

    /**
     * Bytes: {@code 512}, {@code 64k}, {@code 256m}, {@code 1.5g}, {@code 2GiB}; powers of 1024.
     */
    static long bytes(String text) {
        int end = 0;
        while (end < text.length() && (digit(text.charAt(end)) || text.charAt(end) == '.')) {
            end++;
        }
        long scale = scale(text.substring(end));
        if (end == 0 || scale == 0) {
            throw new IllegalArgumentException(
                    "invalid size: '" + text + "'; it must be such as 256m or 1g");
        }
        return scaled(text, text.substring(0, end), scale);
    }

    /** Bytes, or -1 for no limit. */
    static long bytesOrMinusOne(String text) {
        return text.equals("-1") ? -1 : bytes(text);
    }

    private static long scale(String unit) {
        String u = unit.startsWith(" ") ? unit.substring(1) : unit;
        if (u.isEmpty() || u.equals("b") || u.equals("B")) {
            return 1;
        }
        int power = "kmgtp".indexOf(lower(u.charAt(0)));
        boolean known =
                switch (u.length()) {
                    case 1 -> true;
                    case 2 -> lower(u.charAt(1)) == 'b';
                    case 3 -> lower(u.charAt(1)) == 'i' && lower(u.charAt(2)) == 'b';
                    default -> false;
                };
        return power < 0 || !known ? 0 : 1024L << 10 * power;
    }

    /** CPUs such as {@code 0.5}, in billionths. */
    static long nanoCpus(String text) {
        long nano;
        try {
            nano = scaled(text, text, 1_000_000_000);
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException("it must be a number of CPUs such as 0.5", e);
        }
        int dot = text.indexOf('.');
        if (dot >= 0 && text.length() - dot - 1 > 9) {
            throw new IllegalArgumentException("value is too precise");
        }
        return nano;
    }

    /** A decimal number times a scale, in whole units. */
    private static long scaled(String text, String decimal, long scale) {
        int dot = decimal.indexOf('.');
        String whole = dot < 0 ? decimal : decimal.substring(0, dot);
        String part = dot < 0 ? "" : decimal.substring(dot + 1);
        if (whole.isEmpty() && part.isEmpty()) {
            throw new IllegalArgumentException("invalid number: '" + text + "'");
        }
        try {
            long result = Math.multiplyExact(digits(text, whole), scale);
            double rest = 0;
            double place = 0.1;
            for (int i = 0; i < part.length(); i++, place /= 10) {
                rest += (int) digits(text, part.substring(i, i + 1)) * place;
            }
            return Math.addExact(result, Math.round(rest * scale));
        } catch (ArithmeticException e) {
            throw new IllegalArgumentException("'" + text + "' is too large", e);
        }
    }

    private static long digits(String text, String digits) {
        long number = 0;
        for (int i = 0; i < digits.length(); i++) {
            if (!digit(digits.charAt(i))) {
                throw new IllegalArgumentException("invalid number: '" + text + "'");
            }
            number = Math.addExact(Math.multiplyExact(number, 10), digits.charAt(i) - '0');
        }
        return number;
    }

    /** A whole number. */
    static long number(String text) {
        try {
            return Long.parseLong(text);
        } catch (NumberFormatException e) {
            throw new IllegalArgumentException("it must be a whole number", e);
        }
    }

    /** A whole number of 32 bits. */
    static int integer(String text) {
        long number = number(text);
        if (number != (int) number) {
            throw new IllegalArgumentException("it is out of range");
        }
        return (int) number;
    }

    private static boolean digit(char c) {
        return c >= '0' && c <= '9';
    }

    private static char lower(char c) {
        return c >= 'A' && c <= 'Z' ? (char) (c + 32) : c;
    }

    /** A size with three digits in powers of 1000, such as {@code 117MB}. */
    static String size(long bytes) {
        String[] units = {"B", "kB", "MB", "GB", "TB", "PB"};
        double value = bytes;
        int unit = 0;
        while (value >= 999.5 && unit < units.length - 1) {
            value /= 1000;
            unit++;
        }
        // three significant digits, without trailing zeros
        int decimals = unit == 0 || value >= 99.95 ? 0 : value >= 9.995 ? 1 : 2;
        long scale = decimals == 0 ? 1 : decimals == 1 ? 10 : 100;
        long scaled = Math.round(value * scale);
        StringBuilder out = new StringBuilder().append(scaled / scale);
        long rest = scaled % scale;
        if (rest != 0) {
            out.append('.');
            if (decimals == 2 && rest < 10) {
                out.append('0');
            }
            out.append(decimals == 2 && rest % 10 == 0 ? rest / 10 : rest);
        }
        return out.append(units[unit]).toString();
    }

    /** A size in powers of 1024, such as {@code 7.7GiB}. */
    static String binarySize(long bytes) {
        String[] units = {"B", "KiB", "MiB", "GiB", "TiB", "PiB"};
        int unit = 0;
        double value = bytes;
        while (value >= 1024 && unit < units.length - 1) {
            value /= 1024;
            unit++;
        }
        long tenths = Math.round(value * 10);
        return tenths / 10 + (tenths % 10 == 0 ? "" : "." + tenths % 10) + units[unit];
    }

    /** An age such as {@code 3 weeks ago}. */
    static String ago(long seconds) {
        return age(seconds) + " ago";
    }

    /** A time span such as {@code 3 weeks}. */
    static String age(long seconds) {
        long minutes = seconds / 60;
        long hours = (seconds + 1800) / 3600;
        long days = seconds / 86400;
        String age;
        if (seconds < 1) {
            age = "Less than a second";
        } else if (seconds < 60) {
            age = seconds == 1 ? "1 second" : seconds + " seconds";
        } else if (minutes < 60) {
            age = minutes == 1 ? "About a minute" : minutes + " minutes";
        } else if (hours < 48) {
            age = hours == 1 ? "About an hour" : hours + " hours";
        } else if (days < 14) {
            age = days + " days";
        } else if (days < 60) {
            age = days / 7 + " weeks";
        } else if (days < 730) {
            age = days / 30 + " months";
        } else {
            age = days / 365 + " years";
        }
        return age;
    }
}
