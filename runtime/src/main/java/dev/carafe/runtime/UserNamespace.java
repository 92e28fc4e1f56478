package dev.carafe.runtime;

import dev.carafe.linux.Blob;
import dev.carafe.linux.Named;
import dev.carafe.linux.Native;
import dev.carafe.linux.Pidfd;
import dev.carafe.linux.Plan;
import dev.carafe.linux.PlanException;
import dev.carafe.linux.PlanRun;
import dev.carafe.linux.Stage;
import dev.carafe.linux.Sys;
import dev.carafe.oci.runtime.IdMapping;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/**
 * Runs a program of the host as root of a user namespace: what an ordinary user needs to touch
 * files whose owners are ids of the user's range.
 */
public final class UserNamespace {
    private static final long CLONE_NEWUSER = 0x10000000L;
    private static final long CLONE_NEWNS = 0x20000L;
    private static final int PR_SET_PDEATHSIG = 1;
    private static final int SIGTERM = 15;
    private static final int SIG_SETMASK = 2;

    private UserNamespace() {}

    /** Whether this process is in another user namespace than the host's first. */
    static boolean isInside() {
        try {
            return !Files.readString(Path.of("/proc/self/uid_map")).strip().endsWith(" 4294967295");
        } catch (IOException e) {
            return false; // a kernel without user namespaces
        }
    }

    /**
     * Runs it to its end, with the JVM's output and errors.
     *
     * @return its exit code, or 128 plus the signal's number
     */
    public static int run(List<IdMapping> uids, List<IdMapping> gids, List<String> command)
            throws StartException, IOException {
        return run(uids, gids, command, List.of());
    }

    /**
     * Runs it to its end in a mount namespace of its own as well, with the JVM's streams. It is
     * asked to end when the thread that called ends, so that it does not outlive this JVM.
     *
     * @param environment each "NAME=value"
     * @return its exit code, or 128 plus the signal's number
     */
    public static int run(
            List<IdMapping> uids,
            List<IdMapping> gids,
            List<String> command,
            List<String> environment)
            throws StartException, IOException {
        IdMaps ids =
                new IdMaps(uids, gids, Native.syscall(Sys.GETEUID), Native.syscall(Sys.GETEGID));
        Plan plan = Stage.plan();
        plan.call(
                "no signal stays blocked",
                Sys.RT_SIGPROCMASK,
                SIG_SETMASK,
                Blob.room(8, "none"),
                0,
                8);
        plan.call("it ends with its starter", Sys.PRCTL, PR_SET_PDEATHSIG, SIGTERM);
        plan.call("the engine's pipe ends at exec", Sys.FCNTL, Stage.ALIVE, 2, 1);
        plan.call("the plan's memory is not inherited", Sys.CLOSE, Stage.PLAN);
        plan.call(
                "the program",
                Sys.EXECVE,
                command.getFirst(),
                Blob.strings(command, command.toString()),
                Blob.strings(environment, "the environment"));
        List<Named> stdio =
                List.of(new Named("stdin", 0), new Named("stdout", 1), new Named("stderr", 2));
        Plan launch = new Plan();
        try (Stage stage = Stage.of(plan)) {
            stage.launch(
                    launch,
                    new Stage.Clone(
                            CLONE_NEWUSER | CLONE_NEWNS, ids.gated(), ids.self(), stdio, -1));
            try (PlanRun run = PlanRun.of(launch);
                    Pidfd child = stage.started(run)) {
                try {
                    ids.admit(stage, run, child.pid());
                    stage.await(run);
                } finally {
                    child.await();
                }
                return child.await();
            }
        } catch (PlanException e) {
            throw new StartException(StartException.Kind.FAILED, String.valueOf(e.getMessage()), e);
        }
    }
}
