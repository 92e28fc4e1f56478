package dev.carafe.engine;

import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.NoSuchFileException;

/**
 * Checks of option values, each with a text that names the option, the value and what is allowed.
 */
final class Check {
    private Check() {}

    static String quote(String value) {
        return '"' + value + '"';
    }

    static IllegalArgumentException invalid(String option, String value, String need) {
        return new IllegalArgumentException(
                "invalid value " + quote(value) + " for " + option + ": " + need);
    }

    static void notEmpty(String option, String value) {
        noNul(option, value);
        if (value.isEmpty()) {
            throw invalid(option, value, "it must not be empty");
        }
    }

    private static void noNul(String option, String value) {
        if (value.indexOf('\0') >= 0) {
            throw invalid(option, value.replace('\0', '?'), "it holds a NUL byte");
        }
    }

    static void absolute(String option, String value) {
        noNul(option, value);
        if (value.isEmpty() || value.charAt(0) != '/') {
            throw invalid(option, value, "it must be an absolute path");
        }
    }

    static void range(String option, long value, long min, long max) {
        if (value < min || value > max) {
            throw invalid(
                    option,
                    Long.toString(value),
                    max == Long.MAX_VALUE
                            ? "it must be at least " + min
                            : "it must be from " + min + " to " + max);
        }
    }

    static void rangeOrMinusOne(String option, long value, long min) {
        if (value != -1 && value < min) {
            throw invalid(
                    option,
                    Long.toString(value),
                    "it must be at least " + min + ", or -1 for no limit");
        }
    }

    static void user(String value) {
        notEmpty("user", value);
        int colon = value.indexOf(':');
        if (colon == 0
                || colon == value.length() - 1
                || value.indexOf(':', colon + 1) >= 0 && colon >= 0) {
            throw invalid("user", value, "it must be name|uid[:group|gid]");
        }
        id("user", colon < 0 ? value : value.substring(0, colon));
        if (colon >= 0) {
            id("user", value.substring(colon + 1));
        }
    }

    /** Refuses numbers beyond 32 bits, which a kernel would read as another user. */
    private static void id(String option, String part) {
        boolean digits = true;
        for (int i = 0; i < part.length(); i++) {
            digits &= part.charAt(i) >= '0' && part.charAt(i) <= '9';
        }
        if (digits && (part.length() > 10 || Long.parseLong(part) > 0x7fff_ffffL)) {
            throw invalid(option, part, "ids go from 0 to 2147483647");
        }
    }

    static void hostname(String value) {
        notEmpty("hostname", value);
        boolean ok = value.length() <= 64 && value.charAt(0) != '-' && value.charAt(0) != '.';
        for (int i = 0; i < value.length(); i++) {
            char c = value.charAt(i);
            ok &= letterOrDigit(c) || c == '-' || c == '.' || c == '_';
        }
        if (!ok) {
            throw invalid("hostname", value, "it must be up to 64 letters, digits, '-' and '.'");
        }
    }

    static void name(String value) {
        boolean ok = value.length() >= 2 && letterOrDigit(value.charAt(0));
        for (int i = 0; i < value.length(); i++) {
            char c = value.charAt(i);
            ok &= letterOrDigit(c) || c == '-' || c == '.' || c == '_';
        }
        if (!ok) {
            throw invalid(
                    "name",
                    value,
                    "it must be two or more letters, digits, '_', '.' and '-', a letter or digit first");
        }
    }

    private static boolean letterOrDigit(char c) {
        return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9';
    }

    static void capability(String option, String value) {
        notEmpty(option, value);
        for (int i = 0; i < value.length(); i++) {
            char c = value.charAt(i);
            if (!letterOrDigit(c) && c != '_') {
                throw invalid(option, value, "it must be a capability such as NET_ADMIN, or ALL");
            }
        }
    }

    static void securityOpt(String value) {
        boolean known =
                switch (value) {
                    case "no-new-privileges",
                            "no-new-privileges=true",
                            "no-new-privileges=false",
                            "no-new-privileges:true",
                            "no-new-privileges:false",
                            "systempaths=unconfined" ->
                            true;
                    default -> value.startsWith("seccomp=") && value.length() > 8;
                };
        if (!known) {
            throw invalid(
                    "security-opt",
                    value,
                    "it must be seccomp=unconfined, seccomp=FILE, no-new-privileges[=true|false] or"
                            + " systempaths=unconfined");
        }
    }

    static void cpuset(String option, String value) {
        boolean ok = !value.isEmpty();
        boolean digit = false;
        boolean range = false;
        for (int i = 0; i <= value.length(); i++) {
            char c = i == value.length() ? ',' : value.charAt(i);
            if (c >= '0' && c <= '9') {
                digit = true;
            } else {
                ok &= digit && (c == ',' || c == '-' && !range);
                range = c == '-';
                digit = false;
            }
        }
        if (!ok) {
            throw invalid(option, value, "it must be a list such as 0-3,8");
        }
    }

    static void sysctl(String key) {
        notEmpty("sysctl", key);
        if (key.indexOf("..") >= 0 || key.indexOf('/') == 0) {
            throw invalid("sysctl", key, "it must be a parameter such as net.core.somaxconn");
        }
    }

    /** An IPv4 or IPv6 address in numbers; nothing is looked up. */
    static void address(String option, String value) {
        if (!(value.indexOf(':') >= 0 ? v6(value) : v4(value))) {
            throw invalid(option, value, "it must be an IP address");
        }
    }

    private static boolean v4(String value) {
        int parts = 0;
        int digits = 0;
        int number = 0;
        for (int i = 0; i <= value.length(); i++) {
            char c = i == value.length() ? '.' : value.charAt(i);
            if (c >= '0' && c <= '9') {
                number = number * 10 + c - '0';
                digits++;
            }
            if (c == '.') {
                parts++;
            }
            if (c != '.' && (c < '0' || c > '9')
                    || c == '.' && digits == 0
                    || digits > 3
                    || number > 255) {
                return false;
            }
            if (c == '.') {
                digits = 0;
                number = 0;
            }
        }
        return parts == 4;
    }

    private static boolean v6(String value) {
        int gap = value.indexOf("::");
        if (gap >= 0 && value.indexOf("::", gap + 1) >= 0) {
            return false;
        }
        int groups = 0;
        int digits = 0;
        for (int i = 0; i <= value.length(); i++) {
            char c = i == value.length() ? ':' : value.charAt(i);
            if (c == ':') {
                boolean besideGap =
                        gap >= 0
                                && (i == gap
                                        || i == gap + 1
                                        || i == gap + 2 && i == value.length());
                if (digits == 0 && !besideGap) {
                    return false;
                }
                groups += digits > 0 ? 1 : 0;
                digits = 0;
            } else if (c == '.') {
                // the last 32 bits may be written as an IPv4 address
                int colon = value.lastIndexOf(':');
                return v4(value.substring(colon + 1)) && (gap >= 0 ? groups <= 5 : groups == 6);
            } else if (Character.digit(c, 16) < 0 || c > 'f' || ++digits > 4) {
                return false;
            }
        }
        return gap >= 0 ? groups <= 7 : groups == 8;
    }

    /** A short text for a file that cannot be read. */
    static String reason(IOException e) {
        return switch (e) {
            case NoSuchFileException x -> "no such file or directory";
            case AccessDeniedException x -> "permission denied";
            default -> String.valueOf(e.getMessage());
        };
    }
}
