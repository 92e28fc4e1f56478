package dev.carafe.oci.runtime;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * System call filter (config-linux.md, "Seccomp"; seccomp(2)).
 *
 * @param defaultAction for a call that no entry of {@code syscalls} matches
 * @param defaultErrnoRet errno of a default action of ERRNO or TRACE; unset: EPERM
 * @param architectures beside the native one, e.g. "SCMP_ARCH_X86"
 * @param flags e.g. "SECCOMP_FILTER_FLAG_LOG"
 * @param listenerPath Unix socket that gets the descriptor for SCMP_ACT_NOTIFY
 * @param listenerMetadata opaque text for the listener
 */
public record Seccomp(
        Action defaultAction,
        @Nullable Integer defaultErrnoRet,
        List<String> architectures,
        List<String> flags,
        @Nullable String listenerPath,
        @Nullable String listenerMetadata,
        List<Syscall> syscalls) {
    /** Copies the lists and maps; maps keep their order. */
    public Seccomp {
        architectures = List.copyOf(architectures);
        flags = List.copyOf(flags);
        syscalls = List.copyOf(syscalls);
    }

    /** What happens to a call. */
    public enum Action {
        SCMP_ACT_KILL,
        SCMP_ACT_KILL_PROCESS,
        SCMP_ACT_KILL_THREAD,
        SCMP_ACT_TRAP,
        SCMP_ACT_ERRNO,
        SCMP_ACT_TRACE,
        SCMP_ACT_ALLOW,
        SCMP_ACT_LOG,
        SCMP_ACT_NOTIFY
    }

    /** How an argument is compared. */
    public enum Operator {
        SCMP_CMP_NE,
        SCMP_CMP_LT,
        SCMP_CMP_LE,
        SCMP_CMP_EQ,
        SCMP_CMP_GE,
        SCMP_CMP_GT,
        SCMP_CMP_MASKED_EQ
    }

    /**
     * System calls that are treated alike.
     *
     * @param errnoRet errno of an action of ERRNO or TRACE; unset: EPERM
     * @param args all must match; two with the same index: one must match
     */
    public record Syscall(
            List<String> names, Action action, @Nullable Integer errnoRet, List<Arg> args) {
        /** Copies the lists. */
        public Syscall {
            names = List.copyOf(names);
            args = List.copyOf(args);
        }
    }

    /**
     * A comparison with one argument.
     *
     * @param index 0 to 5
     * @param value unsigned 64 bit; the mask of SCMP_CMP_MASKED_EQ
     * @param valueTwo unsigned 64 bit; what SCMP_CMP_MASKED_EQ compares with; 0 when unset
     */
    public record Arg(int index, long value, long valueTwo, Operator op) {}
}
