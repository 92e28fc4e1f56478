package dev.carafe.linux;

import java.nio.ByteBuffer;
import java.util.OptionalInt;

/**
 * A child process of this JVM, held by a descriptor so that its number cannot be mistaken
 * (pidfd_open(2)).
 */
public final class Pidfd implements AutoCloseable {
    private static final int P_PIDFD = 3;
    private static final int WEXITED = 4;
    private static final int WNOHANG = 1;
    private static final int CLD_EXITED = 1;
    private static final int POLLIN = 1;

    private final Fd fd;
    private final int pid;
    private OptionalInt status = OptionalInt.empty();

    Pidfd(Fd fd, int pid) {
        this.fd = fd;
        this.pid = pid;
    }

    /** Holds a child of this JVM by its number. */
    public static Pidfd open(int pid) throws ErrnoException {
        return new Pidfd(
                new Fd((int) Native.check("open process " + pid, Sys.PIDFD_OPEN, pid, 0)), pid);
    }

    /** The process's number in the JVM's PID namespace. */
    public int pid() {
        return pid;
    }

    /** The descriptor, readable once the process has ended. */
    public Fd fd() {
        return fd;
    }

    /**
     * Waits for the end and reaps. Blocks the calling platform thread in the kernel.
     *
     * @return the exit code, or 128 plus the signal's number
     */
    public int await() throws ErrnoException {
        try (Memory memory = Memory.borrow()) {
            long poll = memory.reserve(8);
            memory.view(poll, 8).putInt(0, fd.number()).putShort(4, (short) POLLIN);
            Native.check("wait for a process", Sys.PPOLL, poll, 1, 0, 0, 0);
        }
        OptionalInt ended = poll();
        return ended.isPresent() ? ended.getAsInt() : await();
    }

    /** The status as {@link #await} gives it, or empty while the process runs. Reaps once. */
    public synchronized OptionalInt poll() throws ErrnoException {
        if (status.isPresent()) {
            return status;
        }
        try (Memory memory = Memory.borrow()) {
            long info = memory.reserve(128);
            Native.check(
                    "wait for a process",
                    Sys.WAITID,
                    P_PIDFD,
                    fd.number(),
                    info,
                    WEXITED | WNOHANG,
                    0);
            ByteBuffer view = memory.view(info, 128);
            if (view.getInt(16) == 0) { // si_pid: nothing has changed its state
                return OptionalInt.empty();
            }
            int value = view.getInt(24); // si_status
            status = OptionalInt.of(view.getInt(8) == CLD_EXITED ? value : 128 + value);
            return status;
        }
    }

    /**
     * Sends a signal.
     *
     * @return false when the process has ended
     */
    public boolean signal(int signal) throws ErrnoException {
        long result = Native.syscall(Sys.PIDFD_SEND_SIGNAL, fd.number(), signal, 0, 0);
        if (result == -Errno.ESRCH) {
            return false;
        }
        if (Native.isError(result)) {
            throw new ErrnoException("send signal " + signal, (int) -result);
        }
        return true;
    }

    @Override
    public void close() {
        fd.close();
    }
}
