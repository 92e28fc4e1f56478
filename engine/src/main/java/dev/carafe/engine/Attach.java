package dev.carafe.engine;

import dev.carafe.linux.Errno;
import dev.carafe.linux.ErrnoException;
import dev.carafe.linux.Fd;
import dev.carafe.linux.Memory;
import dev.carafe.linux.Native;
import dev.carafe.linux.Signal;
import dev.carafe.linux.SignalPipe;
import dev.carafe.linux.Sys;
import dev.carafe.linux.Terminal;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Joins this process's terminal, streams and signals to those of a container's process until that
 * has ended: one thread, one poll.
 */
final class Attach implements AutoCloseable {
    /**
     * What is passed on, and what the terminal needs. Take them over before the container starts.
     */
    static final int[] SIGNALS = {
        Signal.SIGHUP,
        Signal.SIGINT,
        Signal.SIGQUIT,
        Signal.SIGTERM,
        Signal.SIGUSR1,
        Signal.SIGUSR2,
        Signal.SIGALRM,
        Signal.SIGCONT,
        Signal.SIGWINCH
    };

    /** As many as a further process needs, which gets none of ours. */
    static final int[] OWN_SIGNALS = {
        Signal.SIGHUP,
        Signal.SIGINT,
        Signal.SIGQUIT,
        Signal.SIGTERM,
        Signal.SIGCONT,
        Signal.SIGWINCH
    };

    /** What becomes of a signal to this process. */
    enum Requests {
        /** It goes on to the process; the third that asks for an end kills it. */
        PASS,
        /** One that asks for an end kills it. */
        KILL,
        /** One that asks for an end leaves it alone, as it goes on without us. */
        LEAVE
    }

    private static final int POLLIN = 1;
    private static final int POLLOUT = 4;
    private static final int F_GETFL = 3;
    private static final int F_SETFL = 4;
    private static final int O_NONBLOCK = 0x800;
    private static final int CHUNK = 16 * 1024;
    private static final int MAX_FDS = 6;

    /** The request to end that is not passed on but kills the container; as many as Docker's. */
    private static final int LAST_REQUEST = 3;

    private final ContainerProcess process;
    private final SignalPipe signals;
    private final Requests requests;
    private final DetachKeys detachKeys;
    private final boolean interactive;
    private final Foreground.@Nullable Listener listener;
    private final Memory memory = Memory.borrow();
    private final long pollfds = memory.reserve(8 * MAX_FDS);
    private final long buffer = memory.reserve(CHUNK);
    private final List<Output> outputs = new ArrayList<>();
    private @Nullable Terminal terminal;
    private boolean raw;
    private @Nullable Fd input;
    private byte[] pending = new byte[0];
    private int asked;
    private int left;

    /** From the process to one of our own descriptors. */
    private record Output(Fd from, int to) {}

    Attach(
            ContainerProcess process,
            SignalPipe signals,
            Requests requests,
            boolean interactive,
            Optional<String> detachKeys,
            Foreground.@Nullable Listener listener) {
        this.process = process;
        this.signals = signals;
        this.requests = requests;
        this.interactive = interactive;
        this.detachKeys = DetachKeys.parse(detachKeys.orElse(DetachKeys.USUAL));
        this.listener = listener;
    }

    /**
     * Copies until the process has ended.
     *
     * @return 0, or the signal that made us leave it before
     */
    int run() throws ErrnoException {
        connect();
        boolean ended = false;
        while (!ended && left == 0) {
            int count = fill();
            Native.check("wait for the container", Sys.PPOLL, pollfds, count, 0, 0, 0);
            ended = ready(1);
            for (int signal = signals.next(); signal != 0; signal = signals.next()) {
                signal(signal);
            }
            boolean typed = ready(2);
            copyOutputs();
            if (typed) {
                copyInput();
            }
        }
        // what it wrote last may still be in the pipes
        while (left == 0 && copyOutputs()) {}
        return left;
    }

    private void connect() throws ErrnoException {
        Optional<Fd> master = process.terminal();
        if (master.isPresent()) {
            outputs.add(new Output(nonBlocking(master.get()), 1));
        } else {
            output(1);
            output(2);
        }
        if (interactive) {
            Optional<Fd> to = master.isPresent() ? master : process.pipe(0);
            input = to.isPresent() ? nonBlocking(to.get()) : null;
        }
        if (master.isPresent() && interactive && Terminal.is(0)) {
            terminal = Terminal.of(0);
        }
        takeTerminal();
        resize();
    }

    private void output(int stream) throws ErrnoException {
        Optional<Fd> pipe = process.pipe(stream);
        if (pipe.isPresent()) {
            outputs.add(new Output(nonBlocking(pipe.get()), stream));
        }
    }

    private static Fd nonBlocking(Fd fd) throws ErrnoException {
        long flags = Native.check("read a descriptor's flags", Sys.FCNTL, fd.number(), F_GETFL, 0);
        Native.check(
                "set a descriptor's flags", Sys.FCNTL, fd.number(), F_SETFL, flags | O_NONBLOCK);
        return fd;
    }

