package dev.carafe.it;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.carafe.engine.Container;
import dev.carafe.engine.Engine;
import dev.carafe.engine.EngineException;
import dev.carafe.engine.Roots;
import dev.carafe.engine.RunOptions;
import dev.carafe.engine.Stdio;
import dev.carafe.engine.image.Image;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.extension.AfterEachCallback;
import org.junit.jupiter.api.extension.BeforeEachCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

/**
 * Runs containers through an engine in the tests' own JVM, one engine a test. It lives in the state
 * directory of a {@link Carafe}, which must be registered before it.
 */
public final class Containers implements BeforeEachCallback, AfterEachCallback {
    private final Carafe carafe;
    private @Nullable Engine engine;

    public Containers(Carafe carafe) {
        this.carafe = carafe;
    }

    /** The engine of this test. */
    public Engine engine() {
        if (engine == null) {
            throw new IllegalStateException("no test runs");
        }
        return engine;
    }

    /** Options for a removed-at-the-end container of the built-in image. */
    public static RunOptions host(String... command) {
        return RunOptions.of("host", command).remove(true);
    }

    /** Options for a shell script in the built-in image. */
    public static RunOptions sh(String script) {
        return host("/bin/sh", "-c", script);
    }

    /** Runs to the end with an empty input. */
    public Ended run(RunOptions options) {
        try (Container container = engine().run(options, Stdio.CAPTURE)) {
            return end(container);
        }
    }

    /** Runs to the end with this input. */
    public Ended run(RunOptions options, byte[] input) {
        try (Container container = engine().run(options, Stdio.PIPES)) {
            var fed = CompletableFuture.runAsync(() -> feed(container, input), Containers::thread);
            Ended ended = end(container);
            fed.join();
            return ended;
        }
    }

    /** Reads what a started container writes, and waits for its end. */
    public static Ended end(Container container) {
        var err = CompletableFuture.supplyAsync(() -> all(container.stderr()), Containers::thread);
        String out = all(container.stdout());
        return new Ended(container.waitFor(), out, err.join());
    }

    /** The refusal to start; fails when the container starts. */
    public EngineException refusal(RunOptions options) {
        Ended ended;
        try {
            ended = run(options);
        } catch (EngineException e) {
            String message = String.valueOf(e.getMessage());
            assertEquals(1, message.lines().count(), message);
            return e;
        }
        throw new AssertionError("it started: " + ended);
    }

    /** Takes in one of the {@link Images}, and gives its id. */
    public String load(String archive) throws IOException {
        try (InputStream in = Files.newInputStream(Images.file(archive))) {
            return engine().images().load(in).getFirst().id();
        }
    }

    /** Takes in a root file system as a tar of the test's own. */
    public Image importTar(InputStream tar) throws IOException {
        return engine().images().importTar(tar, null, java.util.List.of());
    }

    private static void thread(Runnable task) {
        Thread.ofPlatform().daemon().start(task);
    }

    private static void feed(Container container, byte[] input) {
        try (OutputStream stdin = container.stdin()) {
            stdin.write(input);
        } catch (IOException e) {
            // the container ended without reading it all, which its output tells about
        }
    }

    private static String all(InputStream in) {
        try (in) {
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public void beforeEach(ExtensionContext context) {
        engine = Engine.open(Roots.under(carafe.root()));
    }

    @Override
    public void afterEach(ExtensionContext context) {
        engine().close();
        engine = null;
    }

    /**
     * What a container wrote, and how it ended.
     *
     * @param exit its exit code, 128 + n after signal n
     */
    public record Ended(int exit, String out, String err) {
        /** What it wrote, once it is certain that it succeeded. */
        public String ok() {
            assertEquals(0, exit, this::toString);
            return out;
        }

        /** One line without its end, once it is certain that it succeeded. */
        public String line() {
            return ok().strip();
        }
    }
}
