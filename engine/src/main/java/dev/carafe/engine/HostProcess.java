package dev.carafe.engine;

import dev.carafe.linux.ErrnoException;
import dev.carafe.linux.Fd;
import dev.carafe.linux.Memory;
import dev.carafe.linux.Native;
import dev.carafe.linux.Sys;
import dev.carafe.runtime.Running;
import java.util.Optional;
import java.util.OptionalInt;

/** A process of this host's kernel, a child of this JVM. */
final class HostProcess implements Started {
    private static final int TIOCSWINSZ = 0x5414;

    private final Running running;

    HostProcess(Running running) {
        this.running = running;
    }

    @Override
    public int pid() {
        return running.process().pid();
    }

    @Override
    public Fd ended() {
        return running.process().fd();
    }

    @Override
    public int await() throws ErrnoException {
        return running.process().await();
    }

    @Override
    public OptionalInt poll() throws ErrnoException {
        return running.process().poll();
    }

    @Override
    public boolean signal(int signal) throws ErrnoException {
        return running.process().signal(signal);
    }

    @Override
    public Optional<Fd> terminal() {
        return running.terminal();
    }

    @Override
    public void resize(int rows, int columns) throws ErrnoException {
        if (running.terminal().isEmpty()) {
            return;
        }
        try (Memory memory = Memory.borrow()) {
            long size = memory.reserve(8);
            memory.view(size, 8).putShort(0, (short) rows).putShort(2, (short) columns);
            Native.check(
                    "resize a terminal",
                    Sys.IOCTL,
                    running.terminal().get().number(),
                    TIOCSWINSZ,
                    size);
        }
    }

    @Override
    public void close() {
        running.process().close();
        running.terminal().ifPresent(Fd::close);
    }
}
