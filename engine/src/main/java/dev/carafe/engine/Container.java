package dev.carafe.engine;

import dev.carafe.linux.ErrnoException;
import dev.carafe.linux.Fd;
import dev.carafe.linux.FdStreams;
import java.io.InputStream;
import java.io.OutputStream;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.function.IntConsumer;
import org.jspecify.annotations.Nullable;

/**
 * A container that was started. Closing it kills what still runs and removes what is the
 * container's own. All methods may be called from any thread.
 */
public final class Container implements AutoCloseable {
    private static final int SIGKILL = 9;

    private final String id;
    private final Started started;
    private final Streams streams;
    private final List<String> warnings;
    private final IntConsumer ended;
    private final Runnable forget;
    private boolean over;

    Container(
            String id,
            Started started,
            Streams streams,
            List<String> warnings,
            IntConsumer ended,
            Runnable forget) {
        this.id = id;
        this.started = started;
        this.streams = streams;
        this.warnings = warnings;
        this.ended = ended;
        this.forget = forget;
    }

    /** 64 hexadecimal digits. */
    public String id() {
        return id;
    }

    /** What was asked for and could not be had on this host, a line each. */
    public List<String> warnings() {
        return warnings;
    }

    /**
     * The number of its first process in the JVM's PID namespace; behind the wall of a virtual
     * machine that of its hypervisor.
     */
    public int pid() {
        return started.pid();
    }

    /** A descriptor that is readable once the container's process has ended, for those who poll. */
    public Fd ended() {
        return started.ended();
    }

    /**
     * Waits until the container's process has ended, then removes what the container leaves. Blocks
     * a platform thread.
     *
     * @return its exit code, or 128 plus the number of the signal that ended it
     */
    public int waitFor() {
        try {
            int status = started.await();
            over(status);
            return status;
        } catch (ErrnoException e) {
            throw new EngineException(
                    EngineException.Code.FAILED, "container " + id + ": " + e.getMessage(), e);
        }
    }

    /** The exit code if the process has ended. */
    public OptionalInt exitCode() {
        try {
            return started.poll();
        } catch (ErrnoException e) {
            throw new EngineException(
                    EngineException.Code.FAILED, "container " + id + ": " + e.getMessage(), e);
        }
    }

    /**
     * Sends a signal to the container's first process.
     *
     * @param signal its number, 1 to 64
     * @return false when the process has ended
     */
    public boolean kill(int signal) {
        try {
            return started.signal(signal);
        } catch (ErrnoException e) {
            throw new EngineException(
                    EngineException.Code.FAILED, "container " + id + ": " + e.getMessage(), e);
        }
    }

    /** The engine's end of the container's terminal, when it has one. */
    public Optional<Fd> terminal() {
        return started.terminal();
    }

    /** Tells the terminal its size, in characters; does nothing without a terminal. */
    public void resize(int rows, int columns) {
        try {
            started.resize(rows, columns);
        } catch (ErrnoException e) {
            throw new EngineException(
                    EngineException.Code.FAILED, "container " + id + ": " + e.getMessage(), e);
        }
    }

    /** The container's standard input. Close it to tell the container that there is no more. */
    public OutputStream stdin() {
        return FdStreams.output(end(0, "standard input"));
    }

    /** What the container writes. */
    public InputStream stdout() {
        return FdStreams.input(end(1, "standard output"));
    }

    /** What the container writes as errors. */
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
                    "container " + id + " was not started with a pipe for its " + name);
        }
        return fd;
    }

    private synchronized void over(int status) {
        if (!over) {
            over = true;
            ended.accept(status);
        }
    }

    @Override
    public void close() {
        kill(SIGKILL);
        waitFor();
        started.close();
        streams.abandon();
        forget.run();
    }
}
