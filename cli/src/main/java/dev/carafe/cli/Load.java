package dev.carafe.cli;

import dev.carafe.engine.Engine;
import dev.carafe.engine.Foreground;
import dev.carafe.engine.image.Image;
import dev.carafe.oci.image.ImageReference;
import java.io.FileDescriptor;
import java.io.FileInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** {@code carafe load}: takes images in from an archive. */
final class Load {
    private Load() {}

    static Verb verb() {
        return new Verb(
                "load",
                "[OPTIONS]",
                "Load images from an archive or from standard input",
                "Loads what docker save, podman save or skopeo wrote: an archive, plain or compressed with\n"
                        + "gzip or zstd, or the directory of an OCI image layout.",
                Given.options(
                        Option.takes(
                                'i',
                                "input",
                                "FILE",
                                "Read a file or a directory, not standard input"),
                        Option.missing("platform", "images for this machine are loaded"),
                        Option.flag('q', "quiet", "Print nothing but the names")),
                """
                docker save debian:bookworm | carafe load
                carafe load -i image.tar.zst
                skopeo copy docker://debian:bookworm oci:bookworm && carafe load -i bookworm
                """);
    }

    static int run(String[] args, Console console) throws UsageException, IOException {
        Given given = Given.read(verb(), args, 0, 0, console);
        if (given == null) {
            return 0;
        }
        String input = given.get("input");
        if (input == null && Foreground.isTerminal(0)) {
            throw new UsageException(
                    "standard input is a terminal; name an archive with -i or redirect one");
        }
        try (Engine engine = Engine.open()) {
            for (Image image : load(engine, input)) {
                console.print(loaded(image));
            }
        }
        return 0;
    }

    private static List<Image> load(Engine engine, @Nullable String input) throws IOException {
        if (input != null && Files.isDirectory(Path.of(input))) {
            return engine.images().loadDirectory(Path.of(input));
        }
        try (InputStream in = open(input)) {
            return engine.images().load(in);
        }
    }

    /** A file, or standard input for null. */
    static InputStream open(@Nullable String input) throws IOException {
        return input == null
                ? new FileInputStream(FileDescriptor.in)
                : Files.newInputStream(Path.of(input));
    }

    private static String loaded(Image image) {
        if (image.names().isEmpty()) {
            return "Loaded image ID: " + image.id() + "\n";
        }
        StringBuilder out = new StringBuilder();
        for (String name : image.names()) {
            out.append("Loaded image: ").append(ImageReference.parse(name).familiar()).append('\n');
        }
        return out.toString();
    }
}
