package dev.carafe.engine.vm;

import dev.carafe.linux.Blob;
import dev.carafe.linux.Elf;
import dev.carafe.linux.Errno;
import dev.carafe.linux.Label;
import dev.carafe.linux.Plan;
import dev.carafe.linux.Stage;
import dev.carafe.linux.Step;
import dev.carafe.linux.Sys;
import dev.carafe.runtime.StartException;
import dev.carafe.runtime.StartSequence;
import java.util.List;
import java.util.function.Consumer;

/**
 * The plan that starts a process in a guest, minds its streams, and tells of its end: one process
 * that waits, and one more for each stream, which copies between the process's pipe (or terminal)
 * and its port.
 */
final class ProcessPlan {
    /** What the STARTED frame holds: where things are in its bytes. */
    static final int CHILD_STEP = 0;

    static final int CHILD_ERRNO = 8;
    static final int GRANDCHILD_STEP = 16;
    static final int GRANDCHILD_ERRNO = 24;
    static final int PID = 32;
    static final int RESULTS = 40;

    /** Where children of a plan that PID 1 runs leave their failing steps: two slots. */
    private static final int CHILD_SLOTS = 64;

    private static final int O_CLOEXEC = 0x80000;
    private static final int AF_UNIX = 1;
    private static final int SOCK_STREAM_CLOEXEC = 0x80001;
    private static final long CLONE_CLEAR_SIGHAND = 0x1_0000_0000L;
    private static final int TIOCSWINSZ = 0x5414;
    private static final int POLLHUP = 0x10;

    private final Plan plan = new Plan();
    private final int port;
    private final boolean terminal;
    private final boolean main;
    private final Blob in = Blob.room(16, "stdin");
    private final Blob out = Blob.room(16, "stdout");
    private final Blob err = Blob.room(16, "stderr");
    private final Blob console = Blob.room(16, "console");
    private final Blob control = Blob.room(24, "SCM_RIGHTS");

    /** Appends what the child does up to its last try to execute the process. */
    interface Sequence {
        StartSequence append(Plan plan) throws StartException;
    }

    /**
     * @param port the process's port
     * @param terminal whether it has a terminal
     * @param main whether the machine ends with it
     */
    ProcessPlan(int port, boolean terminal, boolean main) {
        this.port = port;
        this.terminal = terminal;
        this.main = main;
    }

    /**
     * Writes the plan, which {@link #plan} then gives.
     *
     * @param before appends steps that come first, in the guest's own mount namespace
     * @param namespaces CLONE_NEW* flags of the child
     */
    StartSequence write(Consumer<Plan> before, long namespaces, Sequence sequence)
            throws StartException {
        Blob usual = Blob.room(32, "SIG_DFL");
        plan.call("children are waited for", Sys.RT_SIGACTION, Guest.SIGCHLD, usual, 0, 8);
        Guest.openPort(plan, "the streams' port", port, Guest.PORT);
        Label first = plan.label();
        Label next = plan.label();
        Step preparing =
                Guest.clone(
                        plan,
                        "a child that makes ready, whose failure can be told",
                        Guest.CLONE_VM | Guest.CLONE_VFORK | Guest.CLONE_FS | Guest.CLONE_FILES,
                        "flags=CLONE_VM|CLONE_VFORK|CLONE_FS|CLONE_FILES",
                        first);
        plan.call("it is ready", Sys.WAIT4, preparing, 0, 0, 0);
        plan.go("go on", next);
        plan.place(first);
        before.accept(plan);
        plan.call("ready", Sys.EXIT_GROUP, 0);
        plan.place(next);
        streams();
        Label child = plan.label();
        long flags = namespaces | Guest.CLONE_VM | Guest.CLONE_VFORK | CLONE_CLEAR_SIGHAND;
        Step pid =
                Guest.clone(
                        plan,
                        "the container's first process and its namespaces",
                        flags,
                        "flags=CLONE_VM|CLONE_VFORK|CLONE_CLEAR_SIGHAND|the namespaces",
                        child);
        if (terminal) {
            plan.call("its end", Sys.CLOSE, console.at(4));
            plan.call("the terminal", Sys.RECVMSG, console.at(0), message(), 0);
        } else {
            plan.call("its end of stdin", Sys.CLOSE, in.at(0));
            plan.call("its end of stdout", Sys.CLOSE, out.at(4));
            plan.call("its end of stderr", Sys.CLOSE, err.at(4));
        }
        Label report = plan.label();
        plan.go("tell of the start", report);
        plan.place(child);
        if (terminal) {
            plan.call("where its terminal goes", Sys.DUP3, console.at(4), Stage.CONSOLE, 0);
        } else {
            plan.call("stdin", Sys.DUP3, in.at(0), 0, 0);
            plan.call("stdout", Sys.DUP3, out.at(4), 1, 0);
            plan.call("stderr", Sys.DUP3, err.at(4), 2, 0);
        }
        StartSequence appended = sequence.append(plan);
        Step made = appended.pid();
        Step process = made == null ? pid : made;
        plan.place(report);
        report(process, appended.execs());
        copiers();
        end(process);
        return appended;
    }

