package dev.carafe.linux;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;

/** Sockets with a name in the file system (unix(7)). */
public final class LocalSocket {
    private static final int AF_UNIX = 1;
    private static final int SOCK_STREAM_CLOEXEC = 0x80001;
    private static final int ADDRESS = 110; // struct sockaddr_un
    private static final int LONGEST = 107;
    private static final int O_PATH_CLOEXEC = 0x280000;

    private LocalSocket() {}

    /**
     * A stream socket that listens. The directory's path may be longer than the 107 bytes that a
     * socket's address holds; only the user who calls this may connect, until its mode is changed.
     *
     * @param path where nothing is yet
     */
    public static Fd listen(Path path) throws ErrnoException {
        Path parent = path.toAbsolutePath().getParent();
        String what = "listen on " + path;
        try (Memory memory = Memory.borrow();
                Fd directory = open(memory, what, String.valueOf(parent))) {
            byte[] name =
                    ("/proc/self/fd/" + directory.number() + "/" + path.getFileName())
                            .getBytes(StandardCharsets.UTF_8);
            if (name.length > LONGEST) {
                throw new ErrnoException(what, Errno.ENAMETOOLONG);
            }
            long address = memory.reserve(ADDRESS);
            memory.view(address, ADDRESS).putShort(0, (short) AF_UNIX).put(2, name);
            Fd socket =
                    new Fd((int) Native.check(what, Sys.SOCKET, AF_UNIX, SOCK_STREAM_CLOEXEC, 0));
            try {
                // the mode of the socket's own inode becomes that of its name
                Native.check(what, Sys.FCHMOD, socket.number(), 0600);
                Native.check(what, Sys.BIND, socket.number(), address, ADDRESS);
                Native.check(what, Sys.LISTEN, socket.number(), 1);
                return socket;
            } catch (ErrnoException e) {
                socket.close();
                throw e;
            }
        }
    }

    private static Fd open(Memory memory, String what, String path) throws ErrnoException {
        long text = memory.string(path);
        return new Fd((int) Native.check(what, Sys.OPENAT, Fd.AT_FDCWD, text, O_PATH_CLOEXEC));
    }
}
