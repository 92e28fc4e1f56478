package dev.carafe.engine.image;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** A file system mounted for a test; where that is not allowed, the test is skipped. */
final class Mounted implements AutoCloseable {
    final Path at;

    private Mounted(Path at) {
        this.at = at;
    }

    /** An overlay of layers, top first, none of them writable. */
    static Mounted overlay(Path at, List<Path> layers) throws IOException, InterruptedException {
        List<String> lower = new ArrayList<>();
        layers.forEach(layer -> lower.add(layer.toString()));
        // an overlay without an upper directory has two lower ones at least
        lower.add(Files.createDirectories(at.resolveSibling("no-files")).toString());
        return mount(at, "-t", "overlay", "-o", "ro,lowerdir=" + String.join(":", lower), "test");
    }

    /** An EROFS image, by a loop device. */
    static Mounted image(Path at, Path image) throws IOException, InterruptedException {
        assumeTrue(
                Files.readString(Path.of("/proc/filesystems")).contains("\terofs\n"), "no erofs");
        return mount(at, "-t", "erofs", "-o", "ro,loop", image.toString());
    }

    /** A small disk. */
    static Mounted tmpfs(Path at, String size) throws IOException, InterruptedException {
        return mount(at, "-t", "tmpfs", "-o", "size=" + size, "test");
    }

    private static Mounted mount(Path at, String... arguments)
            throws IOException, InterruptedException {
        assumeTrue(Privilege.ofThisProcess().root(), "only root mounts this");
        Files.createDirectories(at);
        List<String> command = new ArrayList<>(List.of("mount"));
        command.addAll(List.of(arguments));
        command.add(at.toString());
        String error = run(command);
        assumeTrue(error.isEmpty(), error);
        return new Mounted(at);
    }

    /** Runs a program; what it printed when it failed, and nothing when it did not. */
    static String run(List<String> command) throws IOException, InterruptedException {
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        byte[] told = process.getInputStream().readAllBytes();
        return process.waitFor() == 0
                ? ""
                : command + ": " + new String(told, StandardCharsets.UTF_8);
    }

    @Override
    public void close() throws IOException {
        try {
            String error = run(List.of("umount", at.toString()));
            if (!error.isEmpty()) {
                throw new IOException(error);
            }
        } catch (InterruptedException e) {
            throw new IOException(e);
        }
    }
}
