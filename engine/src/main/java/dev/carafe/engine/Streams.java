package dev.carafe.engine;

import dev.carafe.linux.ErrnoException;
import dev.carafe.linux.Fd;
import dev.carafe.linux.Memory;
import dev.carafe.linux.Named;
import dev.carafe.linux.Native;
import dev.carafe.linux.Sys;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The descriptors behind a {@link Stdio}: what the container gets, and the engine's ends of pipes.
 */
final class Streams implements AutoCloseable {
    private static final String[] NAMES = {"stdin", "stdout", "stderr"};
    private static final int O_CLOEXEC = 0x80000;
    private static final int O_RDWR = 2;

    private final List<Named> numbers = new ArrayList<>();
    private final List<Fd> containers = new ArrayList<>();
    private final @Nullable Fd[] ours = new Fd[3];

    private Streams() {}

    static Streams open(Stdio stdio) throws ErrnoException {
        Streams streams = new Streams();
        Stdio.Stream[] three = {stdio.in(), stdio.out(), stdio.err()};
        try {
            for (int i = 0; i < 3; i++) {
                streams.open(i, three[i]);
            }
            return streams;
        } catch (ErrnoException e) {
            streams.abandon();
            throw e;
        }
    }

    private void open(int i, Stdio.Stream stream) throws ErrnoException {
        int number =
                switch (stream) {
                    case INHERIT -> i;
                    case NULL -> keep(devNull()).number();
                    case PIPE -> pipe(i).number();
                };
        numbers.add(new Named(NAMES[i], number));
    }

    private static Fd devNull() throws ErrnoException {
        try (Memory memory = Memory.borrow()) {
            long path = memory.string("/dev/null");
            return new Fd(
                    (int)
                            Native.check(
                                    "open /dev/null",
                                    Sys.OPENAT,
                                    Fd.AT_FDCWD,
                                    path,
                                    O_RDWR | O_CLOEXEC));
        }
    }

    private Fd pipe(int i) throws ErrnoException {
        try (Memory memory = Memory.borrow()) {
            long pair = memory.reserve(8);
            Native.check("make a pipe", Sys.PIPE2, pair, O_CLOEXEC);
            Fd read = new Fd(memory.view(pair, 8).getInt(0));
            Fd write = new Fd(memory.view(pair, 8).getInt(4));
            ours[i] = i == 0 ? write : read;
            return keep(i == 0 ? read : write);
        }
    }

    private Fd keep(Fd fd) {
        containers.add(fd);
        return fd;
    }

    /** What the container gets as 0, 1 and 2. */
    List<Named> numbers() {
        return numbers;
    }

    /** The engine's end of a pipe, which the caller takes over; null when the stream is no pipe. */
    @Nullable Fd end(int i) {
        return ours[i];
    }

    /** Closes everything, of a container that did not start. */
    void abandon() {
        close();
        for (Fd fd : ours) {
            if (fd != null) {
                fd.close();
            }
        }
    }

    /** Closes the container's ends, which it has by now. */
    @Override
    public void close() {
        containers.forEach(Fd::close);
    }
}
