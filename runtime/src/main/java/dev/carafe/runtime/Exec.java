package dev.carafe.runtime;

import dev.carafe.linux.Capabilities;
import dev.carafe.linux.DescriptorSocket;
import dev.carafe.linux.ErrnoException;
import dev.carafe.linux.Named;
import dev.carafe.linux.Pidfd;
import dev.carafe.linux.Plan;
import dev.carafe.linux.PlanException;
import dev.carafe.linux.PlanRun;
import dev.carafe.linux.Stage;
import dev.carafe.linux.Step;
import dev.carafe.oci.runtime.Namespace;
import dev.carafe.oci.runtime.Process;
import dev.carafe.runtime.cgroup.Cgroup;
import dev.carafe.runtime.seccomp.SeccompFilter;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Starts a further process in a running container, whoever started that. */
public final class Exec {
    /**
     * @param container the container's first process, whose namespaces are joined
     * @param process what to run
     * @param cgroup what it joins, if anything
     * @param seccomp its filter, if any
     * @param stdio descriptors for standard input, output and error; ignored for a terminal
     */
    public record Request(
            Pidfd container,
            Process process,
            Optional<Cgroup> cgroup,
            Optional<SeccompFilter> seccomp,
            List<Named> stdio) {}

    private final Request request;
    private final ExecPlan sequence;

    private Exec(Request request) throws IOException {
        this.request = request;
        long namespaces = Namespaces.others(request.container().pid());
        boolean user = (namespaces & Namespaces.flag(Namespace.Type.USER)) != 0;
        this.sequence =
                new ExecPlan(
                        Stage.plan(),
                        0,
                        request.process(),
                        namespaces,
                        request.cgroup(),
                        request.seccomp(),
                        user ? Capabilities.FULL : Capabilities.permitted());
        sequence.write();
    }

    /**
     * Runs the process.
     *
     * @throws StartException when a step failed; nothing of it runs then
     */
    public static Running run(Request request) throws StartException {
        try {
            return new Exec(request).run();
        } catch (IOException e) {
            throw new StartException(StartException.Kind.FAILED, String.valueOf(e.getMessage()), e);
        }
    }

    private Running run() throws StartException, IOException {
        try (Stage stage = Stage.of(sequence.plan())) {
            if (!request.process().terminal()) {
                return new Running(start(stage, null), Optional.empty());
            }
            try (DescriptorSocket socket = DescriptorSocket.open()) {
                Pidfd child = start(stage, socket);
                return new Running(child, Optional.ofNullable(socket.receive()));
            }
        }
    }

    private Pidfd start(Stage stage, @Nullable DescriptorSocket socket)
            throws StartException, IOException {
        Plan launch = new Plan();
        stage.launch(
                launch,
                new Stage.Clone(
                        0,
                        false,
                        List.of(),
                        request.stdio(),
                        socket == null ? -1 : socket.stageEnd(),
                        request.container().fd().number()));
        try (PlanRun run = PlanRun.of(launch)) {
            Pidfd first = stage.started(run);
            try {
                stage.await(run);
            } catch (PlanException e) {
                end(stage, first);
                throw sequence.steps().execs().contains(e.step()) ? notExecuted(stage) : told(e);
            }
            return process(stage, first);
        } catch (PlanException e) {
            throw told(e);
        }
    }

    private Pidfd process(Stage stage, Pidfd first) throws ErrnoException {
        Step clone = sequence.pid();
        if (clone == null) {
            return first;
        }
        first.await();
        first.close();
        Pidfd process = Pidfd.open(Math.toIntExact(stage.result(clone)));
        process.poll(); // fails for what is no child of ours
        return process;
    }

    /** No zombie may stay, which would hold the container's PID namespace. */
    private void end(Stage stage, Pidfd first) throws ErrnoException {
        first.await();
        first.close();
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
        for (Step step : sequence.steps().execs()) {
            results.add(stage.result(step));
        }
        return Executable.failure(request.process().args().getFirst(), results);
    }

    private StartException told(PlanException e) {
        StartException known = sequence.told(e);
        return known != null
                ? known
                : new StartException(StartException.Kind.FAILED, String.valueOf(e.getMessage()), e);
    }
}
