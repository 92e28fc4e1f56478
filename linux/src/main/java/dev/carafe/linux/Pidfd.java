package dev.carafe.linux;

import java.nio.ByteBuffer;
import java.util.OptionalInt;

/**
 * A process, mostly a child of this JVM, held by a descriptor so that its number cannot be mistaken
 * (pidfd_open(2)).
 */
public final class Pidfd implements AutoCloseable {
    private static final int P_PIDFD = 3;
    private static final int WEXITED = 4;
    private static final int WNOHANG = 1;
    private static final int CLD_EXITED = 1;
    private static final int POLLIN = 1;

    /** _IOWR(0xFF, 11, struct pidfd_info), whose first version has 64 bytes. */
    private static final long PIDFD_GET_INFO = 0xC040FF0BL;

    private static final int PIDFD_INFO_EXIT = 8;
    private static final int INFO = 64;

    private final Fd fd;
    private final int pid;
    private OptionalInt status = OptionalInt.empty();

    Pidfd(Fd fd, int pid) {
        this.fd = fd;
        this.pid = pid;
    }

    /** Holds a process by its number; only of a child of this JVM it tells the status. */
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

    /**
     * Waits for the end, also of a process that is no child of this JVM, and does not reap.
     *
     * @param millis at most so long; negative for any time
     * @return false when it goes on
     */
    public boolean awaitEnd(long millis) throws ErrnoException {
        try (Memory memory = Memory.borrow()) {
            long poll = memory.reserve(8);
            memory.view(poll, 8).putInt(0, fd.number()).putShort(4, (short) POLLIN);
            long time = 0;
            if (millis >= 0) {
                time = memory.reserve(16);
                memory.view(time, 16).putLong(0, millis / 1000).putLong(8, millis % 1000 * 1000000);
            }
            return Native.check("wait for a process", Sys.PPOLL, poll, 1, time, 0, 0) > 0;
        }
    }

    /**
     * What the kernel still tells of a process that has ended and was reaped, by whomever (Linux
     * 6.15).
     *
     * @return the exit code, or 128 plus the signal's number; empty on an older kernel, and before
     *     it is reaped
     */
    public OptionalInt exitInfo() {
        try (Memory memory = Memory.borrow()) {
            long info = memory.reserve(INFO);
            memory.view(info, INFO).putLong(0, PIDFD_INFO_EXIT);
            long result = Native.syscall(Sys.IOCTL, fd.number(), PIDFD_GET_INFO, info);
            ByteBuffer view = memory.view(info, INFO);
            if (Native.isError(result) || (view.getLong(0) & PIDFD_INFO_EXIT) == 0) {
                return OptionalInt.empty();
            }
            return OptionalInt.of(exitCode(view.getInt(INFO - 4)));
        }
    }

    /** The exit code, or 128 plus the signal's number, of a status as wait(2) gives it. */
    public static int exitCode(int status) {
        int signal = status & 0x7f;
        return signal == 0 ? status >> 8 & 0xff : 128 + signal;
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
