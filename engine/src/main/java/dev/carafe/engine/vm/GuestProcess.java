package dev.carafe.engine.vm;

import dev.carafe.linux.Errno;
import dev.carafe.linux.ErrnoException;
import dev.carafe.linux.Fd;
import dev.carafe.linux.Memory;
import dev.carafe.linux.Named;
import dev.carafe.linux.Native;
import dev.carafe.linux.Plan;
import dev.carafe.linux.PlanException;
import dev.carafe.linux.Step;
import dev.carafe.linux.Sys;
import dev.carafe.runtime.StartException;
import dev.carafe.runtime.StartSequence;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import org.jspecify.annotations.Nullable;

/**
 * A process in a guest, as the one who started it sees it. Two threads copy between its port and
 * the descriptors that it was given, or its terminal. All methods may be called from any thread.
 */
public final class GuestProcess implements AutoCloseable {
    private static final int SIGKILL = 9;

    private static final long START_MILLIS = 60_000;

    /** How long output may be on its way after the end of a process that has left others. */
    private static final long LATE_OUTPUT_MILLIS = 300;

    private final Fd port;
    private final ControlPort control;
    private final @Nullable Fd[] stdio = new Fd[3];
    private final @Nullable Fd terminal;
    private final Fd ended = Descriptors.event();
    private final Object sending = new Object();
    private final Finish finish;
    private final long[] copiers = new long[2];
    private final boolean[] open = {true, true};
    private long pid;
    private OptionalInt status = OptionalInt.empty();

    /** What is done when the process has ended and all of its output is here. */
    interface Finish {
        /**
         * @param status the exit code, when the guest told it
         * @return the exit code to give
         */
        int finish(OptionalInt status) throws IOException;
    }

    private GuestProcess(
            Fd port, ControlPort control, List<Named> given, boolean tty, Finish finish)
            throws ErrnoException {
        this.port = port;
        this.control = control;
        this.finish = finish;
        if (tty) {
            Fd[] pair = Descriptors.pair();
            terminal = pair[0];
            stdio[0] = pair[1];
            stdio[1] = pair[1];
            open[1] = false;
        } else {
            terminal = null;
            for (int i = 0; i < 3; i++) {
                stdio[i] = Descriptors.duplicate(given.get(i).value());
            }
        }
    }

    /**
     * Waits until a process, whose plan was sent, has started.
     *
     * @param port the connected socket of its port, which this takes over
     * @param stdio three descriptors, which stay the caller's; ignored for a terminal
     * @throws StartException when a step failed
     */
    static GuestProcess started(
            Fd port,
            ControlPort control,
            Plan plan,
            Plan.Layout layout,
            StartSequence sequence,
            List<Named> stdio,
            boolean tty,
            Finish finish)
            throws IOException, StartException, PlanException {
        GuestProcess process = new GuestProcess(port, control, stdio, tty, finish);
        try {
            process.awaitStart(plan, layout, sequence);
        } catch (IOException | StartException | PlanException e) {
            process.closeDescriptors();
            throw e;
        }
        thread("out", process::copyOut);
        thread("in", process::copyIn);
        return process;
    }

    private interface Body {
        void run() throws IOException;
    }

    private static void thread(String name, Body body) {
        Thread thread =
                new Thread(
                        () -> {
                            try {
                                body.run();
                            } catch (IOException | IllegalStateException e) {
                                // the machine or the descriptor is gone: the end is told by finish
                            }
                        },
                        "carafe-vm-" + name);
        thread.setDaemon(true);
        thread.start();
    }

