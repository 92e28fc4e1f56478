package dev.carafe.bench;

import dev.carafe.linux.Blob;
import dev.carafe.linux.ErrnoException;
import dev.carafe.linux.Label;
import dev.carafe.linux.Pidfd;
import dev.carafe.linux.Plan;
import dev.carafe.linux.PlanException;
import dev.carafe.linux.PlanRun;
import dev.carafe.linux.Step;
import dev.carafe.linux.Sys;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * An ordinary process, made the cheapest way there is: clone3 without copying page tables, then
 * execve. A peer that is measured through it pays for itself, not for how Java makes processes.
 */
final class Spawn {
    private static final long CLONE_VM = 0x100;
    private static final long CLONE_VFORK = 0x4000;
    private static final long CLONE_CLEAR_SIGHAND = 0x1_0000_0000L;
    private static final int SIGCHLD = 17;
    private static final int SIG_BLOCK = 0;
    private static final int SIG_SETMASK = 2;
    private static final int AT_FDCWD = -100;
    private static final int O_WRONLY_APPEND_CLOEXEC = 0x80401;
    private static final int O_RDONLY_CLOEXEC = 0x80000;

    private final Plan plan = new Plan();
    private final Step clone;

    /**
     * @param argv the first is the program's path
     * @param output gets what the process writes, to both of its streams; it must exist
     * @param third a file that the process finds open for reading as descriptor 3, or an empty path
     */
    Spawn(List<String> argv, Map<String, String> environment, Path output, Path third) {
        List<String> variables = new ArrayList<>();
        environment.forEach((name, value) -> variables.add(name + "=" + value));
        Blob all = Blob.of(new byte[] {-1, -1, -1, -1, -1, -1, -1, -1}, "all signals");
        Blob mask = Blob.room(8, "mask");
        Label child = plan.label();
        Label end = plan.label();
        plan.call(
                "no handler of the JVM may run in the child",
                Sys.RT_SIGPROCMASK,
                SIG_BLOCK,
                all,
                mask,
                8);
        Blob args =
                Blob.room(88, "{CLONE_VM|CLONE_VFORK}")
                        .u64(0, CLONE_VM | CLONE_VFORK | CLONE_CLEAR_SIGHAND)
                        .u64(32, SIGCHLD);
        clone = plan.call("the process", Sys.CLONE3, args, 88).child(child).ignore();
        plan.call("the JVM's signals again", Sys.RT_SIGPROCMASK, SIG_SETMASK, mask, 0, 8);
        plan.call("the end of this thread's part", Sys.GETPID).onSuccess(end);
        plan.place(child);
        plan.call(
                "no signal stays blocked",
                Sys.RT_SIGPROCMASK,
                SIG_SETMASK,
                Blob.room(8, "none"),
                0,
                8);
        Step none =
                plan.call(
                        "input from nowhere", Sys.OPENAT, AT_FDCWD, "/dev/null", O_RDONLY_CLOEXEC);
        Step out =
                plan.call(
                        "output", Sys.OPENAT, AT_FDCWD, output.toString(), O_WRONLY_APPEND_CLOEXEC);
        int kept = 3;
        if (!third.toString().isEmpty()) {
            Step file =
                    plan.call(
                            "descriptor 3",
                            Sys.OPENAT,
                            AT_FDCWD,
                            third.toString(),
                            O_RDONLY_CLOEXEC);
            plan.call("descriptor 3", Sys.DUP3, file, kept, 0);
            kept++;
        }
        plan.call("input", Sys.DUP3, none, 0, 0);
        plan.call("output", Sys.DUP3, out, 1, 0);
        plan.call("errors", Sys.DUP3, out, 2, 0);
        plan.call("no descriptor of the JVM leaks", Sys.CLOSE_RANGE, kept, 0xFFFFFFFFL, 0);
        plan.call(
                "the program",
                Sys.EXECVE,
                argv.getFirst(),
                Blob.strings(argv, argv.toString()),
                Blob.strings(variables, "environment"));
        plan.place(end);
    }

    /** Starts the process; the caller waits for it. */
    Pidfd start() throws IOException {
        try (PlanRun run = PlanRun.of(plan)) {
            int pid = Math.toIntExact(run.result(clone));
            if (pid < 0) {
                throw new ErrnoException("clone3", -pid);
            }
            Pidfd process = Pidfd.open(pid);
            PlanException failure = run.childFailure();
            if (failure != null) {
                process.await();
                process.close();
                throw new IOException(failure.getMessage(), failure);
            }
            return process;
        } catch (PlanException e) {
            throw new IOException(e.getMessage(), e);
        }
    }

    /** Starts the process and waits for its end. */
    int run() throws IOException {
        try (Pidfd process = start()) {
            return process.await();
        }
    }

    /** The path of a program in the places of root's PATH; empty when there is none. */
    static String which(String program) {
        for (String dir :
                List.of(
                        "/usr/local/sbin",
                        "/usr/local/bin",
                        "/usr/sbin",
                        "/usr/bin",
                        "/sbin",
                        "/bin")) {
            Path path = Path.of(dir, program);
            if (Files.isExecutable(path)) {
                return path.toString();
            }
        }
        return "";
    }
}
