package dev.carafe.runtime;

import dev.carafe.linux.Capabilities;
import dev.carafe.linux.DescriptorSocket;
import dev.carafe.linux.ErrnoException;
import dev.carafe.linux.Fd;
import dev.carafe.linux.Named;
import dev.carafe.linux.Native;
import dev.carafe.linux.Pidfd;
import dev.carafe.linux.Plan;
import dev.carafe.linux.PlanException;
import dev.carafe.linux.PlanRun;
import dev.carafe.linux.Stage;
import dev.carafe.linux.Step;
import dev.carafe.linux.Sys;
import dev.carafe.oci.runtime.Linux;
import dev.carafe.oci.runtime.Namespace;
import dev.carafe.oci.runtime.Process;
import dev.carafe.oci.runtime.Spec;
import dev.carafe.runtime.cgroup.Cgroup;
import dev.carafe.runtime.cgroup.CgroupException;
import dev.carafe.runtime.seccomp.SeccompFilter;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Starts a container: the specification becomes two plans, one for a thread of this JVM and one for
 * the container's first process, and these become the process.
 */
public final class Start {
    /**
     * @param spec what to run, valid
     * @param rootfs what its root is made of
     * @param mountPoint an empty directory, on which the root is assembled in the container's own
     *     mount namespace; containers can share it
     * @param cgroup where its limits are; none when the host gives this user no cgroups
     * @param seccomp the filter, when it was compiled before; the specification's is compiled
     *     otherwise
     * @param stdio descriptors for standard input, output and error; ignored for a terminal
     * @param attachments detached mounts of this process that the container takes, each at a place
     *     inside; before the specification's own mounts
     * @param tied whether the process is killed when the thread that starts it ends, also by the
     *     death of this JVM (PR_SET_PDEATHSIG)
     */
    public record Request(
            Spec spec,
            Rootfs rootfs,
            Path mountPoint,
            Optional<Cgroup> cgroup,
            Optional<SeccompFilter> seccomp,
            List<Named> stdio,
            List<Attachment> attachments,
            boolean tied) {
        /** A start that takes no mount of this process, of a container that may outlive it. */
        public Request(
                Spec spec,
                Rootfs rootfs,
                Path mountPoint,
                Optional<Cgroup> cgroup,
                Optional<SeccompFilter> seccomp,
                List<Named> stdio) {
            this(spec, rootfs, mountPoint, cgroup, seccomp, stdio, List.of(), false);
        }
    }

    /**
     * A detached mount (fsmount(2), open_tree(2)) and where it goes.
     *
     * @param mount its descriptor, open until the start is over
     * @param destination an absolute path inside the container
     * @param directory whether its root is a directory
     */
    public record Attachment(Fd mount, String destination, boolean directory) {}

    /** The two plans of a start. */
    public record Plans(Plan launch, Plan container) {}

    private final Request request;
    private final Linux linux;
    private final StartPlan sequence;
    private final IdMaps ids;

    private Start(Request request) throws StartException, ErrnoException {
        this.request = request;
        Spec spec = request.spec();
        Linux known = spec.linux();
        Process process = spec.process();
        if (known == null || process == null || process.args().isEmpty()) {
            throw new StartException(
                    StartException.Kind.FAILED, "the configuration has no process for Linux");
        }
        if (spec.hooks() != null) {
            throw new StartException(
                    StartException.Kind.FAILED,
                    "hooks are not supported; take them out of the configuration");
        }
        this.linux = known;
        long euid = Native.syscall(Sys.GETEUID);
        this.ids = new IdMaps(known, euid, Native.syscall(Sys.GETEGID));
        boolean newUser = Namespaces.isNew(known, Namespace.Type.USER);
        // who shares the engine's mounts shares its user namespace, which need not be the first
        boolean someUser = newUser || request.tied() && UserNamespace.isInside();
        this.sequence =
                new StartPlan(
                        Stage.plan(),
                        spec,
                        known,
                        process,
                        new StartPlan.Host(
                                request.rootfs(),
                                request.mountPoint(),
                                request.cgroup(),
                                filter(known, request),
                                newUser ? Capabilities.FULL : Capabilities.permitted(),
                                euid == 0 && !someUser,
                                someUser,
                                request.attachments(),
                                request.tied(),
                                null));
        sequence.write();
    }

