package dev.carafe.engine;

import dev.carafe.engine.vm.Machine;
import dev.carafe.linux.Errno;
import dev.carafe.linux.ErrnoException;
import dev.carafe.linux.Fd;
import dev.carafe.linux.Memory;
import dev.carafe.linux.Native;
import dev.carafe.linux.Pidfd;
import dev.carafe.linux.Signal;
import dev.carafe.linux.Sys;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * The end of containers, whichever process started them: signals, stops, waiting, removal.
 *
 * <p>The owner of a container waits for its process and records the end. Where the owner has ended
 * first, whoever asks next does it in its place.
 */
final class Lifecycle {
    private static final int USUAL_STOP_SECONDS = 10;
    private static final long KILLED_MILLIS = 10_000;
    private static final long OWNER_MILLIS = 5_000;
    private static final int O_RDWR_CREAT_CLOEXEC = 0x80042;

    /** Where an owner writes the exit code for those who wait; they made it, and hold it open. */
    private static final String WAITED = "waited";

    private final ContainerDirectories directories;
    private final Walls walls;

    Lifecycle(ContainerDirectories directories, Walls walls) {
        this.directories = directories;
        this.walls = walls;
    }

    /** Finds one that runs. */
    ContainerRecord running(String wanted) throws IOException {
        ContainerRecord container = directories.find(wanted);
        if (!container.isRunning()) {
            throw invalid(container, "is not running");
        }
        return container;
    }

    void kill(String wanted, int signal) throws IOException {
        ContainerRecord container = running(wanted);
        Optional<Pidfd> held = container.process();
        if (held.isEmpty()) {
            throw invalid(container, "is not running");
        }
        try (Pidfd process = held.get()) {
            signal(container, signal);
            if (signal == Signal.SIGKILL) {
                awaitKilled(container, process);
                finish(container, process);
            }
        }
    }

    /** A paused container goes on to take a signal that is to end it, as with Docker. */
    private void signal(ContainerRecord container, int signal) throws IOException {
        Path directory = directories.of(container.id());
        Wall wall = walls.of(container);
        boolean ends = signal == Signal.SIGKILL || signal == container.stopSignal().orElse(signal);
        boolean paused = ends && wall.isPaused(container, directory);
        wall.kill(container, directory, signal);
        if (paused) {
            wall.unpause(container, directory);
        }
    }

    private static void awaitKilled(ContainerRecord container, Pidfd process)
            throws ErrnoException {
        if (!process.awaitEnd(KILLED_MILLIS)) {
            throw new EngineException(
                    EngineException.Code.FAILED,
                    "container "
                            + container.name()
                            + " did not end within "
                            + KILLED_MILLIS / 1000
                            + " seconds of SIGKILL");
        }
    }

    void stop(String wanted, OptionalInt signal, OptionalInt seconds) throws IOException {
        ContainerRecord container = directories.find(wanted);
        Optional<Pidfd> held = container.process();
        if (held.isEmpty()) {
            return;
        }
        try (Pidfd process = held.get()) {
            int patience = seconds.orElse(container.stopTimeout().orElse(USUAL_STOP_SECONDS));
            signal(container, signal.orElse(container.stopSignal().orElse(Signal.SIGTERM)));
            if (!process.awaitEnd(patience < 0 ? -1 : patience * 1000L)) {
                signal(container, Signal.SIGKILL);
                awaitKilled(container, process);
            }
            finish(container, process);
        }
    }

    void pause(String wanted) throws IOException {
        ContainerRecord container = running(wanted);
        Path directory = directories.of(container.id());
        if (walls.of(container).isPaused(container, directory)) {
            throw invalid(container, "is already paused");
        }
        walls.of(container).pause(container, directory);
    }

    void unpause(String wanted) throws IOException {
        ContainerRecord container = running(wanted);
        Path directory = directories.of(container.id());
        if (!walls.of(container).isPaused(container, directory)) {
            throw invalid(container, "is not paused");
        }
        walls.of(container).unpause(container, directory);
    }

    boolean isPaused(ContainerRecord container) throws IOException {
        return container.isRunning()
                && walls.of(container).isPaused(container, directories.of(container.id()));
    }

    int waitFor(String wanted) throws IOException {
        ContainerRecord container = directories.find(wanted);
        Path directory = directories.of(container.id());
        OptionalInt status = container.status();
        if (status.isEmpty() && container.finished() == 0) {
            try (Fd told = openWaited(directory)) {
                status = await(container, told);
            }
        }
        if (status.isEmpty()) {
            throw new EngineException(
                    EngineException.Code.FAILED,
                    "the exit code of container "
                            + container.name()
                            + " is not known: the process that started it ended first");
        }
        return status.getAsInt();
    }

