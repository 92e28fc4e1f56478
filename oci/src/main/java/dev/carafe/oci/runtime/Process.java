package dev.carafe.oci.runtime;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The process to run (config.md, "Process").
 *
 * @param terminal whether it gets a pseudo-terminal as its controlling one
 * @param consoleSize size of the terminal in characters
 * @param cwd absolute path in the container
 * @param env each "NAME=value"
 * @param args argv; the first is looked up in the PATH of {@code env}
 * @param oomScoreAdj -1000 to 1000; unset: leave as it is
 */
@SuppressWarnings("AvoidCommonTypeNames") // the specification's name
public record Process(
        boolean terminal,
        @Nullable Box consoleSize,
        String cwd,
        List<String> env,
        List<String> args,
        List<Rlimit> rlimits,
        @Nullable String apparmorProfile,
        @Nullable Capabilities capabilities,
        boolean noNewPrivileges,
        @Nullable Integer oomScoreAdj,
        @Nullable Scheduler scheduler,
        @Nullable String selinuxLabel,
        @Nullable IoPriority ioPriority,
        @Nullable CpuAffinity execCPUAffinity,
        User user) {
    /** Copies the lists and maps; maps keep their order. */
    public Process {
        env = List.copyOf(env);
        args = List.copyOf(args);
        rlimits = List.copyOf(rlimits);
    }
}
