package dev.carafe.engine;

import dev.carafe.linux.ErrnoException;
import dev.carafe.linux.Fd;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * A process behind a wall, as the one who started it sees it: a container's first, or a further
 * one. All methods may be called from any thread.
 */
interface Started extends AutoCloseable {
    /**
     * Its number in the JVM's PID namespace: the process's own, or that of the hypervisor behind
     * which it runs.
     */
    int pid();

    /** A descriptor that is readable once the process has ended, for those who poll. */
    Fd ended();

    /**
     * Waits for the end. Blocks the calling platform thread.
     *
     * @return the exit code, or 128 plus the number of the signal that ended it
     */
    int await() throws ErrnoException;

    /** The status as {@link #await} gives it; empty while the process runs. */
    OptionalInt poll() throws ErrnoException;

    /** Why it ended, after the end, where the exit code alone does not say so. */
    default Optional<String> failure() {
        return Optional.empty();
    }

    /**
     * Sends a signal, 1 to 64.
     *
     * @return false when the process has ended
     */
    boolean signal(int signal) throws ErrnoException;

    /** The engine's end of its terminal, when it has one. */
    Optional<Fd> terminal();

    /** Tells the terminal its size, in characters; does nothing without a terminal. */
    void resize(int rows, int columns) throws ErrnoException;

    /** Gives back the descriptors; the process goes on if it still runs. */
    @Override
    void close();
}
