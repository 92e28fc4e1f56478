package dev.carafe.cli;

import dev.carafe.engine.Engine;
import dev.carafe.engine.Foreground;
import dev.carafe.engine.image.Compression;
import dev.carafe.engine.image.ImageStore;
import dev.carafe.engine.image.Platforms;
import dev.carafe.engine.image.SaveFormat;
import dev.carafe.engine.image.Saved;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** {@code carafe save}: writes images to an archive. */
final class Save {
    private Save() {}

    static Verb verb() {
        return new Verb(
                "save",
                "[OPTIONS] IMAGE [IMAGE...]",
                "Save images to an archive or to standard output",
                "Writes images so that carafe load, docker load, podman load or skopeo take them in. A\n"
                        + "repository without a tag means all its tags; an image given by its id loses its name.",
                Given.options(
                        Option.takes(
                                "format",
                                "FORMAT",
                                "docker, which is an OCI archive too; oci-archive; docker-archive;"
                                        + " oci-dir"),
                        Option.takes(
                                'o',
                                "output",
                                "FILE|DIR",
                                "Write to a file, or to a directory as oci-dir"),
                        Option.takes("platform", "OS/ARCH", "Save another platform of the images")),
                """
                carafe save -o app.tar app:1
                carafe save app:1 debian:bookworm | ssh host docker load
                carafe save --format oci-dir -o app-layout app:1
                """);
    }

    static int run(String[] args, Console console) throws UsageException, IOException {
        Given given = Given.read(verb(), args, 1, Integer.MAX_VALUE, console);
        if (given == null) {
            return 0;
        }
        String output = given.get("output");
        String format = given.get("format");
        String platform = given.get("platform");
        boolean stdout = output == null || output.equals("-");
        boolean directory = output != null && !stdout && Files.isDirectory(Path.of(output));
        String form = format != null ? format : directory ? "oci-dir" : "docker";
        SaveFormat archive = archive(form);
        if (archive == null && stdout) {
            throw new UsageException("--format oci-dir needs a directory; name one with -o");
        }
        if (archive != null && directory) {
            throw new UsageException(
                    "-o " + output + " is a directory; only oci-dir writes to one");
        }
        if (stdout && Foreground.isTerminal(1)) {
            throw new UsageException(
                    "standard output is a terminal; name a file with -o or redirect it");
        }
        Saved images =
                new Saved(
                        given.arguments(),
                        List.of(),
                        platform == null ? null : Platforms.parse(platform),
                        Compression.NONE);
        try (Engine engine = Engine.open()) {
            if (archive == null) {
                engine.images().saveDirectory(images, Path.of(String.valueOf(output)));
            } else if (stdout) {
                OutputStream out = new FileOutputStream(FileDescriptor.out);
                engine.images().save(images, archive, out);
            } else {
                file(engine.images(), images, archive, Path.of(String.valueOf(output)));
            }
        }
        return 0;
    }

    /** Null for a directory. */
    private static @Nullable SaveFormat archive(String format) throws UsageException {
        return switch (format) {
            case "docker" -> SaveFormat.DOCKER;
            case "oci-archive" -> SaveFormat.OCI_ARCHIVE;
            case "docker-archive" -> SaveFormat.DOCKER_ARCHIVE;
            case "oci-dir" -> null;
            default ->
                    throw new UsageException(
                            "format "
                                    + format
                                    + ": must be docker, oci-archive, docker-archive or oci-dir");
        };
    }

    /** The file is there whole, or as it was. */
    private static void file(ImageStore store, Saved images, SaveFormat format, Path path)
            throws IOException {
        if (Files.exists(path) && !Files.isRegularFile(path, LinkOption.NOFOLLOW_LINKS)) {
            // a device, a FIFO, a link: the user wants it written to, not replaced
            try (OutputStream out = Files.newOutputStream(path)) {
                store.save(images, format, out);
            }
            return;
        }
        Path part =
                path.resolveSibling(
                        "." + path.getFileName() + ".part" + ProcessHandle.current().pid());
        try {
            try (OutputStream out = Files.newOutputStream(part, StandardOpenOption.CREATE_NEW)) {
                store.save(images, format, out);
            }
            Files.move(part, path, StandardCopyOption.ATOMIC_MOVE);
        } finally {
            Files.deleteIfExists(part);
        }
    }
}
