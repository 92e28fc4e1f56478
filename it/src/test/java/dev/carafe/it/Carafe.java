package dev.carafe.it;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.extension.AfterAllCallback;
import org.junit.jupiter.api.extension.AfterEachCallback;
import org.junit.jupiter.api.extension.BeforeAllCallback;
import org.junit.jupiter.api.extension.BeforeEachCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

/**
 * Runs {@code ./carafe} with a state directory of its own, and fails every test that leaves
 * something behind on the host. Register it as a static field and the tests of the class share the
 * directory, and so the images in it; as an instance field, and each test has a fresh one.
 */
public final class Carafe
        implements BeforeAllCallback, BeforeEachCallback, AfterEachCallback, AfterAllCallback {
    private static final long LIMIT_SECONDS = 100;

    private final Map<String, String> environment = new HashMap<>();
    private @Nullable Path root;
    private boolean shared;
    private @Nullable Leftovers before;

    /** The checkout, or the copy of it, whose {@code ./carafe} the tests run. */
    public static Path home() {
        return Path.of(System.getProperty("carafe.home", ".."));
    }

    /** Whether the tests run as root. */
    public static boolean isRoot() {
        return "root".equals(System.getProperty("user.name"));
    }

    /** The state directory, {@code CARAFE_ROOT}. */
    public Path root() {
        if (root == null) {
            throw new IllegalStateException("no test runs");
        }
        return root;
    }

    /** Sets a variable of the environment for every later command of this test class. */
    public Carafe with(String name, String value) {
        environment.put(name, value);
        return this;
    }

    /** Runs {@code ./carafe} with an empty standard input, and waits for its end. */
    public Result run(String... args) {
        return runWithInput(new byte[0], args);
    }

    /** Runs {@code ./carafe} with the given standard input, and waits for its end. */
    public Result runWithInput(byte[] input, String... args) {
        try {
            // Files, not pipes: a process that outlives its parent would hold a pipe open
            Path out = Files.createTempFile("carafe-it", ".out");
            Path err = Files.createTempFile("carafe-it", ".err");
            try {
                Process process =
                        builder(args)
                                .redirectOutput(out.toFile())
                                .redirectError(err.toFile())
                                .start();
                feed(process, input);
                if (!process.waitFor(LIMIT_SECONDS, TimeUnit.SECONDS)) {
                    process.destroyForcibly().waitFor();
                    throw new AssertionError(
                            "no end after "
                                    + LIMIT_SECONDS
                                    + " s: "
                                    + List.of(args)
                                    + "\nout: "
                                    + Files.readString(out)
                                    + "\nerr: "
                                    + Files.readString(err));
                }
                return new Result(List.of(args), process.exitValue(), text(out), text(err));
            } finally {
                Files.delete(out);
                Files.delete(err);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new AssertionError("interrupted: " + List.of(args), e);
        }
    }

    /** Starts {@code ./carafe}; its three streams are pipes, and the caller's to close. */
    public Process start(String... args) throws IOException {
        return builder(args).start();
    }

    private ProcessBuilder builder(String... args) {
        var command = new ArrayList<String>();
        command.add(home().resolve("carafe").toString());
        command.addAll(List.of(args));
        var builder = new ProcessBuilder(command);
        builder.environment().put("CARAFE_ROOT", root().toString());
        builder.environment().putAll(environment);
        return builder;
    }

    private static void feed(Process process, byte[] input) {
        try (OutputStream stdin = process.getOutputStream()) {
            stdin.write(input);
        } catch (IOException e) {
            // the command ended without reading it all, which its exit status tells about
        }
    }

    private static String text(Path file) throws IOException {
        return new String(Files.readAllBytes(file), StandardCharsets.UTF_8);
    }

    @Override
    public void beforeAll(ExtensionContext context) throws IOException {
        shared = true;
        root = Files.createTempDirectory("carafe-it");
    }

    @Override
    public void beforeEach(ExtensionContext context) throws IOException {
        if (root == null) {
            root = Files.createTempDirectory("carafe-it");
        }
        before = Leftovers.now(root());
    }

    @Override
    public void afterEach(ExtensionContext context) throws IOException, InterruptedException {
        try {
            if (before != null) {
                before.check(root());
            }
        } finally {
            if (!shared) {
                delete();
            }
        }
    }

    @Override
    public void afterAll(ExtensionContext context) throws IOException, InterruptedException {
        delete();
    }

    private void delete() throws IOException, InterruptedException {
        String directory = root().toString();
        root = null;
        if (remove("rm", "-rf", "--one-file-system", directory) != 0) {
            // layers that an ordinary user unpacked belong to the ids of its /etc/subuid range
            remove(
                    "unshare",
                    "--map-auto",
                    "--map-root-user",
                    "rm",
                    "-rf",
                    "--one-file-system",
                    directory);
        }
    }

    private static int remove(String... command) throws IOException, InterruptedException {
        return new ProcessBuilder(command)
                .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                .redirectError(ProcessBuilder.Redirect.DISCARD)
                .start()
                .waitFor();
    }

    /**
     * What a command printed, and how it ended.
     *
     * @param exit the exit status, 128 + n after signal n
     */
    public record Result(List<String> args, int exit, String out, String err) {
        /** Fails unless the command succeeded. */
        public Result ok() {
            return exits(0);
        }

        /** Fails unless the command ended with the given status. */
        public Result exits(int status) {
            assertEquals(status, exit, () -> "the exit status of " + this);
            return this;
        }

        @Override
        public String toString() {
            return "carafe "
                    + String.join(" ", args)
                    + "\nexit: "
                    + exit
                    + "\nout: "
                    + out
                    + "\nerr: "
                    + err;
        }
    }
}
