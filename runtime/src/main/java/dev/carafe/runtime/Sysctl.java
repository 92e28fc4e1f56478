package dev.carafe.runtime;

import java.nio.charset.StandardCharsets;

/** Names of kernel parameters (sysctl(8)). */
final class Sysctl {
    private Sysctl() {}

    /** The path below /proc/sys: dots separate, unless slashes do, and then the dots are kept. */
    static String path(String name) {
        int slash = name.indexOf('/');
        int dot = name.indexOf('.');
        boolean slashes = slash >= 0 && (dot < 0 || slash < dot);
        if (slashes) {
            return name;
        }
        StringBuilder path = new StringBuilder(name.length());
        for (int i = 0; i < name.length(); i++) {
            char c = name.charAt(i);
            path.append(c == '.' ? '/' : c == '/' ? '.' : c);
        }
        return path.toString();
    }

    static int length(String text) {
        return text.getBytes(StandardCharsets.UTF_8).length;
    }
}
