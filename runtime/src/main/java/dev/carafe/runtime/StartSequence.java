package dev.carafe.runtime;

import dev.carafe.linux.Capabilities;
import dev.carafe.linux.Plan;
import dev.carafe.linux.PlanException;
import dev.carafe.linux.Stage;
import dev.carafe.linux.Step;
import dev.carafe.oci.runtime.Linux;
import dev.carafe.oci.runtime.Namespace;
import dev.carafe.oci.runtime.Process;
import dev.carafe.oci.runtime.Spec;
import dev.carafe.runtime.seccomp.SeccompFilter;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The start of a container as steps of a plan that somebody else runs, with all rights over the
 * kernel that it runs on: what {@link Start} does from the container's first step on, without the
 * clone. Descriptors are those of a {@link Stage}: 0 to 2 stdio, {@link Stage#CONSOLE} a socket
 * that takes the terminal's master; the others are closed.
 */
public final class StartSequence {
    private static final long CLONE_VM = 0x100;
    private static final long CLONE_VFORK = 0x4000;

    private final List<Step> execs;
    private final @Nullable Step pid;
    private final String name;
    private final @Nullable ExecPlan joined;

    private StartSequence(
            List<Step> execs, @Nullable Step pid, String name, @Nullable ExecPlan joined) {
        this.joined = joined;
        this.execs = execs;
        this.pid = pid;
        this.name = name;
    }

    /** The CLONE_NEW* flags that the clone before the sequence must have. */
    public static long cloneFlags(Spec spec) {
        return Namespaces.cloneFlags(linux(spec));
    }

    /**
     * Appends the sequence, whose last step executes the specification's process.
     *
     * @param spec what to run, valid; all its paths are those of the kernel that the plan runs on
     * @param mountPoint an empty directory, on which the root is assembled
     * @param directories which sources of bind mounts are directories, and no files
     * @throws StartException when the specification can't be started
     */
    public static StartSequence append(
            Plan plan,
            Spec spec,
            Rootfs rootfs,
            Path mountPoint,
            Optional<SeccompFilter> seccomp,
            Set<String> directories)
            throws StartException {
        Process process = spec.process();
        if (process == null || process.args().isEmpty()) {
            throw new StartException(
                    StartException.Kind.FAILED, "the configuration has no process for Linux");
        }
        StartPlan sequence =
                new StartPlan(
                        plan,
                        spec,
                        linux(spec),
                        process,
                        new StartPlan.Host(
                                rootfs,
                                mountPoint,
                                Optional.empty(),
                                seccomp,
                                Capabilities.FULL,
                                true,
                                false,
                                List.of(),
                                false,
                                directories));
        sequence.write();
        return new StartSequence(sequence.execs(), null, process.args().getFirst(), null);
    }

    /** The namespaces of a container that was started by {@link #append}, as CLONE_NEW* flags. */
    public static long namespaces(Spec spec) {
        long flags = 0;
        for (Namespace namespace : linux(spec).namespaces()) {
            flags |= Namespaces.flag(namespace.type());
        }
        return flags;
    }

    /**
     * Appends the sequence of a further process in a running container, with all rights over the
     * kernel that the plan runs on: what {@link Exec} does from the stage's first step on. {@link
     * Stage#TARGET} is a pidfd of the container's first process.
     *
     * @param namespaces what is joined, as CLONE_NEW* flags
     */
    public static StartSequence join(
            Plan plan, Process process, long namespaces, Optional<SeccompFilter> seccomp)
            throws StartException {
        if (process.args().isEmpty()) {
            throw new StartException(StartException.Kind.FAILED, "there is no command to run");
        }
        ExecPlan sequence =
                new ExecPlan(
                        plan,
                        CLONE_VM | CLONE_VFORK, // so that its failure can be seen
                        process,
                        namespaces,
                        Optional.empty(),
                        seccomp,
                        Capabilities.FULL);
        sequence.write();
        return new StartSequence(
                sequence.steps().execs(), sequence.pid(), process.args().getFirst(), sequence);
    }

    private static Linux linux(Spec spec) {
        Linux linux = spec.linux();
        if (linux == null) {
            throw new IllegalArgumentException("the configuration is not for Linux");
        }
        return linux;
    }

    /** The tries to execute the process, one for each entry of PATH. */
    public List<Step> execs() {
        return execs;
    }

    /**
     * The clone whose result is the process's number, when the one who runs the sequence only makes
     * the process; null when it becomes the process.
     */
    public @Nullable Step pid() {
        return pid;
    }

    /** What to tell when none of the tries worked, whose results these are. */
    public StartException notExecuted(List<Long> results) {
        return Executable.failure(name, results);
    }

    /** What a failing step means that the user can do something about; null for the others. */
    public @Nullable StartException told(PlanException e) {
        return joined == null ? null : joined.told(e);
    }
}
