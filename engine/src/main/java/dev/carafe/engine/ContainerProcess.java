package dev.carafe.engine;

import dev.carafe.linux.ErrnoException;
import dev.carafe.linux.Fd;
import dev.carafe.linux.FdStreams;
import java.io.InputStream;
import java.io.OutputStream;
import java.util.Optional;
import java.util.OptionalInt;
import org.jspecify.annotations.Nullable;

/**
 * A process of a container that this JVM started: its first, or a further one. Closing it lets go
 * of it, and does not end it. All methods may be called from any thread.
 */
public final class ContainerProcess implements AutoCloseable {
    private final String container;
    private final Started started;
    private final Streams streams;

    ContainerProcess(String container, Started started, Streams streams) {
        this.container = container;
        this.started = started;
        this.streams = streams;
    }

    /**
     * Its number in the JVM's PID namespace; behind the wall of a virtual machine that of the
     * hypervisor.
     */
    public int pid() {
        return started.pid();
    }

    /** A descriptor that is readable once the process has ended, for those who poll. */
    public Fd ended() {
        return started.ended();
    }

    /**
     * Waits until the process has ended. Blocks a platform thread.
     *
     * @return its exit code, or 128 plus the number of the signal that ended it
     */
    public int waitFor() {
        try {
            return started.await();
        } catch (ErrnoException e) {
            throw failed(e);
        }
    }

    /** The exit code if the process has ended. */
    public OptionalInt exitCode() {
        try {
            return started.poll();
        } catch (ErrnoException e) {
            throw failed(e);
        }
    }

    /** Why it ended, after the end, where the exit code alone does not say so. */
    Optional<String> failure() {
        return started.failure();
    }

    /**
     * Sends a signal to the process.
     *
     * @param signal its number, 1 to 64
     * @return false when the process has ended
     */
    public boolean kill(int signal) {
        try {
            return started.signal(signal);
        } catch (ErrnoException e) {
            throw failed(e);
        }
    }

    /** The engine's end of the process's terminal, when it has one. */
    public Optional<Fd> terminal() {
        return started.terminal();
    }

    /** Tells the terminal its size, in characters; does nothing without a terminal. */
    public void resize(int rows, int columns) {
        try {
            started.resize(rows, columns);
        } catch (ErrnoException e) {
            throw failed(e);
        }
    }

    /** The process's standard input. Close it to tell the process that there is no more. */
    public OutputStream stdin() {
        return FdStreams.output(end(0, "standard input"));
    }

    /** What the process writes. */
    public InputStream stdout() {
        return FdStreams.input(end(1, "standard output"));
    }

    /** What the process writes as errors. */
    public InputStream stderr() {
        return FdStreams.input(end(2, "standard error"));
    }

    /** The engine's end of a stream's pipe, for those who poll; 0 to 2. */
    public Optional<Fd> pipe(int stream) {
        return Optional.ofNullable(streams.end(stream));
    }

    private Fd end(int i, String name) {
        @Nullable Fd fd = streams.end(i);
        if (fd == null) {
            throw new IllegalStateException(
                    "container " + container + " was not started with a pipe for its " + name);
        }
        return fd;
    }

    private EngineException failed(ErrnoException e) {
        return new EngineException(
                EngineException.Code.FAILED, "container " + container + ": " + e.getMessage(), e);
    }

    /** Gives back the streams, the terminal and what holds the process. */
    @Override
    public void close() {
        started.close();
        streams.abandon();
    }
}
