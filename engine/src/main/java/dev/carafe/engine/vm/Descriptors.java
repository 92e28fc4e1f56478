package dev.carafe.engine.vm;

import dev.carafe.linux.Errno;
import dev.carafe.linux.ErrnoException;
import dev.carafe.linux.Fd;
import dev.carafe.linux.Memory;
import dev.carafe.linux.Native;
import dev.carafe.linux.Sys;
import java.nio.file.Path;

/** The few calls on sockets and event descriptors that talking to a guest takes. */
final class Descriptors {
    static final int POLLIN = 1;
    static final int POLLOUT = 4;

    private static final int AF_UNIX = 1;
    private static final int SOCK_STREAM_CLOEXEC = 0x80001;
    private static final int O_PATH_DIRECTORY_CLOEXEC = 0x290000;
    private static final int EFD_CLOEXEC = 0x80000;
    private static final int F_DUPFD_CLOEXEC = 1030;
    private static final int MSG_NOSIGNAL = 0x4000;
    private static final int MSG_WAITALL = 0x100;
    private static final int SHUT_RDWR = 2;

    private Descriptors() {}

    /**
     * Connects to a socket of the file system, however long its path is.
     *
     * @throws ErrnoException ENOENT or ECONNREFUSED when nobody listens
     */
    static Fd connect(Path path) throws ErrnoException {
        try (Memory memory = Memory.borrow()) {
            // sun_path takes 108 bytes: the directory by its descriptor
            long parent = memory.string(String.valueOf(path.getParent()));
            try (Fd directory =
                    new Fd(
                            (int)
                                    Native.check(
                                            "open " + path.getParent(),
                                            Sys.OPENAT,
                                            Fd.AT_FDCWD,
                                            parent,
                                            O_PATH_DIRECTORY_CLOEXEC,
                                            0))) {
                String name = "/proc/self/fd/" + directory.number() + "/" + path.getFileName();
                Fd socket = socket();
                long address = memory.reserve(110);
                byte[] bytes = name.getBytes(java.nio.charset.StandardCharsets.UTF_8);
                memory.view(address, 110).putShort(0, (short) AF_UNIX).put(2, bytes);
                long result =
                        Native.syscall(Sys.CONNECT, socket.number(), address, 2 + bytes.length + 1);
                if (Native.isError(result)) {
                    socket.close();
                    throw new ErrnoException("connect to " + path, (int) -result);
                }
                return socket;
            }
        }
    }

    private static Fd socket() throws ErrnoException {
        return new Fd(
                (int) Native.check("make a socket", Sys.SOCKET, AF_UNIX, SOCK_STREAM_CLOEXEC, 0));
    }

    /** Two connected sockets. */
    static Fd[] pair() throws ErrnoException {
        try (Memory memory = Memory.borrow()) {
            long pair = memory.reserve(8);
            Native.check(
                    "make a socket pair", Sys.SOCKETPAIR, AF_UNIX, SOCK_STREAM_CLOEXEC, 0, pair);
            return new Fd[] {
                new Fd(memory.view(pair, 8).getInt(0)), new Fd(memory.view(pair, 8).getInt(4))
            };
        }
    }

    /** A descriptor that becomes readable, and stays so, once it is {@link #raise raised}. */
    static Fd event() throws ErrnoException {
        return new Fd((int) Native.check("make an event", Sys.EVENTFD2, 0, EFD_CLOEXEC));
    }

    static void raise(Fd event) throws ErrnoException {
        try (Memory memory = Memory.borrow()) {
            long one = memory.reserve(8);
            memory.view(one, 8).putLong(0, 1);
            Native.check("raise an event", Sys.WRITE, event.number(), one, 8);
        }
    }

    static Fd duplicate(long number) throws ErrnoException {
        return new Fd(
                (int)
                        Native.check(
                                "duplicate a descriptor", Sys.FCNTL, number, F_DUPFD_CLOEXEC, 3));
    }

    /** Waits until a descriptor is ready or another one is readable; false for the other alone. */
    static boolean await(int fd, int events, Fd other) throws ErrnoException {
        try (Memory memory = Memory.borrow()) {
            long poll = memory.reserve(16);
            memory.view(poll, 16)
                    .putInt(0, fd)
                    .putShort(4, (short) events)
                    .putInt(8, other.number())
                    .putShort(12, (short) POLLIN);
            Native.check("wait for a descriptor", Sys.PPOLL, poll, 2, 0, 0, 0);
            return memory.view(poll, 16).getShort(6) != 0;
        }
    }

    /** Waits for input; false when none came in time. */
    static boolean await(Fd fd, long millis) throws ErrnoException {
        try (Memory memory = Memory.borrow()) {
            long poll = memory.reserve(8);
            long time = memory.reserve(16);
            memory.view(poll, 8).putInt(0, fd.number()).putShort(4, (short) POLLIN);
            memory.view(time, 16).putLong(0, millis / 1000).putLong(8, millis % 1000 * 1_000_000);
            return Native.check("wait for a descriptor", Sys.PPOLL, poll, 1, time, 0, 0) > 0;
        }
    }

    /** Receives exactly so many bytes; false when the other side closed first. */
    static boolean receive(Fd socket, long buffer, int length) throws ErrnoException {
        long done = 0;
        while (done < length) {
            long got =
                    Native.syscall(
                            Sys.RECVFROM,
                            socket.number(),
                            buffer + done,
                            length - done,
                            MSG_WAITALL,
                            0,
                            0);
            if (got == -Errno.EINTR) {
                continue;
            }
            if (got == 0 || got == -Errno.ECONNRESET) {
                return false;
            }
            if (Native.isError(got)) {
                throw new ErrnoException("receive from a guest", (int) -got);
            }
            done += got;
        }
        return true;
    }

    /** Sends everything; false when the other side is gone. */
    static boolean send(Fd socket, long buffer, long length) throws ErrnoException {
        long done = 0;
        while (done < length) {
            long sent =
                    Native.syscall(
                            Sys.SENDTO,
                            socket.number(),
                            buffer + done,
                            length - done,
                            MSG_NOSIGNAL,
                            0,
                            0);
            if (sent == -Errno.EINTR) {
                continue;
            }
            if (sent == -Errno.EPIPE || sent == -Errno.ECONNRESET) {
                return false;
            }
            if (Native.isError(sent)) {
                throw new ErrnoException("send to a guest", (int) -sent);
            }
            done += sent;
        }
        return true;
    }

    /** Ends both directions, which wakes whoever waits on the socket. */
    static void shutDown(Fd socket) {
        Native.syscall(Sys.SHUTDOWN, socket.number(), SHUT_RDWR);
    }
}