    Plan plan() {
        return plan;
    }

    private void copiers() {
        Label pumpIn = plan.label();
        Label pumpOut = plan.label();
        Label pumpErr = plan.label();
        Label copied = plan.label();
        Blob frame = Blob.room(Guest.HEADER + 16, "who copies").u64(0, 16).u64(8, Guest.COPIERS);
        Step clone = Guest.clone(plan, "who copies its output", 0, "flags=0", pumpOut);
        plan.sum("its number", clone, 0, 0, frame.from(Guest.HEADER));
        if (!terminal) {
            clone = Guest.clone(plan, "who copies its errors", 0, "flags=0", pumpErr);
            plan.sum("its number", clone, 0, 0, frame.from(Guest.HEADER + 8));
        }
        Guest.clone(plan, "who copies its input", 0, "flags=0", pumpIn);
        plan.call("tell the host", Sys.WRITE, Guest.PORT, frame, frame.size());
        closeOurs();
        plan.go("wait for the process", copied);
        pumpOut(pumpOut, terminal ? control.at(16) : out.at(0), Guest.OUT);
        if (!terminal) {
            pumpOut(pumpErr, err.at(0), Guest.ERR);
        }
        pumpIn(pumpIn);
        plan.place(copied);
    }

    private void streams() {
        if (terminal) {
            plan.call(
                    "how the terminal comes",
                    Sys.SOCKETPAIR,
                    AF_UNIX,
                    SOCK_STREAM_CLOEXEC,
                    0,
                    console);
        } else {
            plan.call("stdin", Sys.PIPE2, in, O_CLOEXEC);
            plan.call("stdout", Sys.PIPE2, out, O_CLOEXEC);
            plan.call("stderr", Sys.PIPE2, err, O_CLOEXEC);
        }
    }

    private void closeOurs() {
        if (terminal) {
            plan.call("the copiers have it", Sys.CLOSE, control.at(16)).ignore();
            plan.call("done with it", Sys.CLOSE, console.at(0));
        } else {
            plan.call("the copiers have it", Sys.CLOSE, in.at(4));
            plan.call("the copiers have it", Sys.CLOSE, out.at(0));
            plan.call("the copiers have it", Sys.CLOSE, err.at(0));
        }
    }

    /** A msghdr with room for one descriptor, which {@link #control} then holds (unix(7)). */
    private Blob message() {
        Blob iov = Blob.room(16, "iovec").pointer(0, Blob.room(8, "a byte")).u64(8, 1);
        return Blob.room(56, "{SCM_RIGHTS}")
                .pointer(16, iov)
                .u64(24, 1)
                .pointer(32, control)
                .u64(40, 24);
    }

    private void pumpOut(Label at, Object from, int kind) {
        Blob frame = Blob.room(Guest.HEADER + Guest.CHUNK, "frame").u64(8, kind);
        Blob end = Blob.room(Guest.HEADER, "end").u64(8, kind);
        Label again = plan.label();
        Label over = plan.label();
        plan.place(at);
        if (terminal) {
            plan.call("not ours", Sys.CLOSE, console.at(0));
        } else {
            // a copy of the other streams' ends would keep them open
            plan.call("not ours", Sys.CLOSE, in.at(4));
            plan.call("not ours", Sys.CLOSE, (kind == Guest.OUT ? err : out).at(0));
        }
        plan.place(again);
        Step read =
                plan.call("what it writes", Sys.READ, from, frame.from(Guest.HEADER), Guest.CHUNK)
                        .zeroFails()
                        .onError(over);
        plan.sum("its length", read, 0, 0, frame);
        Step length = plan.sum("with its header", read, Guest.HEADER, 0, 0);
        plan.call("to the host", Sys.WRITE, Guest.PORT, frame, length);
        plan.go("the next", again);
        plan.place(over);
        plan.call("the stream's end", Sys.WRITE, Guest.PORT, end, Guest.HEADER);
        plan.call("done", Sys.EXIT_GROUP, 0);
    }