    /** Signals, the container's end, and then input, which must stay third, and outputs. */
    private int fill() {
        int count = 0;
        count = poll(count, signals.fd().number(), POLLIN);
        count = poll(count, process.ended().number(), POLLIN);
        if (input != null && pending.length > 0) {
            count = poll(count, input.number(), POLLOUT);
        } else {
            // a terminal in the background is the shell's: reading would stop us
            count = poll(count, input != null && (terminal == null || raw) ? 0 : -1, POLLIN);
        }
        for (Output output : outputs) {
            count = poll(count, output.from.number(), POLLIN);
        }
        return count;
    }

    private int poll(int index, int fd, int events) {
        memory.view(pollfds + 8L * index, 8)
                .putInt(0, fd)
                .putShort(4, (short) events)
                .putShort(6, (short) 0);
        return index + 1;
    }

    private boolean ready(int index) {
        return memory.view(pollfds + 8L * index, 8).getShort(6) != 0;
    }

    private void signal(int signal) throws ErrnoException {
        if (signal == Signal.SIGWINCH) {
            resize();
            return;
        }
        if (signal == Signal.SIGCONT) {
            // the shell's fg and bg
            raw = false;
            takeTerminal();
            resize();
            return;
        }
        if (requests == Requests.LEAVE) {
            left = signal;
            return;
        }
        boolean request = signal == Signal.SIGINT || signal == Signal.SIGTERM;
        boolean pass = requests == Requests.PASS;
        if (request && (++asked == LAST_REQUEST || !pass)) {
            if (pass && listener != null) {
                listener.note("third request to end: the container is killed");
            }
            process.kill(Signal.SIGKILL);
        } else if (pass) {
            process.kill(signal);
        }
    }

    private void resize() throws ErrnoException {
        int fd = terminal != null ? 0 : 1;
        if (process.terminal().isPresent() && Terminal.is(fd)) {
            Terminal.Size size = Terminal.size(fd);
            process.resize(size.rows(), size.columns());
        }
    }

    private void takeTerminal() throws ErrnoException {
        if (terminal != null && !raw && terminal.isForeground()) {
            terminal.raw();
            raw = true;
        }
    }

    private void giveTerminalBack() {
        if (terminal != null && raw) {
            terminal.restore();
            raw = false;
        }
    }

    /** Copies what each output has now; false when there was nothing. */
    private boolean copyOutputs() throws ErrnoException {
        boolean any = false;
        for (int i = outputs.size() - 1; i >= 0; i--) {
            Output output = outputs.get(i);
            long length = Native.syscall(Sys.READ, output.from.number(), buffer, CHUNK);
            if (length > 0 && write(output.to, length)) {
                any = true;
            } else if (length != -Errno.EAGAIN && length != -Errno.EINTR) {
                // the end; for a terminal that is EIO. Or our own reader has gone: pass that on
                outputs.remove(i);
                if (process.terminal().isEmpty()) {
                    output.from.close();
                }
            }
        }
        return any;
    }

    /** Writes all of the buffer's start; false when nobody reads any more. */
    private boolean write(int to, long length) throws ErrnoException {
        long done = 0;
        while (done < length) {
            long result = Native.syscall(Sys.WRITE, to, buffer + done, length - done);
            if (result >= 0) {
                done += result;
            } else if (result == -Errno.EAGAIN) {
                // whoever shares our output made it non-blocking
                poll(0, to, POLLOUT);
                Native.check("wait for the output", Sys.PPOLL, pollfds, 1, 0, 0, 0);
            } else if (result != -Errno.EINTR) {
                return false;
            }
        }
        return true;
    }

    private void copyInput() throws ErrnoException {
        if (pending.length > 0) {
            writeInput();
            return;
        }
        long length = Native.syscall(Sys.READ, 0, buffer, CHUNK);
        if (length == -Errno.EAGAIN || length == -Errno.EINTR) {
            return;
        }
        if (length <= 0) {
            endInput();
            return;
        }
        byte[] typed = new byte[(int) length];
        memory.view(buffer, typed.length).get(typed);
        if (terminal == null) {
            pending = typed;
        } else {
            byte[] pass = new byte[typed.length + detachKeys.length()];
            int passed = detachKeys.feed(typed, typed.length, pass);
            pending = Arrays.copyOf(pass, passed < 0 ? ~passed : passed);
            if (passed < 0) {
                leave();
            }
        }
        writeInput();
    }

    private void writeInput() {
        Fd to = input;
        if (to == null || pending.length == 0) {
            return;
        }
        memory.view(buffer, pending.length).put(pending);
        long written = Native.syscall(Sys.WRITE, to.number(), buffer, pending.length);
        if (written >= 0) {
            pending = Arrays.copyOfRange(pending, (int) written, pending.length);
        } else if (written != -Errno.EAGAIN && written != -Errno.EINTR) {
            pending = new byte[0];
            endInput();
        }
    }

    private void endInput() {
        Fd to = input;
        input = null;
        if (to != null && process.terminal().isEmpty()) {
            to.close();
        } else if (terminal != null) {
            // our terminal is gone; nobody can reach the container's any more
            process.kill(Signal.SIGHUP);
        }
    }

    /** Back to the shell, which can bring us to the foreground again or let us go on behind it. */
    private void leave() throws ErrnoException {
        giveTerminalBack();
        Native.check("stop for the shell", Sys.KILL, 0, Signal.SIGTSTP);
        takeTerminal();
        resize();
    }

    @Override
    public void close() {
        giveTerminalBack();
        memory.close();
    }
}
