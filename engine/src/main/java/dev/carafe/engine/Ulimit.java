package dev.carafe.engine;

import java.util.List;

/**
 * A resource limit (getrlimit(2)).
 *
 * @param name such as {@code nofile}
 * @param soft the limit in force, or -1 for none
 * @param hard what the soft limit can be raised to, or -1 for no limit
 */
public record Ulimit(String name, long soft, long hard) {
    /** The names in the order of the kernel's RLIMIT_ numbers. */
    public static final List<String> NAMES =
            List.of(
                    "cpu",
                    "fsize",
                    "data",
                    "stack",
                    "core",
                    "rss",
                    "nproc",
                    "nofile",
                    "memlock",
                    "as",
                    "locks",
                    "sigpending",
                    "msgqueue",
                    "nice",
                    "rtprio",
                    "rttime");

    public Ulimit {
        if (!NAMES.contains(name)) {
            throw Check.invalid("ulimit", name, "it must be one of " + String.join(", ", NAMES));
        }
        Check.rangeOrMinusOne("ulimit " + name, soft, 0);
        Check.rangeOrMinusOne("ulimit " + name, hard, 0);
        if (hard != -1 && (soft == -1 || soft > hard)) {
            throw Check.invalid(
                    "ulimit " + name, soft + ":" + hard, "the soft limit is above the hard limit");
        }
    }

    /** Reads {@code NAME=SOFT[:HARD]}, where -1 and {@code unlimited} mean none. */
    public static Ulimit parse(String text) {
        int eq = text.indexOf('=');
        if (eq <= 0) {
            throw Check.invalid("ulimit", text, "it must be NAME=SOFT[:HARD]");
        }
        int colon = text.indexOf(':', eq);
        long soft = number(text, text.substring(eq + 1, colon < 0 ? text.length() : colon));
        return new Ulimit(
                text.substring(0, eq),
                soft,
                colon < 0 ? soft : number(text, text.substring(colon + 1)));
    }

    private static long number(String text, String value) {
        if (value.equals("unlimited")) {
            return -1;
        }
        try {
            return Long.parseLong(value);
        } catch (NumberFormatException e) {
            throw Check.invalid("ulimit", text, "it must be NAME=SOFT[:HARD] in numbers");
        }
    }
}
