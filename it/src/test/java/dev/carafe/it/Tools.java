package dev.carafe.it;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** Other programs of the host. */
final class Tools {
    private static final long LIMIT_SECONDS = 120;

    private Tools() {}

    /** Whether there is a program of that name. */
    static boolean has(String program) {
        return Arrays.stream(System.getenv().getOrDefault("PATH", "").split(":", -1))
                .anyMatch(d -> Files.isExecutable(Path.of(d, program)));
    }

    /**
     * Runs a program in a directory; what it prints, without its errors. Fails unless it succeeds.
     */
    static String run(List<String> command, Path directory)
            throws IOException, InterruptedException {
        Path err = Files.createTempFile("carafe-it", ".err");
        Path out = Files.createTempFile("carafe-it", ".out");
        try {
            Process process =
                    new ProcessBuilder(command)
                            .directory(directory.toFile())
                            .redirectOutput(out.toFile())
                            .redirectError(err.toFile())
                            .start();
            process.getOutputStream().close();
            if (!process.waitFor(LIMIT_SECONDS, TimeUnit.SECONDS)) {
                process.destroyForcibly().waitFor();
                throw new AssertionError("no end after " + LIMIT_SECONDS + " s: " + command);
            }
            if (process.exitValue() != 0) {
                throw new AssertionError(
                        String.join(" ", command)
                                + "\nexit: "
                                + process.exitValue()
                                + "\nout: "
                                + text(out)
                                + "\nerr: "
                                + text(err));
            }
            return text(out);
        } finally {
            Files.delete(err);
            Files.delete(out);
        }
    }

    private static String text(Path file) throws IOException {
        return new String(Files.readAllBytes(file), StandardCharsets.UTF_8);
    }
}
