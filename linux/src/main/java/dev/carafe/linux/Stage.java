package dev.carafe.linux;

import java.nio.ByteBuffer;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A process that walks a plan in an address space of its own: the child of a clone becomes, as its
 * first deed, an ELF of one page that maps the plan's memory and goes on there. No path of a
 * container is ever resolved by a process whose /proc/self/exe is the host's java, and none of the
 * JVM's memory can be seen through /proc (CVE-2019-5736).
 *
 * <p>The plan's memory is shared with the JVM, which so learns of a failing step; the last exec
 * drops it. Descriptors of a stage: 0 to 2 stdio, {@link #PLAN} the plan, {@link #ALIVE} a pipe
 * whose end tells the JVM that the stage has exec'd or died, {@link #CONSOLE} a socket for a
 * terminal, {@link #TARGET} a process whose namespaces are joined.
 */
public final class Stage implements AutoCloseable {
    public static final int PLAN = 3;
    public static final int ALIVE = 4;
    public static final int CONSOLE = 5;
    public static final int TARGET = 6;
    private static final int ELF = 7;

    private static final int F_DUPFD_CLOEXEC = 1030;
    private static final int ABOVE = 64;
    private static final int O_CLOEXEC = 0x80000;
    private static final int AT_EMPTY_PATH = 0x1000;
    private static final int MFD_EXEC = 0x10;
    private static final int MFD_ALLOW_SEALING = 2;
    private static final int F_ADD_SEALS = 1033;
    private static final int EVERY_SEAL = 0xF;
    private static final int PROT_READ_WRITE = 3;
    private static final int MAP_SHARED_FIXED = 0x11;
    private static final int SIG_BLOCK = 0;
    private static final int SIG_SETMASK = 2;
    private static final long CLONE_VM = 0x100;
    private static final long CLONE_VFORK = 0x4000;
    private static final long CLONE_PIDFD = 0x1000;
    private static final long CLONE_CLEAR_SIGHAND = 0x1_0000_0000L;
    private static final int SIGCHLD = 17;

    private static @Nullable Fd elf;

    private final Plan plan;
    private final @Nullable Region region;
    private final Plan.@Nullable Layout layout;
    private final Blob pidfd = Blob.room(8, "&pidfd");
    private final Blob alive = Blob.room(16, "pipe");
    private final Blob gate = Blob.room(16, "gate");
    private @Nullable Step cloned;

    private Stage(Plan plan, @Nullable Region region) {
        this.plan = plan;
        this.region = region;
        this.layout = region == null ? null : plan.assemble(Native.ARCH, Elf.PLAN, region.bytes());
    }

    /** A plan for a stage: its first step is the one that maps it. */
    public static Plan plan() {
        Plan plan = new Plan();
        plan.call(
                "go on in the memory that the engine shares",
                Sys.MMAP,
                Elf.PLAN,
                Region.SIZE,
                PROT_READ_WRITE,
                MAP_SHARED_FIXED,
                PLAN,
                0);
        return plan;
    }

    /** Puts the plan, which {@link #plan()} began, into memory of its own. */
    public static Stage of(Plan plan) throws ErrnoException {
        return new Stage(plan, Region.sharedMemory());
    }

    /** For {@code explain}: has no memory and cannot run. */
    public static Stage unreal(Plan plan) {
        return new Stage(plan, null);
    }

    /**
     * How the child is made.
     *
     * @param namespaces CLONE_NEW* flags
     * @param gated whether the child waits, until {@link #open} lets it go, for id maps that others
     *     write; it is then root of its user namespace
     * @param selfMaps texts for setgroups, uid_map and gid_map that the child writes itself; empty
     *     for none
     * @param stdio three descriptors; the numbers 0, 1, 2 mean the JVM's own
     * @param console a socket that becomes {@link #CONSOLE}, or -1
     * @param target a pidfd that becomes {@link #TARGET}, or -1
     */
    public record Clone(
            long namespaces,
            boolean gated,
            List<String> selfMaps,
            List<Named> stdio,
            int console,
            int target) {
        /** A child that joins nobody's namespaces. */
        public Clone(
                long namespaces,
                boolean gated,
                List<String> selfMaps,
                List<Named> stdio,
                int console) {
            this(namespaces, gated, selfMaps, stdio, console, -1);
        }
    }

    /**
     * Appends to a plan that runs in the JVM the steps that clone the child and see it become the
     * stage.
     */
    public void launch(Plan launch, Clone clone) throws ErrnoException {
        Label child = launch.label();
        Blob all = Blob.of(new byte[] {-1, -1, -1, -1, -1, -1, -1, -1}, "all signals");
        Blob mask = Blob.room(8, "mask");
        launch.call(
                "a pipe whose end tells that the child has exec'd", Sys.PIPE2, alive, O_CLOEXEC);
        if (clone.gated) {
            launch.call(
                    "a gate for the child until its ids are mapped", Sys.PIPE2, gate, O_CLOEXEC);
        }
        launch.call(
                "no signal handler of the JVM may run in the child",
                Sys.RT_SIGPROCMASK,
                SIG_BLOCK,
                all,
                mask,
                8);
        long wait = clone.gated ? 0 : CLONE_VFORK;
        Blob args =
                Blob.room(
                                88,
                                "{"
                                        + Flags.clone(
                                                clone.namespaces
                                                        | CLONE_VM
                                                        | wait
                                                        | CLONE_PIDFD
                                                        | CLONE_CLEAR_SIGHAND)
                                        + ", exit_signal=SIGCHLD}")
                        .u64(
                                0,
                                clone.namespaces
                                        | CLONE_VM
                                        | wait
                                        | CLONE_PIDFD
                                        | CLONE_CLEAR_SIGHAND)
                        .pointer(8, pidfd)
                        .u64(32, SIGCHLD);
        // a failure is looked at only after the signals are restored, by started()
        cloned =
                launch.call(
                                "the container's first process and its namespaces",
                                Sys.CLONE3,
                                args,
                                88)
                        .child(child)
                        .ignore();
        launch.call("the JVM's signals again", Sys.RT_SIGPROCMASK, SIG_SETMASK, mask, 0, 8);
        launch.call("only the child holds the pipe", Sys.CLOSE, alive.at(4));
        if (clone.gated) {
            launch.call("only the engine opens the gate", Sys.CLOSE, gate.at(0));
        }
        Label end = launch.label();
        launch.call("the plan of this thread ends here", Sys.GETPID).onSuccess(end);
        launch.place(child);
        childSteps(launch, clone);
        launch.place(end);
    }

    private void childSteps(Plan launch, Clone clone) throws ErrnoException {
        if (clone.gated) {
            launch.call("the gate must close when the engine dies", Sys.CLOSE, gate.at(4));
            Blob room = Blob.room(8, "buffer");
            launch.call("wait for the id maps", Sys.READ, gate.at(0), room, 1).zeroFails();
        }
        for (int i = 0; i < clone.selfMaps.size(); i++) {
            String file = List.of("setgroups", "uid_map", "gid_map").get(i);
            launch.writeFile(
                    "map the one id that this user has",
                    "/proc/self/" + file,
                    clone.selfMaps.get(i));
        }
        if (clone.gated || !clone.selfMaps.isEmpty()) {
            launch.call("root of the user namespace", Sys.SETRESGID, 0, 0, 0);
            launch.call("root of the user namespace", Sys.SETRESUID, 0, 0, 0);
        }
        Step[] high = new Step[ELF + 1];
        for (int i = 0; i < 3; i++) {
            high[i] = dup(launch, "standard stream " + i, clone.stdio.get(i));
        }
        int memfd = region == null ? -1 : region.memfd().number();
        high[PLAN] = dup(launch, "the container's plan", new Named("plan", memfd));
        high[ALIVE] = dup(launch, "the pipe", alive.at(4));
        if (clone.console >= 0) {
            high[CONSOLE] = dup(launch, "the console socket", new Named("console", clone.console));
        }
        if (clone.target >= 0) {
            high[TARGET] = dup(launch, "the container's process", new Named("pidfd", clone.target));
        }
        high[ELF] =
                dup(
                        launch,
                        "the stage's ELF",
                        new Named("elf", region == null ? -1 : elf().number()));
        for (int i = 0; i < high.length; i++) {
            if (high[i] != null) {
                launch.call(
                        "at the number that the stage knows",
                        Sys.DUP3,
                        high[i],
                        i,
                        i == ELF ? O_CLOEXEC : 0);
            }
        }
        launch.call("no descriptor of the JVM leaks", Sys.CLOSE_RANGE, ELF + 1, 0xFFFFFFFFL, 0);
        Blob argv = Blob.strings(List.of("carafe-stage"), "[\"carafe-stage\"]");
        Blob envp = Blob.strings(List.of(), "[]");
        launch.call(
                "leave the JVM's memory for the plan's own",
                Sys.EXECVEAT,
                ELF,
                "",
                argv,
                envp,
                AT_EMPTY_PATH);
    }

    private static Step dup(Plan launch, String why, Object fd) {
        return launch.call(why, Sys.FCNTL, fd, F_DUPFD_CLOEXEC, ABOVE);
    }

    /**
     * The ELF in a memfd, opened for reading alone: what is open for writing cannot be executed.
     */
    private static synchronized Fd elf() throws ErrnoException {
        Fd known = elf;
        if (known != null) {
            return known;
        }
        byte[] bytes = Elf.of(Native.ARCH, plan());
        try (Fd memfd = Region.memfd("carafe-stage", MFD_EXEC | MFD_ALLOW_SEALING);
                Memory memory = Memory.of(bytes.length + 256)) {
            Native.check(
                    "write the stage",
                    Sys.WRITE,
                    memfd.number(),
                    memory.bytes(bytes),
                    bytes.length);
            // a process of a container that may trace the stage could open it for writing
            Native.check("seal the stage", Sys.FCNTL, memfd.number(), F_ADD_SEALS, EVERY_SEAL);
            long path = memory.string("/proc/self/fd/" + memfd.number());
            Fd opened =
                    new Fd(
                            (int)
                                    Native.check(
                                            "open the stage",
                                            Sys.OPENAT,
                                            Fd.AT_FDCWD,
                                            path,
                                            O_CLOEXEC));
            elf = opened;
            return opened;
        }
    }

    /**
     * The child that a launched plan made; the caller owns it and must wait for it.
     *
     * @throws PlanException when clone3 failed; nothing is left then
     */
    public Pidfd started(PlanRun run) throws PlanException {
        Step step = real(cloned);
        long result = run.result(step);
        if (Native.isError(result)) {
            new Fd(run.int32(alive, 0)).close();
            throw new PlanException(step, (int) -result);
        }
        return new Pidfd(new Fd(run.int32(pidfd, 0)), Math.toIntExact(result));
    }

    /** Lets a gated child go on. */
    public void open(PlanRun run) throws ErrnoException {
        try (Fd end = new Fd(run.int32(gate, 4));
                Memory memory = Memory.borrow()) {
            Native.check("open the gate", Sys.WRITE, end.number(), memory.bytes(new byte[] {1}), 1);
        }
    }

    /** Closes the gate of a child that must not go on; it then exits. */
    public void abandon(PlanRun run) {
        new Fd(run.int32(gate, 4)).close();
        new Fd(run.int32(alive, 0)).close();
    }

    /**
     * Waits until the stage has exec'd the container's process.
     *
     * @throws PlanException when a step failed first
     */
    public void await(PlanRun run) throws ErrnoException, PlanException {
        try (Fd end = new Fd(run.int32(alive, 0));
                Memory memory = Memory.borrow()) {
            Native.check("wait for the start", Sys.READ, end.number(), memory.reserve(8), 1);
        }
        PlanException early = run.childFailure();
        if (early != null) {
            throw early;
        }
        PlanException failure = failure();
        if (failure != null) {
            throw failure;
        }
    }

    /** What failed so far in the stage or in the child that it cloned; null for nothing. */
    public @Nullable PlanException failure() {
        Region memory = real(region);
        PlanException failure = PlanRun.failure(plan, real(layout), memory, Interpreter.ELF_SLOT);
        return failure != null
                ? failure
                : PlanRun.failure(plan, real(layout), memory, Interpreter.ELF_SLOT * 2);
    }

    /** For a stage that execs nothing: its end is told by its process alone. */
    public void detach(PlanRun run) {
        new Fd(run.int32(alive, 0)).close();
    }

    /** The result of a step of the stage's plan, a negated errno if it failed. */
    public long result(Step step) {
        ByteBuffer bytes = real(region).bytes();
        return bytes.getLong(real(layout).resultOffset(step));
    }

    /** The processor's time stamp when a step succeeded; 0 when it did not run or failed. */
    public long ticks(Step step) {
        return real(region).bytes().getLong(real(layout).ticksOffset(step));
    }

    private static <T> T real(@Nullable T part) {
        if (part == null) {
            throw new IllegalStateException("this stage is only for explaining");
        }
        return part;
    }

    /** Gives the memory back: only when the stage has exec'd or died. */
    @Override
    public void close() {
        if (region != null) {
            region.close();
        }
    }
}
