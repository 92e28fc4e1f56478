package dev.carafe.runtime.seccomp;

import dev.carafe.linux.Arch;
import dev.carafe.oci.runtime.Seccomp;
import dev.carafe.oci.runtime.Seccomp.Action;
import dev.carafe.oci.runtime.Seccomp.Arg;
import dev.carafe.oci.runtime.Seccomp.Syscall;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/** What a profile says about a call, read from its rules one by one with no program in between. */
final class Meaning {
    private static final Map<Abi, Map<String, Integer>> NUMBERS = new ConcurrentHashMap<>();

    private Meaning() {}

    static int of(Arch arch, Seccomp profile, BpfMachine.Call call) {
        Abi abi = abi(arch, profile, call);
        if (abi == null) {
            return 0x80000000;
        }
        int fallback = Libseccomp.verdict(profile.defaultAction(), profile.defaultErrnoRet());
        Map<String, Integer> numbers = NUMBERS.computeIfAbsent(abi, Syscalls::of);
        Integer conditional = null;
        for (Syscall rule : profile.syscalls()) {
            int verdict = Libseccomp.verdict(rule.action(), rule.errnoRet());
            if (verdict == fallback) {
                continue;
            }
            for (String name : rule.names()) {
                Integer nr = numbers.get(name);
                boolean direct = nr != null && nr == call.nr();
                if (direct && rule.args().isEmpty()) {
                    return verdict;
                }
                boolean laxer = severity(rule.action()) < severity(profile.defaultAction());
                if (conditional == null
                        && (direct && matches(abi, rule, call)
                                || abi == Abi.SCMP_ARCH_X86
                                        && (rule.args().isEmpty() || !laxer)
                                        && multiplexed(name, call))) {
                    conditional = verdict;
                }
            }
        }
        return conditional == null ? fallback : conditional;
    }

    private static @Nullable Abi abi(Arch arch, Seccomp profile, BpfMachine.Call call) {
        for (Abi abi : Abi.values()) {
            boolean listed = abi == Abi.of(arch) || profile.architectures().contains(abi.name());
            boolean x32 = (call.nr() & 0x40000000) != 0 && call.nr() != -1 || call.nr() < -1;
            if (abi.host() == arch && listed && abi.audit() == call.arch()) {
                if (abi == Abi.SCMP_ARCH_X86_64 && x32) {
                    continue;
                }
                return abi;
            }
        }
        return null;
    }

    private static boolean multiplexed(String name, BpfMachine.Call call) {
        return call.nr() == 102
                        && Multiplexed.SOCKETCALL.number(name) == (int) call.arg(0)
                        && (int) call.arg(0) != 0
                || call.nr() == 117
                        && Multiplexed.IPC.number(name) == (call.arg(0) & 0xFFFF)
                        && (call.arg(0) & 0xFFFF) != 0;
    }

    private static boolean matches(Abi abi, Syscall rule, BpfMachine.Call call) {
        long indexes = rule.args().stream().mapToInt(Arg::index).distinct().count();
        return indexes == rule.args().size()
                ? rule.args().stream().allMatch(arg -> matches(abi, arg, call))
                : rule.args().stream().anyMatch(arg -> matches(abi, arg, call));
    }

    private static boolean matches(Abi abi, Arg arg, BpfMachine.Call call) {
        long half = abi.wide() ? -1L : 0xFFFFFFFFL;
        long actual = call.arg(arg.index()) & half;
        int order = Long.compareUnsigned(actual, arg.value() & half);
        return switch (arg.op()) {
            case SCMP_CMP_NE -> order != 0;
            case SCMP_CMP_LT -> order < 0;
            case SCMP_CMP_LE -> order <= 0;
            case SCMP_CMP_EQ -> order == 0;
            case SCMP_CMP_GE -> order >= 0;
            case SCMP_CMP_GT -> order > 0;
            case SCMP_CMP_MASKED_EQ -> (actual & arg.value()) == (arg.valueTwo() & half);
        };
    }

    /** The kernel's order of actions, seccomp(2). */
    private static int severity(Action action) {
        return switch (action) {
            case SCMP_ACT_KILL_PROCESS -> 7;
            case SCMP_ACT_KILL, SCMP_ACT_KILL_THREAD -> 6;
            case SCMP_ACT_TRAP -> 5;
            case SCMP_ACT_ERRNO -> 4;
            case SCMP_ACT_NOTIFY -> 3;
            case SCMP_ACT_TRACE -> 2;
            case SCMP_ACT_LOG -> 1;
            case SCMP_ACT_ALLOW -> 0;
        };
    }
}
