package dev.carafe.bench;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * What the command line says.
 *
 * @param runs rounds of a warm comparison
 * @param coldRuns rounds of a cold one
 * @param json where the results go, or an empty path
 * @param parts what to measure
 * @param rootfs a tar of a root file system with /bin/true and /bin/sleep
 */
record BenchOptions(int runs, int coldRuns, Path json, List<String> parts, Path rootfs) {
    static final List<String> PARTS = List.of("warm", "cold", "idle", "profile");

    static BenchOptions parse(List<String> args) {
        int runs = 200;
        int cold = -1;
        Path json = Path.of("");
        List<String> parts = new ArrayList<>();
        String images =
                System.getenv().getOrDefault("CARAFE_TEST_IMAGES", "/var/tmp/carafe-test-images");
        Path rootfs = Path.of(images, "busybox.tar");
        for (int i = 0; i < args.size(); i++) {
            String arg = args.get(i);
            switch (arg) {
                case "--quick" -> runs = 20;
                case "--runs" -> runs = number(arg, args, ++i);
                case "--cold-runs" -> cold = number(arg, args, ++i);
                case "--json" -> json = Path.of(value(arg, args, ++i)).toAbsolutePath();
                case "--rootfs" -> rootfs = Path.of(value(arg, args, ++i)).toAbsolutePath();
                case "--part" -> {
                    String part = value(arg, args, ++i);
                    if (!PARTS.contains(part)) {
                        throw new IllegalArgumentException("--part " + part + ": one of " + PARTS);
                    }
                    parts.add(part);
                }
                default -> throw new IllegalArgumentException("unknown option " + arg);
            }
        }
        return new BenchOptions(
                runs,
                cold < 0 ? runs : cold,
                json,
                parts.isEmpty() ? PARTS : List.copyOf(parts),
                rootfs);
    }

    static String value(String name, List<String> args, int at) {
        if (at >= args.size()) {
            throw new IllegalArgumentException(name + " needs a value");
        }
        return args.get(at);
    }

    static int number(String name, List<String> args, int at) {
        String text = value(name, args, at);
        try {
            int number = Integer.parseInt(text);
            if (number > 0) {
                return number;
            }
        } catch (NumberFormatException e) {
            // said below
        }
        throw new IllegalArgumentException(name + " " + text + ": a number from 1");
    }
}
