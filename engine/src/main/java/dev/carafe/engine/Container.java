package dev.carafe.engine;

import dev.carafe.linux.Fd;
import dev.carafe.linux.Signal;
import java.io.InputStream;
import java.io.OutputStream;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.function.IntConsumer;

/**
 * A container that was started. Closing it kills what still runs and removes what is the
 * container's own. All methods may be called from any thread.
 */
public final class Container implements AutoCloseable {
    private final String id;
    private final ContainerProcess first;
    private final List<String> warnings;
    private final IntConsumer ended;
    private final Runnable forget;
    private boolean over;

    Container(
            String id,
            ContainerProcess first,
            List<String> warnings,
            IntConsumer ended,
            Runnable forget) {
        this.id = id;
        this.first = first;
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

    /** Its first process. */
    ContainerProcess first() {
        return first;
    }

    /**
     * The number of its first process in the JVM's PID namespace; behind the wall of a virtual
     * machine that of its hypervisor.
     */
    public int pid() {
        return first.pid();
    }

    /** A descriptor that is readable once the container's process has ended, for those who poll. */
    public Fd ended() {
        return first.ended();
    }

    /**
     * Waits until the container's process has ended, then removes what the container leaves. Blocks
     * a platform thread.
     *
     * @return its exit code, or 128 plus the number of the signal that ended it
     */
    public int waitFor() {
        int status = first.waitFor();
        over(status);
        return status;
    }

    /** The exit code if the process has ended. */
    public OptionalInt exitCode() {
        return first.exitCode();
    }

    /**
     * Why the container ended, after its end, where the exit code alone does not say so: such as
     * the panic of a virtual machine's kernel.
     */
    public Optional<String> failure() {
        return first.failure();
    }

    /**
     * Sends a signal to the container's first process.
     *
     * @param signal its number, 1 to 64
     * @return false when the process has ended
     */
    public boolean kill(int signal) {
        return first.kill(signal);
    }

    /** The engine's end of the container's terminal, when it has one. */
    public Optional<Fd> terminal() {
        return first.terminal();
    }

    /** Tells the terminal its size, in characters; does nothing without a terminal. */
    public void resize(int rows, int columns) {
        first.resize(rows, columns);
    }

    /** The container's standard input. Close it to tell the container that there is no more. */
    public OutputStream stdin() {
        return first.stdin();
    }

    /** What the container writes. */
    public InputStream stdout() {
        return first.stdout();
    }

    /** What the container writes as errors. */
    public InputStream stderr() {
        return first.stderr();
    }

    /** The engine's end of a stream's pipe, for those who poll; 0 to 2. */
    public Optional<Fd> pipe(int stream) {
        return first.pipe(stream);
    }

    private synchronized void over(int status) {
        if (!over) {
            over = true;
            ended.accept(status);
        }
    }

    @Override
    public void close() {
        kill(Signal.SIGKILL);
        waitFor();
        first.close();
        forget.run();
    }
}