    private void awaitStart(Plan plan, Plan.Layout layout, StartSequence sequence)
            throws IOException, StartException, PlanException {
        int length = ProcessPlan.RESULTS + 8 * sequence.execs().size();
        try (Memory memory = Memory.borrow()) {
            long buffer = memory.reserve(Guest.HEADER + length);
            if (!Descriptors.await(port, START_MILLIS)) {
                throw new VmException(
                        "the guest did not start its process within " + START_MILLIS / 1000 + " s");
            }
            if (!Descriptors.receive(port, buffer, Guest.HEADER + length)) {
                throw new IOException("the machine ended before its process had started");
            }
            ByteBuffer report = memory.view(buffer, Guest.HEADER + length);
            if (report.getLong(0) != length || report.getLong(8) != Guest.STARTED) {
                throw new IOException("the guest does not speak as it should");
            }
            report.position(Guest.HEADER);
            ByteBuffer told = report.slice().order(report.order());
            pid = told.getLong(ProcessPlan.PID);
            failure(plan, layout, told, ProcessPlan.CHILD_STEP, sequence);
            failure(plan, layout, told, ProcessPlan.GRANDCHILD_STEP, sequence);
            if (pid < 0) {
                throw new IOException("the guest could not clone: " + Errno.text((int) -pid));
            }
        }
    }

    private static void failure(
            Plan plan, Plan.Layout layout, ByteBuffer told, int slot, StartSequence sequence)
            throws StartException, PlanException {
        long address = told.getLong(slot);
        if (address == 0) {
            return;
        }
        Step step = plan.steps().get(layout.stepAt(address));
        List<Step> execs = sequence.execs();
        if (!execs.contains(step)) {
            PlanException failed = new PlanException(step, (int) told.getLong(slot + 8));
            StartException known = sequence.told(failed);
            if (known != null) {
                throw known;
            }
            throw failed;
        }
        List<Long> results = new ArrayList<>();
        for (int i = 0; i < execs.size(); i++) {
            results.add(told.getLong(ProcessPlan.RESULTS + 8 * i));
        }
        throw sequence.notExecuted(results);
    }

    /** Its number in the guest's first PID namespace. */
    long guestPid() {
        return pid;
    }

    /** Frames to streams, until the process has ended and its streams too. */
    private void copyOut() throws IOException {
        OptionalInt told = OptionalInt.empty();
        try (Memory memory = Memory.borrow()) {
            long buffer = memory.reserve(Guest.HEADER + Guest.CHUNK);
            while (told.isEmpty() || open[0] || open[1]) {
                if (told.isPresent() && !Descriptors.await(port, LATE_OUTPUT_MILLIS)) {
                    break;
                }
                if (!Descriptors.receive(port, buffer, Guest.HEADER)) {
                    break;
                }
                ByteBuffer header = memory.view(buffer, Guest.HEADER);
                int length = (int) Math.min(header.getLong(0), Guest.CHUNK);
                int kind = (int) header.getLong(8);
                if (!Descriptors.receive(port, buffer, length)) {
                    break;
                }
                ByteBuffer bytes = memory.view(buffer, Math.max(length, 8));
                switch (kind) {
                    case Guest.OUT, Guest.ERR -> output(kind, buffer, length);
                    case Guest.COPIERS -> {
                        copiers[0] = bytes.getLong(0);
                        copiers[1] = memory.view(buffer, 16).getLong(8);
                    }
                    case Guest.EXITED -> told = OptionalInt.of(code((int) bytes.getLong(0)));
                    default -> {}
                }
            }
        } finally {
            over(told);
        }
    }

    /** The exit code that a wait status (wait(2)) means. */
    static int code(int waitStatus) {
        int signal = waitStatus & 0x7F;
        return signal == 0 ? waitStatus >> 8 & 0xFF : 128 + signal;
    }

    private void output(int kind, long buffer, int length) throws ErrnoException {
        int stream = kind == Guest.OUT ? 1 : 2;
        if (length == 0) {
            end(stream);
            return;
        }
        Fd to = stdio[stream];
        if (to == null) {
            return; // its reader has gone; what was on its way
        }
        long done = 0;
        while (done < length) {
            long result = Native.syscall(Sys.WRITE, to.number(), buffer + done, length - done);
            if (result >= 0) {
                done += result;
            } else if (result == -Errno.EAGAIN) {
                Descriptors.await(to.number(), Descriptors.POLLOUT, ended);
            } else if (result != -Errno.EINTR) {
                end(stream);
                readerGone(kind);
                return;
            }
        }
    }

    /** Closes our side of an output: its reader sees the end. */
    private void end(int stream) {
        open[stream - 1] = false;
        Fd to = stdio[stream];
        stdio[stream] = null;
        if (to != null && terminal == null) {
            to.close();
        }
    }

