package dev.carafe.runtime.seccomp;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.carafe.linux.Arch;
import dev.carafe.linux.Plan;
import dev.carafe.linux.Sys;
import dev.carafe.oci.runtime.Seccomp;
import dev.carafe.oci.runtime.Seccomp.Action;
import dev.carafe.oci.runtime.Seccomp.Arg;
import dev.carafe.oci.runtime.Seccomp.Operator;
import dev.carafe.oci.runtime.Seccomp.Syscall;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class SeccompFilterTest {
    private static final int X86_64 = 0xC000003E;
    private static final int I386 = 0x40000003;
    private static final int ALLOW = 0x7FFF0000;
    private static final int EPERM = 0x50001;
    private static final int KILL_PROCESS = 0x80000000;

    private static Seccomp profile(
            Action fallback, @Nullable Integer errno, List<String> archs, Syscall... calls) {
        return new Seccomp(fallback, errno, archs, List.of(), null, null, List.of(calls));
    }

    private static Syscall rule(Action action, String name, Arg... args) {
        return new Syscall(List.of(name), action, null, List.of(args));
    }

    private static Arg arg(int index, Operator op, long value) {
        return new Arg(index, value, 0, op);
    }

    private static int run(Seccomp profile, int arch, int nr, long... args) {
        return new BpfMachine(SeccompFilter.compile(Arch.X86_64, profile).program())
                .run(new BpfMachine.Call(nr, arch, args));
    }

    @Test
    void everyActionHasItsVerdict() {
        Map<Action, Integer> verdicts =
                Map.of(
                        Action.SCMP_ACT_KILL, 0,
                        Action.SCMP_ACT_KILL_PROCESS, KILL_PROCESS,
                        Action.SCMP_ACT_KILL_THREAD, 0,
                        Action.SCMP_ACT_TRAP, 0x30000,
                        Action.SCMP_ACT_ERRNO, EPERM,
                        Action.SCMP_ACT_TRACE, 0x7FF00001,
                        Action.SCMP_ACT_ALLOW, ALLOW,
                        Action.SCMP_ACT_LOG, 0x7FFC0000,
                        Action.SCMP_ACT_NOTIFY, 0x7FC00000);
        for (Action action : Action.values()) {
            Action other =
                    action == Action.SCMP_ACT_ALLOW ? Action.SCMP_ACT_LOG : Action.SCMP_ACT_ALLOW;
            Seccomp profile = profile(other, null, List.of(), rule(action, "getpid"));
            assertEquals(verdicts.get(action), run(profile, X86_64, 39), action.toString());
        }
    }

    @Test
    void errnosAreReturned() {
        Seccomp profile =
                profile(
                        Action.SCMP_ACT_ERRNO,
                        38,
                        List.of(),
                        new Syscall(List.of("getpid"), Action.SCMP_ACT_ERRNO, 13, List.of()),
                        rule(Action.SCMP_ACT_ERRNO, "gettid"));
        assertEquals(0x50000 | 13, run(profile, X86_64, 39));
        assertEquals(EPERM, run(profile, X86_64, 186));
        assertEquals(0x50000 | 38, run(profile, X86_64, 0));
    }

    @Test
    void foreignInterfacesKill() {
        Seccomp profile = profile(Action.SCMP_ACT_ALLOW, null, List.of("SCMP_ARCH_S390X"));
        assertEquals(ALLOW, run(profile, X86_64, 1));
        assertEquals(KILL_PROCESS, run(profile, I386, 1));
        assertEquals(KILL_PROCESS, run(profile, X86_64, 0x40000001));
        assertEquals(KILL_PROCESS, run(profile, X86_64, -2));
        assertEquals(ALLOW, run(profile, X86_64, -1));
    }

    @Test
    void listedInterfacesHaveTheirOwnNumbers() {
        Seccomp profile =
                profile(
                        Action.SCMP_ACT_ERRNO,
                        null,
                        List.of("SCMP_ARCH_X86", "SCMP_ARCH_X32"),
                        rule(Action.SCMP_ACT_ALLOW, "execve"));
        assertEquals(ALLOW, run(profile, X86_64, 59));
        assertEquals(EPERM, run(profile, X86_64, 520));
        assertEquals(ALLOW, run(profile, X86_64, 0x40000000 | 520));
        assertEquals(EPERM, run(profile, X86_64, 0x40000000 | 59));
        assertEquals(ALLOW, run(profile, I386, 11));
        assertEquals(EPERM, run(profile, I386, 59));
    }

    @Test
    void socketcallFollowsTheCallsInIt() {
        Seccomp profile =
                profile(
                        Action.SCMP_ACT_ERRNO,
                        null,
                        List.of("SCMP_ARCH_X86"),
                        rule(Action.SCMP_ACT_ALLOW, "connect"),
                        rule(Action.SCMP_ACT_ALLOW, "socket", arg(0, Operator.SCMP_CMP_EQ, 2)),
                        rule(Action.SCMP_ACT_ALLOW, "shmget"));
        assertEquals(ALLOW, run(profile, I386, 102, 3));
        assertEquals(
                EPERM,
                run(profile, I386, 102, 1, 2),
                "the family is in memory, where no filter sees it");
        assertEquals(ALLOW, run(profile, I386, 359, 2));
        assertEquals(EPERM, run(profile, I386, 359, 38));
        assertEquals(ALLOW, run(profile, I386, 117, 23));
        assertEquals(ALLOW, run(profile, I386, 117, 1 << 16 | 23));
        assertEquals(EPERM, run(profile, I386, 117, 22));
    }

    @Test
    void socketcallIsNoWayAroundAConditionalDenial() {
        Seccomp profile =
                profile(
                        Action.SCMP_ACT_ALLOW,
                        null,
                        List.of("SCMP_ARCH_X86"),
                        rule(Action.SCMP_ACT_ERRNO, "socket", arg(0, Operator.SCMP_CMP_EQ, 38)));
        assertEquals(EPERM, run(profile, I386, 102, 1));
        assertEquals(ALLOW, run(profile, I386, 102, 2));
        assertEquals(EPERM, run(profile, I386, 359, 38));
        assertEquals(ALLOW, run(profile, I386, 359, 2));
    }

    @Test
    void argumentsAreComparedInAll64Bits() {
        long[] values = {
            0, 1, 7, 0xFFFFFFFFL, 0x100000000L, 0x100000001L, 0x7FFFFFFFFFFFFFFFL, -1L
        };
        for (Operator op : Operator.values()) {
            for (long value : values) {
                for (long actual : values) {
                    Arg arg =
                            op == Operator.SCMP_CMP_MASKED_EQ
                                    ? new Arg(3, value, value, op)
                                    : arg(3, op, value);
                    Seccomp profile =
                            profile(
                                    Action.SCMP_ACT_ERRNO,
                                    null,
                                    List.of(),
                                    rule(Action.SCMP_ACT_ALLOW, "read", arg));
                    int order = Long.compareUnsigned(actual, value);
                    boolean expected =
                            switch (op) {
                                case SCMP_CMP_NE -> order != 0;
                                case SCMP_CMP_LT -> order < 0;
                                case SCMP_CMP_LE -> order <= 0;
                                case SCMP_CMP_EQ -> order == 0;
                                case SCMP_CMP_GE -> order >= 0;
                                case SCMP_CMP_GT -> order > 0;
                                case SCMP_CMP_MASKED_EQ -> (actual & value) == value;
                            };
                    assertEquals(
                            expected ? ALLOW : EPERM,
                            run(profile, X86_64, 0, 0, 0, 0, actual),
                            actual + " " + op + " " + value);
                }
            }
        }
    }

    @Test
    void allConditionsMustHoldAndAnyRuleIsEnough() {
        Seccomp profile =
                profile(
                        Action.SCMP_ACT_ERRNO,
                        null,
                        List.of(),
                        rule(
                                Action.SCMP_ACT_ALLOW,
                                "read",
                                arg(0, Operator.SCMP_CMP_EQ, 1),
                                arg(1, Operator.SCMP_CMP_EQ, 2)),
                        rule(Action.SCMP_ACT_ALLOW, "read", arg(2, Operator.SCMP_CMP_EQ, 3)));
        assertEquals(ALLOW, run(profile, X86_64, 0, 1, 2, 0));
        assertEquals(EPERM, run(profile, X86_64, 0, 1, 0, 0));
        assertEquals(ALLOW, run(profile, X86_64, 0, 0, 0, 3));
    }

    @Test
    void aRuleWithoutArgumentsWins() {
        Seccomp profile =
                profile(
                        Action.SCMP_ACT_ERRNO,
                        null,
                        List.of(),
                        rule(Action.SCMP_ACT_TRAP, "read", arg(0, Operator.SCMP_CMP_EQ, 1)),
                        rule(Action.SCMP_ACT_ALLOW, "read"),
                        rule(Action.SCMP_ACT_LOG, "read"));
        assertEquals(ALLOW, run(profile, X86_64, 0, 1));
    }

    @Test
    void unknownNamesAreIgnored() {
        Seccomp profile =
                profile(
                        Action.SCMP_ACT_ALLOW,
                        null,
                        List.of(),
                        rule(Action.SCMP_ACT_ERRNO, "no_such_call"));
        assertEquals(ALLOW, run(profile, X86_64, 0));
    }

    @Test
    void manyConditionsJumpFar() {
        List<Syscall> rules = new ArrayList<>();
        for (int i = 0; i < 300; i++) {
            rules.add(
                    rule(
                            Action.SCMP_ACT_ALLOW,
                            "read",
                            arg(0, Operator.SCMP_CMP_EQ, 3L * i),
                            arg(1, Operator.SCMP_CMP_NE, i)));
        }
        Seccomp profile =
                profile(Action.SCMP_ACT_ERRNO, null, List.of(), rules.toArray(Syscall[]::new));
        for (int i = 0; i < 300; i++) {
            assertEquals(ALLOW, run(profile, X86_64, 0, 3L * i, i + 1));
            assertEquals(EPERM, run(profile, X86_64, 0, 3L * i, i));
            assertEquals(EPERM, run(profile, X86_64, 0, 3L * i + 1, 0));
        }
        for (int i = 0; i < 400; i++) {
            rules.addAll(rules.subList(0, 1));
            rules.add(
                    rule(
                            Action.SCMP_ACT_LOG,
                            "write",
                            new Arg(0, i + 1, i, Operator.SCMP_CMP_MASKED_EQ)));
        }
        Seccomp long_ =
                profile(Action.SCMP_ACT_ERRNO, null, List.of(), rules.toArray(Syscall[]::new));
        assertThrows(
                IllegalArgumentException.class, () -> SeccompFilter.compile(Arch.X86_64, long_));
    }

    @Test
    void badProfilesAreRefused() {
        refused(profile(Action.SCMP_ACT_NOTIFY, null, List.of()));
        refused(profile(Action.SCMP_ACT_ALLOW, 1, List.of()));
        refused(profile(Action.SCMP_ACT_ERRNO, -1, List.of()));
        refused(profile(Action.SCMP_ACT_ERRNO, null, List.of("SCMP_ARCH_PDP11")));
        refused(profile(Action.SCMP_ACT_ERRNO, null, List.of("SCMP_ARCH_MIPS SCMP_ARCH_MIPS64")));
        refused(
                profile(
                        Action.SCMP_ACT_ERRNO,
                        null,
                        List.of(),
                        rule(Action.SCMP_ACT_ALLOW, "read", arg(6, Operator.SCMP_CMP_EQ, 0))));
        refused(
                profile(
                        Action.SCMP_ACT_ERRNO,
                        null,
                        List.of(),
                        new Syscall(List.of(), Action.SCMP_ACT_ALLOW, null, List.of())));
        refused(
                profile(
                        Action.SCMP_ACT_ERRNO,
                        null,
                        List.of(),
                        new Syscall(List.of("read"), Action.SCMP_ACT_LOG, 1, List.of())));
        refused(
                new Seccomp(
                        Action.SCMP_ACT_ALLOW,
                        null,
                        List.of(),
                        List.of("SECCOMP_FILTER_FLAG_X"),
                        null,
                        null,
                        List.of()));
    }

    private static void refused(Seccomp profile) {
        assertThrows(
                IllegalArgumentException.class, () -> SeccompFilter.compile(Arch.X86_64, profile));
    }

    @Test
    void flagsBecomeBits() {
        Seccomp quiet =
                new Seccomp(
                        Action.SCMP_ACT_ALLOW,
                        null,
                        List.of(),
                        List.of(
                                "SECCOMP_FILTER_FLAG_TSYNC",
                                "SECCOMP_FILTER_FLAG_LOG",
                                "SECCOMP_FILTER_FLAG_SPEC_ALLOW",
                                "SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV"),
                        null,
                        null,
                        List.of());
        SeccompFilter filter = SeccompFilter.compile(Arch.X86_64, quiet);
        assertEquals(7, filter.flags());
        assertFalse(filter.notifies());
        Seccomp notifying =
                new Seccomp(
                        Action.SCMP_ACT_ALLOW,
                        null,
                        List.of(),
                        quiet.flags(),
                        "/run/agent",
                        null,
                        List.of(rule(Action.SCMP_ACT_NOTIFY, "mknod")));
        filter = SeccompFilter.compile(Arch.X86_64, notifying);
        assertEquals(63, filter.flags());
        assertTrue(filter.notifies());
    }

    @Test
    void oneStepInstallsIt() {
        Plan plan = new Plan();
        SeccompFilter filter =
                SeccompFilter.compile(Arch.X86_64, profile(Action.SCMP_ACT_ALLOW, null, List.of()));
        SeccompSteps.install(plan, filter);
        assertEquals(Sys.SECCOMP, plan.steps().getFirst().sys());
        assertEquals(List.of(1L, 0L), plan.steps().getFirst().args().subList(0, 2));
    }

    @Test
    void programsMeanWhatTheirRulesSay() {
        means(Arch.X86_64, List.of("SCMP_ARCH_X86", "SCMP_ARCH_X32"), 3);
        means(Arch.AARCH64, List.of("SCMP_ARCH_ARM"), 4);
    }

    private static void means(Arch arch, List<String> others, long seed) {
        List<String> names = new ArrayList<>(new TreeMap<>(Syscalls.of(Abi.of(arch))).keySet());
        names.addAll(List.of("socketcall", "ipc", "set_tls"));
        RandomProfiles profiles = new RandomProfiles(seed, names, others, true);
        for (int i = 0; i < 12; i++) {
            Seccomp profile = profiles.next();
            BpfMachine program = new BpfMachine(SeccompFilter.compile(arch, profile).program());
            profiles.calls(
                    profile,
                    call -> {
                        int expected = Meaning.of(arch, profile, call);
                        int actual = program.run(call);
                        if (expected != actual) {
                            assertEquals(
                                    Integer.toHexString(expected),
                                    Integer.toHexString(actual),
                                    () -> call + " under " + RandomProfiles.rules(call, profile));
                        }
                    });
        }
    }
}
