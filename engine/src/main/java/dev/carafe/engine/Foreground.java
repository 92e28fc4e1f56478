package dev.carafe.engine;

import dev.carafe.linux.ErrnoException;
import dev.carafe.linux.SignalPipe;
import dev.carafe.linux.Terminal;

/**
 * Runs a container in the foreground of this process: with its terminal, its streams and its
 * signals, which nothing else in the JVM may handle meanwhile.
 */
public final class Foreground {
    private Foreground() {}

    /** Is told what happens. */
    public interface Listener {
        /** The container has started. */
        void started(Container container);

        /** Something for the user to read, such as why a container is killed. */
        void note(String text);
    }

    /**
     * Whether a standard stream of this process is a terminal.
     *
     * @param stream 0 to 2
     */
    public static boolean isTerminal(int stream) {
        return Terminal.is(stream);
    }

    /** Lines and columns of a terminal; 24 and 80 where it does not say. */
    public record Size(int rows, int columns) {}

    /** The size, at this moment, of the terminal that a standard stream is. */
    public static Size size(int stream) {
        try {
            Terminal.Size size = Terminal.size(stream);
            return new Size(
                    size.rows() == 0 ? 24 : size.rows(), size.columns() == 0 ? 80 : size.columns());
        } catch (ErrnoException e) {
            return new Size(24, 80);
        }
    }

    /**
     * Starts a container and stays with it until it has ended. With a terminal and input, this
     * process's own terminal is raw meanwhile; the detach keys stop this process for its shell,
     * whose {@code fg} and {@code bg} go on.
     *
     * @param passSignals whether signals to this process go to the container; if not, those that
     *     ask for an end kill it
     * @return the exit code, or 128 plus the number of the signal that ended it
     * @throws EngineException when it can't be started; nothing is left of it
     */
    public static int run(
            Engine engine, RunOptions options, boolean passSignals, Listener listener) {
        if (options.tty() && Terminal.is(0)) {
            Size size = size(0);
            options.consoleSize(size.rows(), size.columns());
        }
        // signals first: none is lost between the start and the poll
        try (SignalPipe signals = SignalPipe.open(Attach.SIGNALS);
                Container container =
                        engine.run(options, stdio(options.tty(), options.interactive()))) {
            listener.started(container);
            try (Attach attach =
                    new Attach(
                            container.first(),
                            signals,
                            passSignals ? Attach.Requests.PASS : Attach.Requests.KILL,
                            options.interactive(),
                            options.detachKeys(),
                            listener)) {
                attach.run();
            }
            int code = container.waitFor();
            if (container.failure().isPresent()) {
                listener.note(container.failure().get());
            }
            return code;
        } catch (ErrnoException e) {
            throw new EngineException(
                    EngineException.Code.FAILED, String.valueOf(e.getMessage()), e);
        }
    }

    /**
     * Starts a further process in a running container and stays with it until it has ended. Signals
     * that ask this process to end leave it alone.
     *
     * @param container its name, id, or the beginning of its id
     * @return the exit code, or 128 plus the number of the signal that ended it, or this process
     * @throws EngineException when it can't be started
     */
    public static int exec(Engine engine, String container, ExecOptions options) {
        if (options.tty() && Terminal.is(0)) {
            Size size = size(0);
            options.consoleSize(size.rows(), size.columns());
        }
        try (SignalPipe signals = SignalPipe.open(Attach.OWN_SIGNALS);
                ContainerProcess process =
                        engine.exec(
                                container, options, stdio(options.tty(), options.interactive()))) {
            int left;
            try (Attach attach =
                    new Attach(
                            process,
                            signals,
                            Attach.Requests.LEAVE,
                            options.interactive(),
                            options.detachKeys(),
                            null)) {
                left = attach.run();
            }
            return left != 0 ? 128 + left : process.waitFor();
        } catch (ErrnoException e) {
            throw new EngineException(
                    EngineException.Code.FAILED, String.valueOf(e.getMessage()), e);
        }
    }

    private static Stdio stdio(boolean tty, boolean interactive) {
        if (tty) {
            return Stdio.OUTPUT;
        }
        return new Stdio(interactive ? stream(0) : Stdio.Stream.NULL, stream(1), stream(2));
    }

    /**
     * A container never holds our terminal itself: it could read what is typed there, or change its
     * mode.
     */
    private static Stdio.Stream stream(int fd) {
        return Terminal.is(fd) ? Stdio.Stream.PIPE : Stdio.Stream.INHERIT;
    }
}
