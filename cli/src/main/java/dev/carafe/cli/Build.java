package dev.carafe.cli;

import java.util.ArrayList;
import java.util.List;

/** {@code carafe build}: makes an image. */
final class Build {
    private Build() {}

    static Verb verb() {
        return new Verb(
                "build",
                "--jar FILE [OPTIONS]",
                "Make an image of a runnable jar",
                """
                Makes an image of a runnable jar: a run-time image of the modules that it needs, and the
                application in layers, dependencies first. The same input gives the same image;
                SOURCE_DATE_EPOCH in the environment is the time that its files bear.""",
                options(),
                """
                carafe build --jar target/app.jar -t app:1 && carafe run --rm app:1
                carafe build --jar app.jar --base debian:bookworm-slim --module jdk.localedata
                """);
    }

    private static List<Option> options() {
        List<Option> options = new ArrayList<>();
        options.add(Option.takes('t', "tag", "NAME", "A name for the image, such as app:1"));
        options.add(Option.flag('q', "quiet", "Print nothing but the image's id"));
        options.addAll(BuildJar.OPTIONS);
        return Given.options(options.toArray(new Option[0]));
    }

    static int run(String[] args, Console console) throws UsageException {
        Given given = Given.read(verb(), args, 0, Integer.MAX_VALUE, console);
        if (given == null) {
            return 0;
        }
        if (given.get("jar") == null) {
            throw new UsageException(
                    "building from a Dockerfile isn't available yet: name a runnable jar with --jar");
        }
        return BuildJar.run(given, console);
    }
}
