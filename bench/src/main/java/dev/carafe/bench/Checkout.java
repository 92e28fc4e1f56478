package dev.carafe.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** The checkout whose {@code ./carafe} is measured, and how that starts its JVM. */
record Checkout(Path home) {
    private static final String EXEC = "exec \"$java\" ";
    private static final String CLASS_PATH = " -cp \"$classes\"";

    /** The one that these classes were built in, else the current directory. */
    static Checkout find() {
        String first = System.getProperty("java.class.path").split(":", 2)[0];
        for (Path dir = Path.of(first).toAbsolutePath(); dir != null; dir = dir.getParent()) {
            if (Files.isExecutable(dir.resolve("carafe"))
                    && Files.isExecutable(dir.resolve("dev"))) {
                return new Checkout(dir);
            }
        }
        return new Checkout(Path.of("").toAbsolutePath());
    }

    Path command() {
        return home.resolve("carafe");
    }

    /** The program and options that the launcher gives java, without its AOT cache. */
    List<String> java() throws IOException {
        List<String> argv = new ArrayList<>();
        for (String line : Files.readAllLines(home.resolve(".cache/launch"))) {
            String text = line.strip();
            if (text.startsWith("java='")) {
                argv.add(text.substring("java='".length(), text.length() - 1));
            } else if (text.startsWith(EXEC) && text.contains(CLASS_PATH)) {
                for (String option :
                        text.substring(EXEC.length(), text.indexOf(CLASS_PATH)).split(" ", -1)) {
                    if (!option.startsWith("-XX:AOTCache=")) {
                        argv.add(option);
                    }
                }
            }
        }
        if (argv.size() < 2) {
            throw new IOException(home + "/.cache/launch: not the launcher that is known here");
        }
        return argv;
    }
}
