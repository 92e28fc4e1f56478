package dev.carafe.runtime.seccomp;

import dev.carafe.oci.runtime.Seccomp;
import dev.carafe.oci.runtime.Seccomp.Action;
import dev.carafe.oci.runtime.Seccomp.Arg;
import dev.carafe.oci.runtime.Seccomp.Operator;
import dev.carafe.oci.runtime.Seccomp.Syscall;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** Seeded profiles, and the calls at which they could be compiled wrongly. */
final class RandomProfiles {
    private static final Operator[] OPERATORS = Operator.values();
    private static final long[] VALUES = {
        0,
        1,
        2,
        38,
        40,
        0x7F,
        0x20008,
        0x7FFFFFFFL,
        0x80000000L,
        0xFFFFFFFFL,
        0x100000000L,
        0x100000026L,
        0x7E020000L,
        0x7FFFFFFFFFFFFFFFL,
        0x8000000000000000L,
        -2L,
        -1L,
    };

    private final Random random;
    private final List<String> names;
    private final List<String> architectures;
    private final boolean overlaps;

    /**
     * @param overlaps whether a call may have several rules with arguments, and socketcall's calls
     *     any
     */
    RandomProfiles(long seed, List<String> names, List<String> architectures, boolean overlaps) {
        this.random = new Random(seed);
        this.names = names;
        this.architectures = architectures;
        this.overlaps = overlaps;
    }

    Seccomp next() {
        Action fallback = random.nextBoolean() ? Action.SCMP_ACT_ERRNO : action(false);
        List<String> archs = new ArrayList<>();
        for (String other : architectures) {
            if (random.nextBoolean()) {
                archs.add(other);
            }
        }
        List<Syscall> calls = new ArrayList<>();
        int density = 1 + random.nextInt(100);
        for (String name : names) {
            if (random.nextInt(100) < density) {
                rules(name, calls);
            }
        }
        return new Seccomp(fallback, errno(fallback), archs, List.of(), null, null, calls);
    }

    private void rules(String name, List<Syscall> calls) {
        Action action = random.nextInt(3) > 0 ? Action.SCMP_ACT_ALLOW : action(true);
        if (random.nextInt(8) > 0 || !overlaps && multiplexed(name)) {
            calls.add(new Syscall(List.of(name), action, errno(action), List.of()));
            return;
        }
        if (!overlaps && random.nextBoolean()) {
            values(name, action, calls);
            return;
        }
        for (int rules = overlaps ? random.nextInt(6) : 0; rules >= 0; rules--) {
            calls.add(new Syscall(List.of(name), action, errno(action), args()));
            action = overlaps && random.nextInt(4) == 0 ? action(true) : action;
        }
        if (random.nextInt(10) == 0) {
            calls.add(new Syscall(List.of(name), action(true), null, List.of()));
        }
    }

    /** Rules for some values of one argument. */
    private void values(String name, Action action, List<Syscall> calls) {
        int index = random.nextInt(6);
        Set<Integer> lower = new LinkedHashSet<>();
        for (int n = 1 + random.nextInt(4); n > 0; n--) {
            long value = VALUES[random.nextInt(VALUES.length)];
            if (lower.add((int) value)) {
                List<Arg> args = List.of(new Arg(index, value, 0, Operator.SCMP_CMP_EQ));
                calls.add(new Syscall(List.of(name), action, null, args));
            }
        }
    }

    private List<Arg> args() {
        List<Arg> args = new ArrayList<>();
        Set<Integer> used = new LinkedHashSet<>();
        for (int n = random.nextInt(3); n >= 0; n--) {
            Operator op = OPERATORS[random.nextInt(OPERATORS.length)];
            long value = VALUES[random.nextInt(VALUES.length)];
            long two =
                    op == Operator.SCMP_CMP_MASKED_EQ
                            ? value & VALUES[random.nextInt(VALUES.length)]
                            : 0;
            int index = random.nextInt(6);
            if (used.add(index) || overlaps) {
                args.add(new Arg(index, value, two, op));
            }
        }
        return args;
    }

    private Action action(boolean notify) {
        Action[] actions = Action.values();
        return actions[random.nextInt(actions.length - (notify ? 0 : 1))];
    }

    private @Nullable Integer errno(Action action) {
        boolean takesOne = action == Action.SCMP_ACT_ERRNO || action == Action.SCMP_ACT_TRACE;
        return takesOne && random.nextBoolean() ? random.nextInt(4096) : null;
    }

    private static boolean multiplexed(String name) {
        for (Multiplexed door : Multiplexed.values()) {
            if (door.number(name) > 0) {
                return true;
            }
        }
        return false;
    }

    /**
     * Every number of every interface, and arguments at, or one off, what the rules compare with.
     */
    void calls(Seccomp profile, Consumer<BpfMachine.Call> each) {
        for (int audit :
                new int[] {0xC000003E, 0x40000003, 0xC00000B7, 0x40000028, 0x4000003E, 0, -1}) {
            for (int i = 0; i < 600; i++) {
                each.accept(new BpfMachine.Call(i, audit));
                each.accept(new BpfMachine.Call(0x40000000 + i, audit));
            }
            for (int i = 0; i < 16; i++) {
                each.accept(new BpfMachine.Call(0xF0000 + i, audit));
                each.accept(new BpfMachine.Call(-i, audit));
                each.accept(new BpfMachine.Call(0x80000000 + i, audit));
            }
            each.accept(new BpfMachine.Call(0x3FFFFFFF, audit));
            each.accept(new BpfMachine.Call(0x7FFFFFFF, audit));
            for (int i = 0; i < 64; i++) {
                each.accept(new BpfMachine.Call(102, audit, i));
                each.accept(new BpfMachine.Call(117, audit, i));
            }
        }
        for (Abi abi : Abi.values()) {
            Map<String, Integer> numbers = Syscalls.of(abi);
            for (Syscall rule : profile.syscalls()) {
                Integer nr = numbers.get(rule.names().getFirst());
                for (int i = 0; nr != null && i < 60 && !rule.args().isEmpty(); i++) {
                    each.accept(new BpfMachine.Call(nr, abi.audit(), near(rule)));
                }
            }
        }
    }

    private long[] near(Syscall rule) {
        long[] args = new long[6];
        for (int i = 0; i < args.length; i++) {
            args[i] = VALUES[random.nextInt(VALUES.length)];
        }
        for (Arg arg : rule.args()) {
            long value = arg.op() == Operator.SCMP_CMP_MASKED_EQ ? arg.valueTwo() : arg.value();
            args[arg.index()] =
                    switch (random.nextInt(6)) {
                        case 0 -> value - 1;
                        case 1 -> value + 1;
                        case 2 -> value ^ 1L << random.nextInt(64);
                        case 3 -> value ^ ~arg.value() & random.nextLong();
                        default -> value;
                    };
        }
        return args;
    }

    /** The rules that could be about a call. */
    static String rules(BpfMachine.Call call, Seccomp profile) {
        StringBuilder text =
                new StringBuilder(profile.defaultAction() + " " + profile.architectures());
        for (Abi abi : Abi.values()) {
            for (Syscall rule : profile.syscalls()) {
                Integer nr = Syscalls.of(abi).get(rule.names().getFirst());
                if (abi.audit() == call.arch() && nr != null && nr == call.nr()) {
                    text.append("\n").append(rule);
                }
            }
        }
        return text.toString();
    }
}