    private static Optional<SeccompFilter> filter(Linux linux, Request request)
            throws StartException {
        Optional<SeccompFilter> filter = request.seccomp();
        if (filter.isEmpty() && linux.seccomp() != null) {
            try {
                filter = Optional.of(SeccompFilter.compile(Native.arch(), linux.seccomp()));
            } catch (IllegalArgumentException e) {
                throw new StartException(
                        StartException.Kind.FAILED, "seccomp: " + e.getMessage(), e);
            }
        }
        if (filter.isPresent() && filter.get().notifies()) {
            throw new StartException(
                    StartException.Kind.FAILED,
                    "seccomp: SCMP_ACT_NOTIFY is not supported: nothing would answer the calls");
        }
        return filter;
    }

    /** The plans, without running them. */
    public static Plans explain(Request request)
            throws StartException, CgroupException, IOException {
        Start start = new Start(request);
        Plan launch = new Plan();
        start.launch(launch, Stage.unreal(start.sequence.plan()), 0);
        return new Plans(launch, start.sequence.plan());
    }

    /**
     * Runs the container's process.
     *
     * @throws StartException when a step failed; the cgroup is removed then
     */
    public static Running run(Request request) throws StartException {
        try {
            return new Start(request).run();
        } catch (ErrnoException e) {
            throw new StartException(StartException.Kind.FAILED, String.valueOf(e.getMessage()), e);
        } catch (StartException | RuntimeException e) {
            removeCgroup(request);
            throw e;
        }
    }

    private static void removeCgroup(Request request) {
        if (request.cgroup().isPresent()) {
            try {
                request.cgroup().get().remove();
            } catch (IOException e) {
                // the start's own failure is what the caller must hear of
            }
        }
    }

    private Running run() throws StartException {
        Process process = request.spec().process();
        boolean terminal = process != null && process.terminal();
        try (Stage stage = Stage.of(sequence.plan())) {
            if (!terminal) {
                return new Running(start(stage, null), Optional.empty());
            }
            try (DescriptorSocket socket = DescriptorSocket.open()) {
                Pidfd child = start(stage, socket);
                return new Running(child, Optional.ofNullable(socket.receive()));
            }
        } catch (IOException | CgroupException | IllegalStateException e) {
            throw new StartException(StartException.Kind.FAILED, String.valueOf(e.getMessage()), e);
        } catch (PlanException e) {
            throw told(e);
        }
    }

    private void launch(Plan launch, Stage stage, int console) throws IOException, CgroupException {
        if (request.cgroup().isPresent()) {
            request.cgroup().get().prepare(launch);
        }
        long flags = Namespaces.cloneFlags(linux);
        stage.launch(
                launch, new Stage.Clone(flags, ids.gated(), ids.self(), request.stdio(), console));
    }

    private Pidfd start(Stage stage, @Nullable DescriptorSocket socket)
            throws IOException, CgroupException, PlanException, StartException {
        Plan launch = new Plan();
        launch(launch, stage, socket == null ? -1 : socket.stageEnd());
        try (PlanRun run = PlanRun.of(launch)) {
            Pidfd child = stage.started(run);
            boolean exec = false;
            try {
                ids.admit(stage, run, child.pid());
                stage.await(run);
                Pidfd joined = inJoinedPidNamespace(stage, child);
                exec = true;
                return joined;
            } catch (PlanException e) {
                throw sequence.execs().contains(e.step()) ? notExecuted(stage) : told(e);
            } finally {
                if (!exec) {
                    // a zombie left here would hold the PID namespace
                    child.await();
                    child.close();
                    reapInJoinedPidNamespace(stage);
                }
            }
        }
    }

    /** The process itself, where the stage's first one only stayed to make it. */
    private Pidfd inJoinedPidNamespace(Stage stage, Pidfd first) throws ErrnoException {
        Step clone = sequence.pid();
        if (clone == null) {
            return first;
        }
        first.await();
        first.close();
        return Pidfd.open(Math.toIntExact(stage.result(clone)));
    }

    private void reapInJoinedPidNamespace(Stage stage) throws ErrnoException {
        Step clone = sequence.pid();
        long pid = clone == null ? 0 : stage.result(clone);
        if (pid > 0) {
            try (Pidfd process = Pidfd.open(Math.toIntExact(pid))) {
                process.await();
            }
        }
    }

    private StartException notExecuted(Stage stage) {
        List<Long> results = new ArrayList<>();
        for (Step step : sequence.execs()) {
            results.add(stage.result(step));
        }
        Process process = request.spec().process();
        return Executable.failure(process == null ? "" : process.args().getFirst(), results);
    }

    private static StartException told(PlanException e) {
        return new StartException(StartException.Kind.FAILED, String.valueOf(e.getMessage()), e);
    }
}
