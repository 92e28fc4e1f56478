package dev.carafe.runtime.seccomp;

import dev.carafe.linux.Arch;
import dev.carafe.linux.Errno;
import dev.carafe.linux.Sys;
import dev.carafe.oci.runtime.Seccomp;
import dev.carafe.oci.runtime.Seccomp.Action;
import dev.carafe.oci.runtime.Seccomp.Arg;
import dev.carafe.oci.runtime.Seccomp.Operator;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * A program for seccomp(2), compiled from an OCI profile. It means what libseccomp and runc make of
 * the profile:
 *
 * <ul>
 *   <li>a name that the architecture does not have is left out;
 *   <li>a rule whose action is the default action is left out;
 *   <li>a rule without arguments wins over those with arguments; of several, the first in the list
 *       wins;
 *   <li>two comparisons of one argument in a rule are two rules;
 *   <li>32-bit interfaces compare the lower half of arguments and values;
 *   <li>of several rules with arguments that match, the first in the list wins. Where their actions
 *       differ libseccomp leaves that open.
 * </ul>
 *
 * <p>Calls of an interface that the profile does not list kill the process, x32 calls included.
 */
public final class SeccompFilter {
    private static final int RET_KILL_PROCESS = 0x8000_0000;
    private static final int RET_KILL_THREAD = 0;
    private static final int RET_TRAP = 0x0003_0000;
    private static final int RET_ERRNO = 0x0005_0000;
    private static final int RET_USER_NOTIF = 0x7FC0_0000;
    private static final int RET_TRACE = 0x7FF0_0000;
    private static final int RET_LOG = 0x7FFC_0000;
    private static final int RET_ALLOW = 0x7FFF_0000;
    private static final int RET_ACTION = 0xFFFF_0000;

    static final int FLAG_TSYNC = 1;
    static final int FLAG_LOG = 2;
    static final int FLAG_SPEC_ALLOW = 4;
    static final int FLAG_NEW_LISTENER = 8;
    static final int FLAG_TSYNC_ESRCH = 16;
    static final int FLAG_WAIT_KILLABLE_RECV = 32;

    // struct seccomp_data
    private static final int NR = 0;
    private static final int ARCH = 4;
    private static final int ARGS = 16;

    private static final int ARG_COUNT = 6;
    private static final long INT = 0xFFFF_FFFFL;
    private static final long FLIP = Long.MIN_VALUE;

    private final byte[] program;
    private final int flags;

    SeccompFilter(byte[] program, int flags) {
        this.program = program;
        this.flags = flags;
    }

    /** The instructions, an array of struct sock_filter of 8 bytes each. */
    public byte[] program() {
        return program.clone();
    }

    /** The flags, four bytes, lowest first, and the instructions: what {@link #of} reads. */
    public byte[] bytes() {
        return ByteBuffer.allocate(4 + program.length)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putInt(flags)
                .put(program)
                .array();
    }