    /** Ends the one who copies in the guest, so that the process gets SIGPIPE as everywhere. */
    private void readerGone(int kind) {
        long copier = copiers[kind == Guest.OUT ? 0 : 1];
        if (copier > 0) {
            thread(
                    "pipe",
                    () -> {
                        try {
                            control.kill(copier, SIGKILL);
                        } catch (PlanException e) {
                            // it has ended by itself
                        }
                    });
        }
    }

    private void over(OptionalInt told) throws IOException {
        Descriptors.shutDown(port);
        int code = 128 + SIGKILL;
        try {
            code = finish.finish(told);
        } finally {
            synchronized (this) {
                status = OptionalInt.of(code);
            }
            for (int stream = 1; stream < 3; stream++) {
                end(stream);
            }
            if (terminal != null) {
                Fd ours = stdio[0];
                if (ours != null) {
                    Descriptors.shutDown(ours);
                }
            }
            Descriptors.raise(ended);
        }
    }

    /** Input to frames, until it ends or the process does. */
    private void copyIn() throws IOException {
        Fd from = stdio[0];
        if (from == null) {
            return;
        }
        try (Memory memory = Memory.borrow()) {
            long buffer = memory.reserve(Guest.HEADER + Guest.CHUNK);
            while (true) {
                if (!Descriptors.await(from.number(), Descriptors.POLLIN, ended)) {
                    return;
                }
                long got =
                        Native.syscall(Sys.READ, from.number(), buffer + Guest.HEADER, Guest.CHUNK);
                if (got == -Errno.EAGAIN || got == -Errno.EINTR) {
                    continue;
                }
                long length = Math.max(got, 0);
                if (!send(memory, buffer, length, Guest.INPUT) || length == 0) {
                    return;
                }
            }
        } finally {
            if (terminal == null) {
                from.close();
            }
        }
    }

    private boolean send(Memory memory, long buffer, long length, int kind) throws ErrnoException {
        memory.view(buffer, Guest.HEADER).putLong(0, length).putLong(8, kind);
        synchronized (sending) {
            return Descriptors.send(port, buffer, Guest.HEADER + length);
        }
    }

    /** A descriptor that is readable once the process has ended. */
    public Fd ended() {
        return ended;
    }

    /**
     * Waits for the end. Blocks the calling platform thread.
     *
     * @return the exit code, or 128 plus the number of the signal that ended it
     */
    public int await() throws ErrnoException {
        Descriptors.await(ended.number(), Descriptors.POLLIN, ended);
        return poll().orElse(128 + SIGKILL);
    }

    /** The status as {@link #await} gives it; empty while the process runs. */
    public synchronized OptionalInt poll() {
        return status;
    }

    /**
     * Sends a signal, 1 to 64.
     *
     * @return false when the process has ended
     */
    public boolean signal(int signal) throws IOException {
        if (poll().isPresent()) {
            return false;
        }
        try {
            control.kill(pid, signal);
            return true;
        } catch (PlanException e) {
            return false;
        } catch (IOException e) {
            if (poll().isPresent()) {
                return false;
            }
            throw e;
        }
    }

    /** Our end of its terminal, when it has one. */
    public Optional<Fd> terminal() {
        return Optional.ofNullable(terminal);
    }

    /** Tells the terminal its size, in characters; does nothing without a terminal. */
    public void resize(int rows, int columns) throws ErrnoException {
        if (terminal == null || poll().isPresent()) {
            return;
        }
        try (Memory memory = Memory.borrow()) {
            long buffer = memory.reserve(Guest.HEADER + 8);
            memory.view(buffer, Guest.HEADER + 8)
                    .putShort(Guest.HEADER, (short) rows)
                    .putShort(Guest.HEADER + 2, (short) columns);
            send(memory, buffer, 8, Guest.RESIZE);
        }
    }

    private void closeDescriptors() {
        port.close();
        for (Fd fd : stdio) {
            if (fd != null) {
                fd.close();
            }
        }
        if (terminal != null) {
            terminal.close();
        }
        ended.close();
    }

    /** Gives back the descriptors; of a process that has ended. */
    @Override
    public void close() {
        closeDescriptors();
    }
}
