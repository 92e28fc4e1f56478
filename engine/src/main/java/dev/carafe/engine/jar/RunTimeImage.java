package dev.carafe.engine.jar;

import dev.carafe.oci.image.Digest;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;

/** A Java run-time image of some modules, as jlink makes it. */
final class RunTimeImage {
    /** Where it is in an image. */
    static final String HOME = "/opt/java";

    /** The first whose jlink has levels of zip; before, 2 was the name of the same. */
    private static final int ZIP_LEVELS = 21;

    private RunTimeImage() {}

    /** What a run-time image depends on, for a cache of them. */
    static String key(Jdk jdk, Collection<String> modules, JarOptions options) {
        String text =
                "runtime 2\n"
                        + jdk.identity()
                        + "\n"
                        + modules
                        + "\n"
                        + options.jlinkOptions()
                        + "\n"
                        + options.sourceDateEpoch();
        return Digest.sha256(text.getBytes(StandardCharsets.UTF_8)).hex();
    }

    /** Makes it below a directory that will be a layer. */
    static void link(
            Jdk jdk, Collection<String> modules, JarOptions options, Path layer, Notes notes)
            throws IOException {
        Path home = layer.resolve(HOME.substring(1));
        Files.createDirectories(home.resolveSibling("."));
        jdk.jlink(arguments(jdk, modules, options, home));
        certificates(jdk, home);
        FileTimes.set(layer, options.sourceDateEpoch());
        archive(home, notes);
        FileTimes.set(layer, options.sourceDateEpoch());
    }

    private static List<String> arguments(
            Jdk jdk, Collection<String> modules, JarOptions options, Path home) {
        List<String> arguments = new ArrayList<>();
        arguments.add("--add-modules=" + String.join(",", modules));
        arguments.add("--strip-java-debug-attributes");
        arguments.add("--no-man-pages");
        arguments.add("--no-header-files");
        if (options.jlinkOptions().stream().noneMatch(o -> o.startsWith("--compress"))) {
            arguments.add(jdk.feature() >= ZIP_LEVELS ? "--compress=zip-6" : "--compress=2");
        }
        for (String option : options.jlinkOptions()) {
            // made below, because jlink's would not fit the files' times
            if (!option.startsWith("--generate-cds-archive")) {
                arguments.add(option);
            }
        }
        arguments.add("--output=" + home);
        return arguments;
    }

    /** A JDK whose certificates are a link to the host's may leave its module without any. */
    private static void certificates(Jdk jdk, Path home) throws IOException {
        Path file = home.resolve("lib/security/cacerts");
        Path from = jdk.home().resolve("lib/security/cacerts");
        if ((!Files.exists(file) || Files.size(file) < 1024) && Files.isReadable(from)) {
            Files.deleteIfExists(file);
            Files.copy(from, file); // follows the link
        }
    }

    /**
     * Dumps the archive of loaded classes that every JDK has and jlink leaves out; a JVM starts in
     * a fraction of the time with it. It holds the time of lib/modules, so that must have been set.
     * The collector and the heap's size are given because they show in the archive, and differ from
     * host to host.
     */
    private static void archive(Path home, Notes notes) throws IOException {
        Path file = home.resolve("lib/server/classes.jsa");
        List<String> command =
                List.of(
                        home.resolve("bin/java").toString(),
                        "-Xshare:dump",
                        "-XX:SharedArchiveFile=" + file,
                        "-XX:+UseG1GC",
                        "-Xms128m",
                        "-Xmx128m",
                        "-Xlog:disable",
                        "-Xlog:all=error:stderr");
        Jdk.Output output = Jdk.run(command);
        if (output.status() != 0) {
            Files.deleteIfExists(file);
            notes.note("the image has no archive of loaded classes: " + output.text().strip());
        }
    }
}
