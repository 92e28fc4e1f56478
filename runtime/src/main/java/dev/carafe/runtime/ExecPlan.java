package dev.carafe.runtime;

import dev.carafe.linux.Errno;
import dev.carafe.linux.Fd;
import dev.carafe.linux.Label;
import dev.carafe.linux.Plan;
import dev.carafe.linux.PlanException;
import dev.carafe.linux.Stage;
import dev.carafe.linux.Step;
import dev.carafe.linux.Sys;
import dev.carafe.oci.runtime.Namespace;
import dev.carafe.oci.runtime.Process;
import dev.carafe.runtime.cgroup.Cgroup;
import dev.carafe.runtime.seccomp.SeccompFilter;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The sequence of a further process in a running container: from the first step of the stage to the
 * execve, in {@link #write}.
 *
 * <p>What runs in the container already is hostile. The stage stays out of its sight, in the PID
 * namespace of the engine, until it has no capability and no descriptor more than the process that
 * it becomes (CVE-2016-9962).
 */
final class ExecPlan {
    private static final int PR_SET_DUMPABLE = 4;

    private final Process process;
    private final long namespaces;
    private final Optional<Cgroup> cgroup;
    private final Plan plan;
    private final long cloneFlags;
    private final ProcessSteps steps;
    private @Nullable Step pid;
    private @Nullable Step directory;

    /**
     * @param plan what the sequence is appended to
     * @param cloneFlags of the clone that enters the PID namespace
     * @param namespaces what is joined, as CLONE_NEW* flags
     * @param available the capabilities that the process can have at all
     */
    ExecPlan(
            Plan plan,
            long cloneFlags,
            Process process,
            long namespaces,
            Optional<Cgroup> cgroup,
            Optional<SeccompFilter> seccomp,
            long available) {
        this.plan = plan;
        this.cloneFlags = cloneFlags;
        this.process = process;
        this.namespaces = namespaces;
        this.cgroup = cgroup;
        boolean someUser = (namespaces & Namespaces.flag(Namespace.Type.USER)) != 0;
        this.steps = new ProcessSteps(plan, process, seccomp, available, someUser);
    }

    Plan plan() {
        return plan;
    }

    ProcessSteps steps() {
        return steps;
    }

    /** The clone whose result is the process's number; null where the first clone made it. */
    @Nullable Step pid() {
        return pid;
    }

    /** What a failing step means that the user can do something about; null for the others. */
    @Nullable StartException told(PlanException e) {
        if (e.step() != directory) {
            return null;
        }
        return new StartException(
                e.errno() == Errno.ENOENT
                        ? StartException.Kind.NOT_FOUND
                        : StartException.Kind.NOT_EXECUTABLE,
                "the working directory " + process.cwd() + ": " + Errno.text(e.errno()),
                e);
    }

    /** Appends the whole sequence. */
    void write() {
        steps.resetSignals();
        steps.oomScore(); // by the host's /proc
        cgroup.ifPresent(group -> group.join(plan));
        plan.call("nobody inside may trace the stage", Sys.PRCTL, PR_SET_DUMPABLE, 0);
        if (namespaces != 0) {
            plan.call("into the container", Sys.SETNS, Stage.TARGET, namespaces);
        }
        if (process.terminal()) {
            Step root =
                    plan.call(
                            "the container's root",
                            Sys.OPENAT,
                            Fd.AT_FDCWD,
                            "/",
                            Inside.O_PATH | Inside.O_DIRECTORY | Inside.O_CLOEXEC);
            steps.openTerminal(new Inside(plan, root));
            steps.terminalStreams();
            steps.handTerminalOver();
        }
        steps.closeDescriptors();
        steps.rlimits();
        directory = steps.changeDirectory();
        steps.earlyFilter();
        steps.becomeUser();
        if ((namespaces & Namespaces.flag(Namespace.Type.PID)) != 0) {
            Label child = plan.label();
            pid = Namespaces.child(plan, cloneFlags, child);
            plan.place(child);
        }
        plan.call("a session of its own", Sys.SETSID).accept(Errno.EPERM);
        if (process.terminal()) {
            steps.controllingTerminal();
        }
        steps.lateFilter();
        steps.execute();
    }
}
