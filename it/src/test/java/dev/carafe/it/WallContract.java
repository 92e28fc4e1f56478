package dev.carafe.it;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assertions.fail;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.extension.RegisterExtension;

/**
 * What is the same behind every wall. The tests of the subclasses run against each wall, by the
 * command line; a start may take seconds, so each test makes much of few.
 */
abstract class WallContract {
    @RegisterExtension static final Carafe carafe = new Carafe();

    private static final long PATIENCE_SECONDS = 90;

    private final String isolation;

    WallContract(String isolation) {
        this.isolation = isolation;
    }

    /** Fails the test that left a container, and keeps that from the next one. */
    @AfterEach
    void noContainerIsLeft() {
        String left = carafe.run("ps", "-aq").ok().out();
        for (String id : left.lines().toList()) {
            carafe.run("rm", "-f", id);
        }
        assertEquals("", left, "containers that are left");
    }

    /** Runs {@code carafe run --isolation ...} with these arguments, to the end. */
    Carafe.Result run(String... args) {
        return carafe.run(line(args));
    }

    /** The same with a standard input, for those that say {@code -i}. */
    Carafe.Result runWithInput(byte[] input, String... args) {
        return carafe.runWithInput(input, line(args));
    }

    /** Starts {@code carafe run}, and waits until others can reach the container. */
    Process start(String name, String... args) throws IOException, InterruptedException {
        List<String> line = new ArrayList<>(List.of("--name", name));
        line.addAll(List.of(args));
        Process process = carafe.start(line(line.toArray(new String[0])));
        long end = System.nanoTime() + PATIENCE_SECONDS * 1_000_000_000;
        while (!isOnRecord(name)) {
            if (!process.isAlive() || System.nanoTime() > end) {
                process.destroyForcibly();
                fail(
                        name
                                + " did not start: "
                                + new String(process.getErrorStream().readAllBytes(), UTF_8));
            }
            Thread.sleep(20);
        }
        return process;
    }

    private static boolean isOnRecord(String name) throws IOException {
        Path containers = carafe.root().resolve("containers");
        if (!Files.isDirectory(containers)) {
            return false;
        }
        try (Stream<Path> all = Files.list(containers)) {
            for (Path directory : (Iterable<Path>) all::iterator) {
                Path record = directory.resolve("state.json");
                if (Files.exists(record) && holds(record, "\"name\":\"" + name + "\"")) {
                    return true;
                }
            }
        }
        return false;
    }

    private static boolean holds(Path file, String text) throws IOException {
        try {
            return Files.readString(file).contains(text);
        } catch (NoSuchFileException e) {
            return false;
        }
    }

    /** Waits for the end of a command that was started. */
    static int end(Process process) throws InterruptedException {
        assertTrue(
                process.waitFor(PATIENCE_SECONDS, TimeUnit.SECONDS),
                () -> "no end after " + PATIENCE_SECONDS + " s");
        return process.exitValue();
    }

    /** Waits until a file has this text in it. */
    static void await(Path file, String text) throws IOException, InterruptedException {
        long end = System.nanoTime() + PATIENCE_SECONDS * 1_000_000_000;
        while (!Files.exists(file) || !Files.readString(file).contains(text)) {
            if (System.nanoTime() > end) {
                fail(file + " never had " + text);
            }
            Thread.sleep(20);
        }
    }

    /** The arguments of {@code carafe run} behind this wall. */
    String[] line(String... args) {
        List<String> line = new ArrayList<>(List.of("run", "--isolation", isolation));
        line.addAll(List.of(args));
        return line.toArray(new String[0]);
    }
}
