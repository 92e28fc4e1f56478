package dev.carafe.cli;

import dev.carafe.engine.Engine;
import dev.carafe.engine.image.Image;
import dev.carafe.engine.jar.JarBase;
import dev.carafe.engine.jar.JarOptions;
import dev.carafe.engine.jar.Notes;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** {@code carafe build --jar}: an image of a runnable jar, without a Dockerfile. */
final class BuildJar {
    /** Options that only make sense with {@code --jar}. */
    static final List<Option> OPTIONS =
            List.of(
                    Option.takes("jar", "FILE", "Make an image of a runnable jar, no Dockerfile"),
                    Option.takes(
                            "base", "IMAGE", "With --jar: an image, scratch, or host-libc (usual)"),
                    Option.takes("java-home", "DIR", "With --jar: the JDK, if not Carafe's own"),
                    Option.takes("jlink-option", "OPTION", "With --jar: one more option of jlink"),
                    Option.takes(
                            "lib", "JAR|DIR", "With --jar: a jar or directory for the class path"),
                    Option.takes("main-class", "CLASS", "With --jar: the class to run, if another"),
                    Option.takes("module", "MODULE", "With --jar: a module that jdeps can't see"),
                    Option.takes("user", "USER", "With --jar: who runs it, if not 65532:65532"));

    private BuildJar() {}

    /** Makes the image and prints its id. */
    static int run(Given given, Console console) throws UsageException {
        for (Option option : OPTIONS) {
            if (option.name().equals("jar") || given.get("jar") != null) {
                continue;
            }
            if (given.get(option.name()) != null) {
                throw new UsageException("--" + option.name() + " needs --jar");
            }
        }
        if (!given.arguments().isEmpty()) {
            throw new UsageException(
                    "with --jar there is no build context: " + given.arguments().getFirst());
        }
        JarOptions options = options(given);
        Notes notes = given.has("quiet") ? line -> {} : line -> console.note(line + "\n");
        try (Engine engine = Engine.open()) {
            Image image = engine.buildJar(options, notes);
            console.println(image.id());
        }
        return 0;
    }

    static JarOptions options(Given given) throws UsageException {
        try {
            JarOptions options = JarOptions.of(Path.of(String.valueOf(given.get("jar"))));
            given.all("tag").forEach(options::name);
            given.all("lib").forEach(library -> options.library(Path.of(library)));
            given.all("module").forEach(options::module);
            given.all("jlink-option").forEach(options::jlinkOption);
            given(given, "base", base -> options.base(JarBase.parse(base)));
            given(given, "java-home", home -> options.javaHome(Path.of(home)));
            given(given, "main-class", options::mainClass);
            given(given, "user", options::user);
            return epoch(options, System.getenv("SOURCE_DATE_EPOCH"));
        } catch (InvalidPathException e) {
            throw new UsageException("invalid path: " + e.getMessage());
        } catch (IllegalArgumentException e) {
            throw new UsageException(String.valueOf(e.getMessage()));
        }
    }

    private static void given(Given given, String name, Consumer<String> setter) {
        String value = given.get(name);
        if (value != null) {
            setter.accept(value);
        }
    }

    private static JarOptions epoch(JarOptions options, @Nullable String seconds) {
        if (seconds == null || seconds.isEmpty()) {
            return options;
        }
        try {
            return options.sourceDateEpoch(Long.parseLong(seconds));
        } catch (NumberFormatException e) {
            throw new IllegalArgumentException(
                    "SOURCE_DATE_EPOCH must be a number of seconds, not \"" + seconds + "\"", e);
        }
    }
}