    private void pumpIn(Label at) {
        Blob header = Blob.room(Guest.HEADER, "{length, kind}");
        Blob bytes = Blob.room(Guest.CHUNK, "input");
        Object to = terminal ? control.at(16) : in.at(4);
        Label next = plan.label();
        Label over = plan.label();
        Label resize = plan.label();
        plan.place(at);
        if (terminal) {
            plan.call("not ours", Sys.CLOSE, console.at(0));
        } else {
            plan.call("not ours", Sys.CLOSE, out.at(0));
            plan.call("not ours", Sys.CLOSE, err.at(0));
        }
        plan.place(next);
        Guest.readExactly(plan, "a header", Guest.PORT, header, Guest.HEADER, over);
        plan.sum("an empty frame is the end", header.at(0), 0, 0, 0)
                .zeroFails()
                .onErrno(Errno.ECANCELED, over);
        Guest.readExactly(plan, "the input", Guest.PORT, bytes, header.at(0), over);
        plan.sum("is it a window's size?", header.at(8), 0, Guest.RESIZE, 0)
                .zeroFails()
                .onErrno(Errno.ECANCELED, resize);
        plan.call("to the process", Sys.WRITE, to, bytes, header.at(0)).onError(over);
        plan.go("the next", next);
        plan.place(resize);
        plan.call("the window's size", Sys.IOCTL, to, TIOCSWINSZ, bytes).ignore();
        plan.go("the next", next);
        plan.place(over);
        plan.call("its input ends", Sys.EXIT_GROUP, 0);
    }

    /** Before the copiers are there: nobody else writes to the port. */
    private void report(Step pid, List<Step> execs) {
        int length = RESULTS + 8 * execs.size();
        Blob header =
                Blob.room(Guest.HEADER, "{length, STARTED}").u64(0, length).u64(8, Guest.STARTED);
        Blob rest = Blob.room(length - PID, "the process and its tries");
        plan.sum("the process", pid, 0, 0, rest);
        for (int i = 0; i < execs.size(); i++) {
            plan.sum("a try to execute it", execs.get(i), 0, 0, rest.from(RESULTS - PID + 8 * i))
                    .ignore();
        }
        plan.call("tell the host", Sys.WRITE, Guest.PORT, header, Guest.HEADER);
        plan.call("the step that failed", Sys.WRITE, Guest.PORT, Elf.PLAN + CHILD_SLOTS, PID);
        plan.call("the process", Sys.WRITE, Guest.PORT, rest, rest.size());
    }

    /**
     * Waits for the process and tells of its end: in the record that the host keeps, and to the
     * host if it is there. The machine ends with its first process; where the host is there, it
     * ends the machine when it has all output.
     */
    private void end(Step pid) {
        Blob status = Blob.room(8, "status");
        Blob record = Blob.room(16, "{port, status}").u64(0, port);
        Blob frame = Blob.room(Guest.HEADER + 8, "exit").u64(0, 8).u64(8, Guest.EXITED);
        Blob poll = Blob.room(8, "{port}").u32(0, Guest.PORT);
        Label there = plan.label();
        Label gone = plan.label();
        plan.call("its end", Sys.WAIT4, pid, status, 0, 0);
        plan.sum("for the record", status.at(0), 0, 0, record.from(8));
        plan.sum("for the host", status.at(0), 0, 0, frame.from(Guest.HEADER));
        if (main) {
            plan.call("what it wrote", Sys.SYNC);
        }
        plan.call("on record", Sys.WRITE, Guest.STATUS, record, record.size());
        plan.call("is the host there?", Sys.PPOLL, poll, 1, Blob.room(16, "{0}"), 0, 8)
                .zeroFails()
                .onErrno(Errno.ECANCELED, there);
        plan.go("no", gone);
        plan.place(there);
        plan.call("tell the host", Sys.WRITE, Guest.PORT, frame, frame.size());
        if (main) {
            plan.call("until the host goes", Sys.PPOLL, poll, 1, 0, 0, 8);
        }
        plan.place(gone);
        if (main) {
            plan.call("power off", Sys.REBOOT, 0xFEE1DEADL, 672274793, 0x4321FEDC, 0);
        }
        plan.call("done", Sys.EXIT_GROUP, 0);
    }
}
