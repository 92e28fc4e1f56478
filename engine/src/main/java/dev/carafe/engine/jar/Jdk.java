package dev.carafe.engine.jar;

import dev.carafe.engine.image.ImageException;
import dev.carafe.oci.image.Digest;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.spi.ToolProvider;

/**
 * A JDK of this host.
 *
 * @param feature its feature release, such as 25
 * @param modules the modules that it has
 * @param identity changes when anything does that a run-time image would show
 */
record Jdk(Path home, int feature, Set<String> modules, Digest identity) {
    private static final int OLDEST = 11; // the first whose jdeps can ignore missing dependencies
    private static final int CLASS_VERSION_OF_0 = 44;

    Jdk {
        modules = Set.copyOf(modules);
    }

    /** Reads the JDK's {@code release} file, and refuses what is no JDK. */
    static Jdk at(Path home) throws IOException {
        Path file = home.resolve("release");
        if (!Files.isReadable(file)) {
            throw new ImageException(
                    "no JDK in "
                            + home
                            + ": it has no file \"release\"; name one with --java-home");
        }
        String text = Files.readString(file);
        Map<String, String> release = properties(text);
        int feature = feature(release.getOrDefault("JAVA_VERSION", ""));
        if (feature < OLDEST) {
            throw new ImageException(
                    "the JDK in "
                            + home
                            + " is of release "
                            + release.getOrDefault("JAVA_VERSION", "?")
                            + "; name one of "
                            + OLDEST
                            + " or newer with --java-home");
        }
        Set<String> modules = Set.of(release.getOrDefault("MODULES", "java.base").split(" +"));
        return new Jdk(home, feature, modules, identity(home, text));
    }

    private static Map<String, String> properties(String text) {
        Map<String, String> found = new HashMap<>();
        for (String line : text.lines().toList()) {
            int eq = line.indexOf('=');
            if (eq > 0) {
                found.put(line.substring(0, eq), line.substring(eq + 1).replace("\"", "").strip());
            }
        }
        return found;
    }

    private static int feature(String version) {
        int end = 0;
        while (end < version.length() && Character.isDigit(version.charAt(end))) {
            end++;
        }
        return end == 0 || end > 4 ? 0 : Integer.parseInt(version.substring(0, end));
    }

    /** The certificates change without a new release, and a JDK of one's own keeps its name. */
    private static Digest identity(Path home, String release) throws IOException {
        StringBuilder text = new StringBuilder(release);
        List<String> files = List.of("lib/modules", "lib/server/libjvm.so", "lib/security/cacerts");
        for (String name : files) {
            Path file = home.resolve(name);
            if (Files.exists(file)) {
                text.append(name)
                        .append(' ')
                        .append(Files.size(file))
                        .append(' ')
                        .append(Files.getLastModifiedTime(file).toMillis())
                        .append('\n');
            }
        }
        return Digest.sha256(text.toString().getBytes(StandardCharsets.UTF_8));
    }

    /** The newest class file version that it runs (JVMS 4.1). */
    int newestClass() {
        return CLASS_VERSION_OF_0 + feature;
    }

    /** The release that first ran a class file version. */
    static int releaseOf(int classVersion) {
        return classVersion - CLASS_VERSION_OF_0;
    }

    /**
     * Runs jdeps: in this JVM when this is its JDK, which saves starting another.
     *
     * @return what it printed
     * @throws ImageException with what it printed, when it failed
     */
    String jdeps(List<String> arguments) throws IOException {
        Optional<ToolProvider> here = isOurs() ? ToolProvider.findFirst("jdeps") : Optional.empty();
        if (here.isEmpty()) {
            return tool("jdeps", arguments);
        }
        ByteArrayOutputStream said = new ByteArrayOutputStream();
        int status;
        try (PrintStream out = new PrintStream(said, true, StandardCharsets.UTF_8)) {
            status = here.get().run(out, out, arguments.toArray(new String[0]));
        }
        return checked("jdeps", status, said.toString(StandardCharsets.UTF_8));
    }

    /**
     * Runs jlink, always in a JVM of its own: which method handle classes it writes depends on what
     * its JVM has done before.
     */
    void jlink(List<String> arguments) throws IOException {
        List<String> all =
                new ArrayList<>(List.of("-J-XX:+UseSerialGC", "-J-XX:TieredStopAtLevel=1"));
        all.addAll(arguments);
        tool("jlink", all);
    }

    private String tool(String name, List<String> arguments) throws IOException {
        Path program = home.resolve("bin").resolve(name);
        if (!Files.isExecutable(program)) {
            throw new ImageException(
                    home
                            + " has no "
                            + name
                            + ": it is not a whole JDK; name one with --java-home");
        }
        List<String> command = new ArrayList<>(List.of(program.toString()));
        command.addAll(arguments);
        Output output = run(command);
        return checked(name, output.status, output.text);
    }

    private boolean isOurs() throws IOException {
        return home.toRealPath().equals(Path.of(System.getProperty("java.home")).toRealPath());
    }

    private String checked(String name, int status, String said) throws ImageException {
        if (status != 0) {
            throw new ImageException(name + " of " + home + " failed: " + oneLine(said));
        }
        return said;
    }

    /** What a tool said, without its Java prologue, as one line. */
    private static String oneLine(String said) {
        List<String> lines = new ArrayList<>();
        for (String line : said.lines().toList()) {
            if (!line.isBlank() && lines.size() < 4) {
                lines.add(line.strip());
            }
        }
        return lines.isEmpty() ? "it said nothing" : String.join("; ", lines);
    }

    /** How a program ended, and what it printed. */
    record Output(int status, String text) {}

    /**
     * Runs a program of a JDK to its end. It has none of the caller's environment: options in it
     * and even its language show in what is made.
     */
    static Output run(List<String> command) throws IOException {
        ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
        builder.environment().clear();
        builder.environment().put("LC_ALL", "C.UTF-8");
        Process process = builder.start();
        process.getOutputStream().close();
        String text = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        try {
            return new Output(process.waitFor(), text);
        } catch (InterruptedException e) {
            process.destroyForcibly();
            Thread.currentThread().interrupt();
            throw new IOException("interrupted while " + command.getFirst() + " ran", e);
        }
    }
}
