package dev.carafe.runtime;

import dev.carafe.oci.runtime.Rlimit;
import java.util.List;

/** Numbers of the resource limits (asm-generic/resource.h, the same on x86_64 and aarch64). */
final class Rlimits {
    private static final List<String> NAMES =
            List.of(
                    "RLIMIT_CPU",
                    "RLIMIT_FSIZE",
                    "RLIMIT_DATA",
                    "RLIMIT_STACK",
                    "RLIMIT_CORE",
                    "RLIMIT_RSS",
                    "RLIMIT_NPROC",
                    "RLIMIT_NOFILE",
                    "RLIMIT_MEMLOCK",
                    "RLIMIT_AS",
                    "RLIMIT_LOCKS",
                    "RLIMIT_SIGPENDING",
                    "RLIMIT_MSGQUEUE",
                    "RLIMIT_NICE",
                    "RLIMIT_RTPRIO",
                    "RLIMIT_RTTIME");

    private Rlimits() {}

    static int number(String type) {
        int number = NAMES.indexOf(type);
        if (number < 0) {
            throw new IllegalArgumentException("unknown resource limit " + type);
        }
        return number;
    }

    static String text(long value) {
        return value == Rlimit.INFINITY ? "unlimited" : Long.toUnsignedString(value);
    }
}
