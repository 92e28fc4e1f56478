package dev.carafe.cli;

import dev.carafe.engine.Engine;
import dev.carafe.engine.Foreground;
import dev.carafe.engine.build.BuildListener;
import dev.carafe.engine.build.BuildOptions;
import dev.carafe.engine.build.BuildOptions.ContextSource;
import dev.carafe.engine.build.BuildOptions.DockerfileSource;
import dev.carafe.engine.image.Image;
import dev.carafe.oci.json.JsonObject;
import java.io.FileDescriptor;
import java.io.FileInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** {@code carafe build}: makes an image from a Dockerfile. */
final class Build {
    private static final int LARGEST_DOCKERFILE = 1 << 20;

    private Build() {}

    static Verb verb() {
        return new Verb(
                "build",
                "[OPTIONS] PATH | URL | -",
                "Build an image from a Dockerfile or a runnable jar",
                """
                Builds what the Dockerfile of a context says. The context is a directory, a git
                repository, the address of a tar, or a tar on standard input.

                With --jar there is neither: the image has a run-time image of the modules that a
                runnable jar needs, and the application in layers, dependencies first.""",
                options(),
                """
                carafe build -t app:1 .
                carafe build --jar target/app.jar -t app:1 && carafe run --rm app:1
                carafe build -t app:1 --target test --build-arg VERSION=2 https://example.com/app.git#main:src
                carafe build --secret id=token,env=TOKEN -o type=local,dest=out .
                """);
    }

    private static List<Option> options() {
        List<Option> options = new ArrayList<>(BuildJar.OPTIONS);
        options.addAll(BuildFlags.options());
        return Given.options(options.toArray(new Option[0]));
    }

    static int run(String[] args, Console console) throws UsageException, IOException {
        Given given = Given.read(verb(), args, 0, 1, console);
        if (given == null) {
            return 0;
        }
        if (given.get("jar") != null) {
            onlyJar(given);
            return BuildJar.run(given, console);
        }
        for (Option option : BuildJar.OPTIONS) {
            if (given.get(option.name()) != null) {
                throw new UsageException("--" + option.name() + " needs --jar");
            }
        }
        if (given.arguments().isEmpty()) {
            throw new UsageException(
                    "\"carafe build\" requires exactly 1 argument: PATH, URL or -; or --jar FILE");
        }
        BuildOptions options = new BuildOptions();
        BuildFlags.read(given, options);
        sources(given, options);
        boolean quiet = given.has("quiet") || "quiet".equals(given.get("progress"));
        BuildListener listener = listener(given, quiet, console);
        try (Engine engine = Engine.open()) {
            Optional<Image> image = engine.build(options, listener);
            finish(given, image, quiet, console);
            return 0;
        } finally {
            if (listener instanceof BuildProgress progress) {
                progress.close();
            }
        }
    }

    /** What a Dockerfile's build takes means nothing to a jar's. */
    private static void onlyJar(Given given) throws UsageException {
        for (Option option : BuildFlags.options()) {
            String name = option.name();
            if (!name.equals("tag") && !name.equals("quiet") && given.get(name) != null) {
                throw new UsageException("--" + name + " can't be used with --jar");
            }
        }
    }

    private static BuildListener listener(Given given, boolean quiet, Console console)
            throws UsageException {
        String progress = given.get("progress");
        String kind = progress == null ? "auto" : progress;
        return switch (kind) {
            case "quiet" -> BuildListener.SILENT;
            case "auto" ->
                    quiet
                            ? BuildListener.SILENT
                            : new BuildProgress(console, Foreground.isTerminal(2));
            case "plain" -> new BuildProgress(console, false);
            case "tty" -> {
                if (!Foreground.isTerminal(2)) {
                    throw new UsageException("--progress tty: standard error is no terminal");
                }
                yield new BuildProgress(console, true);
            }
            default ->
                    throw new UsageException(
                            "--progress " + kind + ": it must be auto, plain, tty or quiet");
        };
    }

    private static void sources(Given given, BuildOptions options)
            throws UsageException, IOException {
        String context = given.arguments().get(0);
        String file = given.get("file");
        boolean fileIsInput = "-".equals(file);
        if (context.equals("-")) {
            if (fileIsInput) {
                throw new UsageException(
                        "the Dockerfile and the context can't both be standard input");
            }
            options.context(new ContextSource.Stream(new FileInputStream(FileDescriptor.in)));
        } else if (isAddress(context)) {
            options.context(new ContextSource.Address(context));
        } else {
            options.context(new ContextSource.Directory(Path.of(context)));
        }
        if (fileIsInput) {
            FileInputStream in = new FileInputStream(FileDescriptor.in);
            options.dockerfile(
                    new DockerfileSource.Text(
                            new String(
                                    in.readNBytes(LARGEST_DOCKERFILE + 1),
                                    StandardCharsets.UTF_8)));
        } else if (file != null) {
            options.dockerfile(new DockerfileSource.File(file));
        }
    }

    private static boolean isAddress(String context) {
        return context.startsWith("http://")
                || context.startsWith("https://")
                || context.startsWith("git://")
                || context.startsWith("ssh://")
                || context.startsWith("git@")
                || context.startsWith("github.com/") && !Files.exists(Path.of(context));
    }

    private static void finish(Given given, Optional<Image> image, boolean quiet, Console console)
            throws IOException {
        if (image.isEmpty()) {
            return;
        }
        String id = image.get().id();
        write(given.get("iidfile"), id);
        if (given.get("metadata-file") != null) {
            JsonObject metadata =
                    JsonObject.builder()
                            .put("containerimage.config.digest", id)
                            .put("image.name", String.join(",", image.get().names()))
                            .build();
            write(given.get("metadata-file"), metadata + "\n");
        }
        if (quiet) {
            console.println(id);
        }
    }

    private static void write(@Nullable String file, String text) throws IOException {
        if (file != null) {
            Files.write(Path.of(file), text.getBytes(StandardCharsets.UTF_8));
        }
    }
}
