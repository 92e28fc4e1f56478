package dev.carafe.runtime.cgroup;

import dev.carafe.oci.runtime.DeviceRule;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Which device nodes a container may open or make: all denied, then the specification's rules in
 * their order, then the devices that every container has (config-linux.md, "Default Devices").
 *
 * @param rules in order; the last one that matches decides
 */
record Devices(List<Rule> rules) {
    static final int MKNOD = 1;
    static final int READ = 2;
    static final int WRITE = 4;
    static final int ALL = MKNOD | READ | WRITE;

    private static final Rule DENY_ALL = new Rule(false, 'a', -1, -1, ALL);

    /** To make a node gives no right to open it, and unpacking wants it. */
    private static final List<Rule> DEFAULTS =
            List.of(
                    new Rule(true, 'c', -1, -1, MKNOD),
                    new Rule(true, 'b', -1, -1, MKNOD),
                    new Rule(true, 'c', 1, 3, ALL), // null
                    new Rule(true, 'c', 1, 5, ALL), // zero
                    new Rule(true, 'c', 1, 7, ALL), // full
                    new Rule(true, 'c', 1, 8, ALL), // random
                    new Rule(true, 'c', 1, 9, ALL), // urandom
                    new Rule(true, 'c', 5, 0, ALL), // tty
                    new Rule(true, 'c', 5, 1, ALL), // console
                    new Rule(true, 'c', 5, 2, ALL), // ptmx
                    new Rule(true, 'c', 136, -1, ALL)); // pts/*

    /**
     * A rule whose parts are all known.
     *
     * @param type {@code a}, {@code b} or {@code c}
     * @param major -1 for all
     * @param minor -1 for all
     * @param access bits
     */
    record Rule(boolean allow, char type, long major, long minor, int access) {
        boolean total() {
            return type == 'a' && major < 0 && minor < 0 && access == ALL;
        }

        /** Whether both speak of at least one same device and kind of access. */
        boolean overlaps(Rule other) {
            return (type == other.type || type == 'a' || other.type == 'a')
                    && (major == other.major || major < 0 || other.major < 0)
                    && (minor == other.minor || minor < 0 || other.minor < 0)
                    && (access & other.access) != 0;
        }

        /** As cgroup v1 writes it, such as {@code c 136:* rwm}. */
        String text() {
            return device()
                    + ' '
                    + ((access & READ) != 0 ? "r" : "")
                    + ((access & WRITE) != 0 ? "w" : "")
                    + ((access & MKNOD) != 0 ? "m" : "");
        }

        private String device() {
            return type + " " + (major < 0 ? "*" : major) + ":" + (minor < 0 ? "*" : minor);
        }
    }

    Devices {
        rules = List.copyOf(rules);
    }

    static Devices of(List<DeviceRule> given) throws CgroupException {
        List<Rule> rules = new ArrayList<>();
        rules.add(DENY_ALL);
        for (DeviceRule rule : given) {
            rules.add(rule(rule));
        }
        rules.addAll(DEFAULTS);
        return new Devices(rules);
    }

    private static Rule rule(DeviceRule rule) throws CgroupException {
        String type = rule.type() == null ? "a" : rule.type();
        if (!type.equals("a") && !type.equals("b") && !type.equals("c")) {
            throw new CgroupException("device rule: type " + type + " is none of a, b, c");
        }
        return new Rule(
                rule.allow(),
                type.charAt(0),
                number(rule.major()),
                number(rule.minor()),
                access(rule.access()));
    }

    private static long number(@Nullable Long number) throws CgroupException {
        if (number == null) {
            return -1;
        }
        // the kernel's device numbers have 12 and 20 bits
        if (number < -1 || number >= 1 << 20) {
            throw new CgroupException("device rule: " + number + " is not a device number");
        }
        return number;
    }

    private static int access(@Nullable String access) throws CgroupException {
        if (access == null || access.isEmpty()) {
            return ALL;
        }
        int bits = 0;
        for (int i = 0; i < access.length(); i++) {
            bits |=
                    switch (access.charAt(i)) {
                        case 'r' -> READ;
                        case 'w' -> WRITE;
                        case 'm' -> MKNOD;
                        default ->
                                throw new CgroupException(
                                        "device rule: access " + access + " is not of r, w, m");
                    };
        }
        return bits;
    }

    /** Whether nothing is denied, as for a privileged container. */
    boolean unrestricted() {
        for (int i = rules.size() - 1; i >= 0 && rules.get(i).allow; i--) {
            if (rules.get(i).total()) {
                return true;
            }
        }
        return false;
    }

    /**
     * The rules as cgroup v1 knows them: all or nothing, and exceptions from that.
     *
     * @param allow whether all is allowed but for the exceptions
     * @param exceptions lines for {@code devices.deny} or {@code devices.allow}
     */
    record Classic(boolean allow, List<String> exceptions) {
        Classic {
            exceptions = List.copyOf(exceptions);
        }
    }

    /**
     * For cgroup v1.
     *
     * @throws CgroupException when a rule makes a hole in an exception, which version 1 cannot
     *     express
     */
    Classic classic() throws CgroupException {
        boolean allow = true;
        Map<String, Rule> exceptions = new LinkedHashMap<>();
        for (Rule rule : rules) {
            if (rule.total()) {
                allow = rule.allow;
                exceptions.clear();
            } else if (rule.type == 'a') {
                apply(
                        allow,
                        exceptions,
                        new Rule(rule.allow, 'b', rule.major, rule.minor, rule.access));
                apply(
                        allow,
                        exceptions,
                        new Rule(rule.allow, 'c', rule.major, rule.minor, rule.access));
            } else {
                apply(allow, exceptions, rule);
            }
        }
        List<String> lines = new ArrayList<>(exceptions.size());
        for (Rule exception : exceptions.values()) {
            lines.add(exception.text());
        }
        return new Classic(allow, lines);
    }

    private static void apply(boolean allow, Map<String, Rule> exceptions, Rule rule)
            throws CgroupException {
        Rule same = exceptions.get(rule.device());
        if (rule.allow != allow) {
            int access = same == null ? rule.access : rule.access | same.access;
            exceptions.put(
                    rule.device(), new Rule(rule.allow, rule.type, rule.major, rule.minor, access));
            return;
        }
        for (Rule exception : exceptions.values()) {
            if (!exception.equals(same) && exception.overlaps(rule)) {
                throw new CgroupException(
                        "device rule: cgroup v1 cannot "
                                + (rule.allow ? "allow " : "deny ")
                                + rule.text()
                                + " and "
                                + (rule.allow ? "deny " : "allow ")
                                + exception.text()
                                + "; list the devices one by one");
            }
        }
        if (same != null) {
            int left = same.access & ~rule.access;
            if (left == 0) {
                exceptions.remove(rule.device());
            } else {
                exceptions.put(
                        rule.device(),
                        new Rule(same.allow, same.type, same.major, same.minor, left));
            }
        }
    }
}
