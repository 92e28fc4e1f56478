package dev.carafe.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/**
 * The run that the launcher's AOT cache is made from: the commands whose cold start matters, one
 * after the other. More of them would make every start slower, because a start loads all that the
 * cache holds; so builds have a cache of their own.
 */
final class Training {
    private Training() {}

    /**
     * What a build is trained on: every step of it but a command's own run, first made, then found.
     */
    private static final String DOCKERFILE =
            """
            ARG V=1
            FROM scratch AS files
            ENV A=b
            COPY Dockerfile /d/
            FROM files
            ARG V
            LABEL v=$V
            WORKDIR /w
            COPY --from=files /d/Dockerfile /w/
            CMD ["/none"]
            """;

    /**
     * Exits with the status of the container run, the last of them; with the argument {@code build}
     * it builds.
     */
    public static void main(String[] args) throws IOException {
        Console console = Console.standard();
        int status = args.length > 0 ? builds(console) : runs(console);
        Runtime.getRuntime().halt(status);
    }

    private static int runs(Console console) {
        int status = 0;
        // the second container's start reads the record that the first has left
        for (String line : List.of("--version", "--help", "run host true", "run --rm host true")) {
            status = Main.run(line.split(" ", -1), console);
        }
        return status;
    }

    private static int builds(Console console) throws IOException {
        Path context = Files.createTempDirectory("carafe-training");
        try {
            Path file = Files.writeString(context.resolve("Dockerfile"), DOCKERFILE);
            String[] build = {"build", "-t", "trained", context.toString()};
            int status = Main.run(build, console);
            status += Main.run(build, console);
            // the start of a step, though there is nothing that it could run
            Files.writeString(file, "FROM trained\nRUN [\"/none\"]\n");
            Main.run(build, console);
            Files.delete(file);
            return status;
        } finally {
            Files.delete(context);
        }
    }
}
