package dev.carafe.engine;

import dev.carafe.engine.vm.GuestProcess;
import dev.carafe.linux.ErrnoException;
import dev.carafe.linux.Fd;
import java.io.IOException;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.function.Supplier;

/** A process of a guest. */
final class GuestProcessStarted implements Started {
    private final GuestProcess process;
    private final int hypervisor;
    private final Supplier<Optional<String>> failure;

    /**
     * @param failure why the machine ended before the process, once it has
     */
    GuestProcessStarted(GuestProcess process, int hypervisor, Supplier<Optional<String>> failure) {
        this.process = process;
        this.hypervisor = hypervisor;
        this.failure = failure;
    }

    @Override
    public int pid() {
        return hypervisor;
    }

    @Override
    public Fd ended() {
        return process.ended();
    }

    @Override
    public int await() throws ErrnoException {
        return process.await();
    }

    @Override
    public OptionalInt poll() {
        return process.poll();
    }

    @Override
    public Optional<String> failure() {
        return failure.get();
    }

    @Override
    public boolean signal(int signal) {
        try {
            return process.signal(signal);
        } catch (IOException e) {
            throw new EngineException(
                    EngineException.Code.FAILED, String.valueOf(e.getMessage()), e);
        }
    }

    @Override
    public Optional<Fd> terminal() {
        return process.terminal();
    }

    @Override
    public void resize(int rows, int columns) throws ErrnoException {
        process.resize(rows, columns);
    }

    @Override
    public void close() {
        process.close();
    }
}