    /**
     * A filter that was compiled before, on this host.
     *
     * @param bytes as {@link #bytes} gave them
     * @throws IllegalArgumentException when they are no filter
     */
    public static SeccompFilter of(byte[] bytes) {
        if (bytes.length < 12 || (bytes.length - 4) % 8 != 0) {
            throw new IllegalArgumentException("no seccomp filter: " + bytes.length + " bytes");
        }
        int flags = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).getInt();
        return new SeccompFilter(Arrays.copyOfRange(bytes, 4, bytes.length), flags);
    }

    /** The number of instructions. */
    public int length() {
        return program.length / 8;
    }

    /** The SECCOMP_FILTER_FLAG_* bits for seccomp(2). */
    public int flags() {
        return flags;
    }

    /** Whether seccomp(2) returns a descriptor on which a listener must answer. */
    public boolean notifies() {
        return (flags & FLAG_NEW_LISTENER) != 0;
    }

    /**
     * This filter, but for one call that is allowed when its first argument is exactly this one; of
     * the processor's usual interface alone.
     *
     * @throws IllegalArgumentException when the filter is too long for it
     */
    public SeccompFilter allowing(Arch arch, Sys call, long argument) {
        return after(
                new int[][] {
                    {Bpf.LD_W_ABS, ARCH},
                    {Bpf.JEQ, Abi.of(arch).audit()},
                    {Bpf.LD_W_ABS, NR},
                    {Bpf.JEQ, call.number(arch)},
                    {Bpf.LD_W_ABS, ARGS},
                    {Bpf.JEQ, (int) argument},
                    {Bpf.LD_W_ABS, ARGS + 4},
                    {Bpf.JEQ, (int) (argument >>> 32)},
                    {Bpf.RET_K, RET_ALLOW}
                });
    }

    /**
     * This filter, but for one call that does nothing and tells of success; of the processor's
     * usual interface alone.
     *
     * @throws IllegalArgumentException when the filter is too long for it
     */
    public SeccompFilter skipping(Arch arch, Sys call) {
        return after(
                new int[][] {
                    {Bpf.LD_W_ABS, ARCH},
                    {Bpf.JEQ, Abi.of(arch).audit()},
                    {Bpf.LD_W_ABS, NR},
                    {Bpf.JEQ, call.number(arch)},
                    {Bpf.RET_K, RET_ERRNO}
                });
    }

    /** Puts instructions before the program; a comparison that fails goes on behind them. */
    private SeccompFilter after(int[][] steps) {
        if (length() + steps.length > Bpf.MAX) {
            throw new IllegalArgumentException("the seccomp filter is too long to be extended");
        }
        byte[] longer = new byte[8 * steps.length + program.length];
        int at = 0;
        for (int i = 0; i < steps.length; i++) {
            int no = steps[i][0] == Bpf.JEQ ? steps.length - i - 1 : 0;
            at = Bpf.put(longer, at, steps[i][0] | no << 24);
            at = Bpf.put(longer, at, steps[i][1]);
        }
        System.arraycopy(program, 0, longer, at, program.length);
        return new SeccompFilter(longer, flags);
    }

    /**
     * Compiles a profile.
     *
     * @throws IllegalArgumentException for a profile that the specification forbids, or that needs
     *     more than 4096 instructions
     */
    public static SeccompFilter compile(Arch arch, Seccomp profile) {
        int fallback = verdict(profile.defaultAction(), profile.defaultErrnoRet());
        if (profile.defaultAction() == Action.SCMP_ACT_NOTIFY) {
            throw new IllegalArgumentException(
                    "SCMP_ACT_NOTIFY can't be a seccomp profile's default action");
        }
        Set<Abi> abis = EnumSet.of(Abi.of(arch));
        for (String name : profile.architectures()) {
            Abi abi = Abi.named(name);
            if (abi != null && abi.host() == arch) {
                abis.add(abi);
            }
        }
        boolean notifies = false;
        for (Seccomp.Syscall call : profile.syscalls()) {
            check(call);
            notifies |= call.action() == Action.SCMP_ACT_NOTIFY;
        }
        return new SeccompFilter(
                new Compiler(profile, fallback).program(abis), flags(profile.flags(), notifies));
    }

    private static void check(Seccomp.Syscall call) {
        if (call.names().isEmpty()) {
            throw new IllegalArgumentException("a seccomp rule names no system call");
        }
        for (Arg arg : call.args()) {
            if (arg.index() < 0 || arg.index() >= ARG_COUNT) {
                throw new IllegalArgumentException(
                        "seccomp rule for "
                                + call.names().getFirst()
                                + ": no argument "
                                + arg.index());
            }
        }
        verdict(call.action(), call.errnoRet());
    }

    private static int flags(List<String> names, boolean notifies) {
        int flags = 0;
        for (String name : names) {
            flags |=
                    switch (name) {
                        case "SECCOMP_FILTER_FLAG_TSYNC" -> FLAG_TSYNC;
                        case "SECCOMP_FILTER_FLAG_LOG" -> FLAG_LOG;
                        case "SECCOMP_FILTER_FLAG_SPEC_ALLOW" -> FLAG_SPEC_ALLOW;
                        case "SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV" -> FLAG_WAIT_KILLABLE_RECV;
                        default ->
                                throw new IllegalArgumentException("unknown seccomp flag: " + name);
                    };
        }
        if (!notifies) {
            // it means nothing without a listener, and the kernel refuses it
            return flags & ~FLAG_WAIT_KILLABLE_RECV;
        }
        // a descriptor and a thread id can't both be the result
        return flags | FLAG_NEW_LISTENER | ((flags & FLAG_TSYNC) != 0 ? FLAG_TSYNC_ESRCH : 0);
    }

    private static int verdict(Action action, @Nullable Integer errno) {
        int value = errno == null ? Errno.EPERM : errno;
        if (value < 0 || value > 0xFFFF) {
            throw new IllegalArgumentException("seccomp errno out of range: " + value);
        }
        return switch (action) {
            case SCMP_ACT_ERRNO -> RET_ERRNO | value;
            case SCMP_ACT_TRACE -> RET_TRACE | value;
            case SCMP_ACT_KILL, SCMP_ACT_KILL_THREAD -> plain(action, errno, RET_KILL_THREAD);
            case SCMP_ACT_KILL_PROCESS -> plain(action, errno, RET_KILL_PROCESS);
            case SCMP_ACT_TRAP -> plain(action, errno, RET_TRAP);
            case SCMP_ACT_ALLOW -> plain(action, errno, RET_ALLOW);
            case SCMP_ACT_LOG -> plain(action, errno, RET_LOG);
            case SCMP_ACT_NOTIFY -> plain(action, errno, RET_USER_NOTIF);
        };
    }

    private static int plain(Action action, @Nullable Integer errno, int verdict) {
        if (errno != null) {
            throw new IllegalArgumentException("seccomp action " + action + " takes no errno");
        }
        return verdict;
    }

    /** What one system call gets, when all conditions hold. */
    private record Rule(int verdict, List<Arg> conditions) {}

    private static final class Compiler {
        private final Seccomp profile;
        private final int fallback;
        private final Bpf bpf = new Bpf();

        Compiler(Seccomp profile, int fallback) {
            this.profile = profile;
            this.fallback = fallback;
        }

        /** Tests the architecture, then walks that architecture's tree of numbers. */
        byte[] program(Set<Abi> abis) {
            int node = bpf.ret(RET_KILL_PROCESS);
            boolean x32 = abis.contains(Abi.SCMP_ARCH_X32);
            for (Abi abi : new ArrayList<>(abis).reversed()) {
                if (abi == Abi.SCMP_ARCH_X32) {
                    continue;
                }
                Ranges calls = new Ranges(bpf.ret(fallback));
                numbers(abi, calls);
                if (x32 && abi == Abi.SCMP_ARCH_X86_64) {
                    numbers(Abi.SCMP_ARCH_X32, calls);
                } else if (abi == Abi.SCMP_ARCH_X86_64) {
                    // -1 is no x32 call but what a tracer sets to skip one
                    calls.put(Abi.SCMP_ARCH_X32.bit(), -2, bpf.ret(RET_KILL_PROCESS));
                }
                node = bpf.jump(Bpf.JEQ, abi.audit(), bpf.load(NR, calls.tree(bpf)), node);
            }
            return bpf.program(bpf.load(ARCH, node));
        }

        private void numbers(Abi abi, Ranges calls) {
            for (Map.Entry<Integer, List<Rule>> call : rules(abi).entrySet()) {
                calls.put(call.getKey(), call.getKey(), decision(abi, call.getValue()));
            }
        }

        private Map<Integer, List<Rule>> rules(Abi abi) {
            Map<String, Integer> numbers = Syscalls.of(abi);
            Map<Integer, List<Rule>> rules = new TreeMap<>();
            for (Seccomp.Syscall call : profile.syscalls()) {
                int verdict = verdict(call.action(), call.errnoRet());
                if (verdict == fallback) {
                    continue;
                }
                List<Rule> same = new ArrayList<>();
                if (repeats(call.args())) {
                    for (Arg arg : call.args()) {
                        same.add(new Rule(verdict, List.of(arg)));
                    }
                } else {
                    same.add(new Rule(verdict, call.args()));
                }
                for (String name : call.names()) {
                    Integer number = numbers.get(name);
                    if (number != null) {
                        add(rules, number, same);
                    }
                    if (abi == Abi.SCMP_ARCH_X86) {
                        multiplex(name, call.args(), verdict, numbers, rules);
                    }
                }
            }
            return rules;
        }

        /**
         * The same rule for socketcall and ipc. These have the arguments in memory, where no filter
         * sees them: a conditional rule that is laxer than the default is made for no arguments,
         * any other for all.
         */
        private void multiplex(
                String name,
                List<Arg> args,
                int verdict,
                Map<String, Integer> numbers,
                Map<Integer, List<Rule>> rules) {
            if (!args.isEmpty() && (verdict & RET_ACTION) > (fallback & RET_ACTION)) {
                return;
            }
            for (Multiplexed door : Multiplexed.values()) {
                int number = door.number(name);
                Integer call = numbers.get(door == Multiplexed.SOCKETCALL ? "socketcall" : "ipc");
                if (number != 0 && call != null) {
                    Arg arg = new Arg(0, door.mask(), number, Operator.SCMP_CMP_MASKED_EQ);
                    add(rules, call, List.of(new Rule(verdict, List.of(arg))));
                }
            }
        }

        private static void add(Map<Integer, List<Rule>> rules, int number, List<Rule> more) {
            List<Rule> all = rules.get(number);
            if (all == null) {
                all = new ArrayList<>();
                rules.put(number, all);
            }
            all.addAll(more);
        }

        private static boolean repeats(List<Arg> args) {
            int seen = 0;
            for (Arg arg : args) {
                if ((seen >> arg.index() & 1) != 0) {
                    return true;
                }
                seen |= 1 << arg.index();
            }
            return false;
        }

        private int decision(Abi abi, List<Rule> rules) {
            for (Rule rule : rules) {
                if (rule.conditions().isEmpty()) {
                    return bpf.ret(rule.verdict());
                }
            }
            if (oneArgument(rules)) {
                boolean lower = !abi.wide() || ofLowerHalf(rules);
                if (ordered(rules, lower ? INT : -1L)) {
                    return pieces(lower, rules);
                }
            }
            int node = bpf.ret(fallback);
            for (Rule rule : rules.reversed()) {
                int yes = bpf.ret(rule.verdict());
                for (Arg arg : rule.conditions().reversed()) {
                    yes = compare(abi, arg, yes, node);
                }
                node = yes;
            }
            return node;
        }

        private static boolean oneArgument(List<Rule> rules) {
            int index = rules.getFirst().conditions().getFirst().index();
            for (Rule rule : rules) {
                if (rule.conditions().size() != 1
                        || rule.conditions().getFirst().index() != index) {
                    return false;
                }
            }
            return true;
        }

        /** Whether no rule looks at the upper half of a 64-bit argument. */
        private static boolean ofLowerHalf(List<Rule> rules) {
            for (Rule rule : rules) {
                Arg arg = rule.conditions().getFirst();
                if (arg.op() != Operator.SCMP_CMP_MASKED_EQ
                        || (arg.value() | arg.valueTwo()) >>> 32 != 0) {
                    return false;
                }
            }
            return true;
        }

        /**
         * Whether the rules divide the argument's values into ranges: a mask has all bits or none.
         */
        private static boolean ordered(List<Rule> rules, long bits) {
            for (Rule rule : rules) {
                Arg arg = rule.conditions().getFirst();
                if (arg.op() == Operator.SCMP_CMP_MASKED_EQ
                        && (arg.value() & bits) != bits
                        && ((arg.value() | arg.valueTwo()) & bits) != 0) {
                    return false;
                }
            }
            return true;
        }

        /**
         * A tree over the upper half of the argument, whose leaves are trees over the lower half.
         */
        private int pieces(boolean lowerHalf, List<Rule> rules) {
            int offset = ARGS + 8 * rules.getFirst().conditions().getFirst().index();
            long bits = lowerHalf ? INT : -1L;
            TreeMap<Long, Integer> starts = new TreeMap<>();
            put(starts, rules, 0, bits);
            for (Rule rule : rules) {
                long value = value(rule.conditions().getFirst(), bits);
                put(starts, rules, value, bits);
                if (value != bits) {
                    put(starts, rules, value + 1, bits);
                }
            }
            Ranges upper = new Ranges(bpf.ret(fallback));
            for (Long flipped : starts.keySet()) {
                long start = flipped ^ FLIP;
                int half = (int) (start >>> 32);
                long from = flipped & ~INT;
                Ranges lower = new Ranges(starts.floorEntry(from).getValue());
                for (var piece : starts.subMap(from, true, from | INT, true).entrySet()) {
                    lower.put((int) (long) piece.getKey(), -1, piece.getValue());
                }
                upper.put(half, half, lower.loadTree(bpf, offset));
                if (half != -1) {
                    upper.put(half + 1, -1, starts.floorEntry(from | INT).getValue());
                }
            }
            return lowerHalf ? upper.at(0) : upper.loadTree(bpf, offset + 4);
        }

        /** Its sign bit flipped, a value sorts as an unsigned one. */
        private void put(Map<Long, Integer> starts, List<Rule> rules, long value, long bits) {
            starts.put(value ^ FLIP, first(rules, value, bits));
        }

        private int first(List<Rule> rules, long value, long bits) {
            for (Rule rule : rules) {
                if (holds(rule.conditions().getFirst(), value, bits)) {
                    return bpf.ret(rule.verdict());
                }
            }
            return bpf.ret(fallback);
        }

        private static boolean holds(Arg arg, long actual, long bits) {
            int order = Long.compareUnsigned(actual, value(arg, bits));
            return switch (arg.op()) {
                case SCMP_CMP_NE -> order != 0;
                case SCMP_CMP_LT -> order < 0;
                case SCMP_CMP_LE -> order <= 0;
                case SCMP_CMP_EQ -> order == 0;
                case SCMP_CMP_GE -> order >= 0;
                case SCMP_CMP_GT -> order > 0;
                case SCMP_CMP_MASKED_EQ -> (arg.value() & bits) == 0 || order == 0;
            };
        }

        private static long value(Arg arg, long bits) {
            return (arg.op() == Operator.SCMP_CMP_MASKED_EQ ? arg.valueTwo() : arg.value()) & bits;
        }

        private int compare(Abi abi, Arg arg, int yes, int no) {
            long v = arg.value();
            return switch (arg.op()) {
                case SCMP_CMP_EQ -> masked(abi, arg.index(), -1, v, yes, no);
                case SCMP_CMP_NE -> masked(abi, arg.index(), -1, v, no, yes);
                case SCMP_CMP_GE -> ordered(abi, arg.index(), Bpf.JGE, v, yes, no);
                case SCMP_CMP_GT -> ordered(abi, arg.index(), Bpf.JGT, v, yes, no);
                case SCMP_CMP_LT -> ordered(abi, arg.index(), Bpf.JGE, v, no, yes);
                case SCMP_CMP_LE -> ordered(abi, arg.index(), Bpf.JGT, v, no, yes);
                case SCMP_CMP_MASKED_EQ -> masked(abi, arg.index(), v, arg.valueTwo(), yes, no);
            };
        }

        private int masked(Abi abi, int index, long mask, long value, int yes, int no) {
            int lower = half(ARGS + 8 * index, (int) mask, (int) value, yes, no);
            return abi.wide()
                    ? half(
                            ARGS + 8 * index + 4,
                            (int) (mask >>> 32),
                            (int) (value >>> 32),
                            lower,
                            no)
                    : lower;
        }

        private int half(int offset, int mask, int value, int yes, int no) {
            if (mask == 0) {
                return value == 0 ? yes : no;
            }
            return bpf.load(offset, bpf.and(mask, bpf.jump(Bpf.JEQ, value, yes, no)));
        }

        private int ordered(Abi abi, int index, int jump, long value, int yes, int no) {
            int offset = ARGS + 8 * index;
            int lower = bpf.load(offset, bpf.jump(jump, (int) value, yes, no));
            if (!abi.wide()) {
                return lower;
            }
            int upper = (int) (value >>> 32);
            int equal = bpf.jump(Bpf.JEQ, upper, lower, no);
            return bpf.load(offset + 4, bpf.jump(Bpf.JGT, upper, yes, equal));
        }
    }
}
