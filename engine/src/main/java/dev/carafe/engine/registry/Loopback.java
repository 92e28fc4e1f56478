package dev.carafe.engine.registry;

import java.util.Locale;

/** Hosts that are this machine by their name alone: no name server is asked, for it could lie. */
final class Loopback {
    private Loopback() {}

    /**
     * Whether a host is localhost, in 127.0.0.0/8, or ::1.
     *
     * @param host without a port; an IPv6 address with or without brackets
     */
    static boolean is(String host) {
        String name = host.toLowerCase(Locale.ROOT);
        return name.equals("localhost")
                || name.equals("::1")
                || name.equals("[::1]")
                || isIpv4(name);
    }

    private static boolean isIpv4(String name) {
        String[] parts = name.split("\\.", -1);
        if (parts.length != 4 || !parts[0].equals("127")) {
            return false;
        }
        for (String part : parts) {
            if (part.isEmpty()
                    || part.length() > 3
                    || !part.chars().allMatch(c -> c >= '0' && c <= '9')
                    || Integer.parseInt(part) > 255) {
                return false;
            }
        }
        return true;
    }
}