    private OptionalInt await(ContainerRecord container, Fd told) throws IOException {
        Optional<Pidfd> held = container.process();
        if (held.isEmpty()) {
            OptionalInt recorded = awaitOwner(container, told);
            return recorded.isPresent() ? recorded : settle(container, guests(container));
        }
        try (Pidfd process = held.get()) {
            process.awaitEnd(-1);
            OptionalInt recorded = awaitOwner(container, told);
            return recorded.isPresent() ? recorded : settle(container, kernels(container, process));
        }
    }

    /** What the kernel tells, where the process itself was held. */
    private OptionalInt kernels(ContainerRecord container, Pidfd process) throws IOException {
        if (container.isolation() == Isolation.VM) {
            return guests(container); // the process is the hypervisor
        }
        OptionalInt zombies = container.first().zombieStatus();
        return zombies.isPresent() ? zombies : process.exitInfo();
    }

    /** What a guest wrote down of its process's end; empty for a container, or when it did not. */
    private OptionalInt guests(ContainerRecord container) throws IOException {
        return container.isolation() == Isolation.VM
                ? Machine.recorded(directories.of(container.id()))
                : OptionalInt.empty();
    }

    /** The exit code as the owner records it or tells it; empty when it does neither. */
    private OptionalInt awaitOwner(ContainerRecord container, Fd told) throws IOException {
        long deadline = System.nanoTime() + OWNER_MILLIS * 1_000_000;
        while (true) {
            boolean alive = container.owner().isAlive(); // looked at before what it may write last
            OptionalInt status = status(container, told);
            if (status.isPresent() || !alive || System.nanoTime() > deadline) {
                return status;
            }
            rest();
        }
    }

    private OptionalInt status(ContainerRecord container, Fd told) throws IOException {
        Optional<ContainerRecord> now = directories.read(container.id());
        if (now.isPresent() && now.get().status().isPresent()) {
            return now.get().status();
        }
        try (Memory memory = Memory.borrow()) {
            long buffer = memory.reserve(8);
            long got = Native.check("read", Sys.PREAD64, told.number(), buffer, 1, 0);
            return got == 1
                    ? OptionalInt.of(memory.view(buffer, 1).get(0) & 0xff)
                    : OptionalInt.empty();
        }
    }

    /** Waits for the owner of an ended container to record that, or does it in its place. */
    private void finish(ContainerRecord container, Pidfd process) throws IOException {
        long deadline = System.nanoTime() + OWNER_MILLIS * 1_000_000;
        while (true) {
            boolean alive = container.owner().isAlive();
            Optional<ContainerRecord> now = directories.read(container.id());
            if (now.isEmpty() || now.get().finished() > 0) {
                return;
            }
            if (!alive || System.nanoTime() > deadline) {
                settle(container, kernels(container, process));
                return;
            }
            rest();
        }
    }

    /** Records the end of a container whose owner doesn't, and removes what is left of it. */
    private OptionalInt settle(ContainerRecord container, OptionalInt status) throws IOException {
        directories.settle(container, status, walls);
        return status;
    }

    private static void rest() throws IOException {
        try {
            Thread.sleep(5);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted while waiting for a container's end", e);
        }
    }

    /** Tells an exit code to those who wait for a container whose record goes. */
    static void tell(Path directory, int status) throws IOException {
        Path file = directory.resolve(WAITED);
        if (Files.exists(file)) {
            Files.write(file, new byte[] {(byte) status}, StandardOpenOption.WRITE);
        }
    }

    private static Fd openWaited(Path directory) throws ErrnoException {
        Path file = directory.resolve(WAITED);
        try (Memory memory = Memory.borrow()) {
            long path = memory.string(file.toString());
            int flags = O_RDWR_CREAT_CLOEXEC;
            return new Fd(
                    (int) Native.check("make " + file, Sys.OPENAT, Fd.AT_FDCWD, path, flags, 0600));
        } catch (ErrnoException e) {
            if (e.errno() == Errno.ENOENT) {
                throw new EngineException(
                        EngineException.Code.INVALID,
                        "no such container: " + directory.getFileName(),
                        e);
            }
            throw e;
        }
    }

    void remove(String wanted, boolean force) throws IOException {
        ContainerRecord container = directories.find(wanted);
        Path directory = directories.of(container.id());
        Wall wall = walls.of(container);
        Optional<Pidfd> held = container.process();
        if (held.isPresent()) {
            try (Pidfd process = held.get()) {
                if (!force) {
                    throw invalid(
                            container, "is running; stop it first, or remove it with --force");
                }
                signal(container, Signal.SIGKILL);
                awaitKilled(container, process);
                finish(container, process);
            }
        }
        wall.end(container, directory);
        directories.delete(directory);
    }

    static EngineException invalid(ContainerRecord container, String why) {
        return new EngineException(
                EngineException.Code.INVALID, "container " + container.name() + " " + why);
    }
}
