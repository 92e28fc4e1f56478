package dev.carafe.engine.vm;

import dev.carafe.linux.Arch;
import dev.carafe.linux.Blob;
import dev.carafe.linux.Errno;
import dev.carafe.linux.ErrnoException;
import dev.carafe.linux.Fd;
import dev.carafe.linux.Memory;
import dev.carafe.linux.Named;
import dev.carafe.linux.Native;
import dev.carafe.linux.Pidfd;
import dev.carafe.linux.Plan;
import dev.carafe.linux.PlanException;
import dev.carafe.linux.PlanRun;
import dev.carafe.linux.Signal;
import dev.carafe.linux.Stage;
import dev.carafe.linux.Step;
import dev.carafe.linux.Sys;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Finds out whether /dev/kvm runs a guest, by running one: {@link ProbeGuest}, on one processor
 * with the kernel's own interrupt controllers, for {@value #LIMIT} ms at most. It runs in a child
 * of this process that is killed at the limit and dies with this process; no machine can hold
 * Carafe up.
 *
 * <p>What it sees: a device that is absent, closed to this user or without a driver; calls that
 * fail; a guest that doesn't come into long mode, can't use the MSRs that every kernel uses, gets
 * no exception or no timer interrupt; a guest whose kernel mode is emulated, told by its speed.
 *
 * <p>What it doesn't see: whether a second processor starts, devices, whole kernels, whether the
 * guest's clock is right, a host that slows down later.
 *
 * <p>Source: Documentation/virt/kvm/api.rst.
 */
final class KvmProbe {
    /** The most that the probe takes, in ms. */
    static final int LIMIT = 600;

    /** How much slower than the host a guest may be. */
    private static final double SLOWEST = 5;

    /** Slower by this is no matter of how busy the host is. */
    private static final double EMULATED = 50;

    private static final String DEVICE = "/dev/kvm";
    private static final String THERE = "/dev/kvm is there, but ";

    private static final int GET_API_VERSION = 0xAE00;
    private static final int CREATE_VM = 0xAE01;
    private static final int GET_VCPU_MMAP_SIZE = 0xAE04;
    private static final long GET_SUPPORTED_CPUID = 0xC008AE05L;
    private static final int CREATE_VCPU = 0xAE41;
    private static final int SET_USER_MEMORY_REGION = 0x4020AE46;
    private static final int SET_TSS_ADDR = 0xAE47;
    private static final int CREATE_IRQCHIP = 0xAE60;
    private static final int RUN = 0xAE80;
    private static final int SET_REGS = 0x4090AE82;
    private static final int SET_SREGS = 0x4138AE84;
    private static final long GET_MSRS = 0xC008AE88L;
    private static final int SET_MSRS = 0x4008AE89;
    private static final int SET_CPUID2 = 0x4008AE90;

    private static final int API_VERSION = 12;
    private static final long TSS = 0xFFFBD000L;
    private static final int CPUID_ENTRIES = 256; // KVM_MAX_CPUID_ENTRIES
    private static final int IA32_ARCH_CAPABILITIES = 0x10A;

    private static final int O_RDWR_CLOEXEC = 0x80002;
    private static final int MFD_CLOEXEC = 1;
    private static final int MAP_SHARED_FIXED = 0x11;
    private static final int PROT_READ_WRITE = 3;
    private static final int PR_SET_PDEATHSIG = 1;
    private static final int RLIMIT_CPU = 0;

    /** Where the child maps the guest's memory and what the kernel tells of its processor. */
    private static final long GUEST = 0x20_0000_0000L;

    private static final long KVM_RUN = 0x20_1000_0000L;

    /** The child's descriptors: the guest's memory and the device. */
    private static final int MEMORY_FD = 0;

    private static final int DEVICE_FD = 1;

    private static final int EXIT_IO = 2;
    private static final int EXIT_SHUTDOWN = 8;
    private static final int EXIT_FAIL_ENTRY = 9;
    private static final int EXIT_INTERNAL_ERROR = 17;

    /**
     * What was found.
     *
     * @param works whether guests run, at a speed that serves
     * @param reason for people, one line
     * @param archCapabilities whether a processor like the host's can be asked for; where not, QEMU
     *     aborts at {@code -cpu host} unless {@code arch-capabilities=off} is added
     * @param timed whether it is the speed or the limit that spoke against it, which a busy host
     *     may have caused
     */
    record Result(boolean works, String reason, boolean archCapabilities, boolean timed) {}

    private final Fd device;
    private final byte[] image;
    private final Plan plan = Stage.plan();
    private final Blob capabilities =
            Blob.room(24, "{nmsrs=1, IA32_ARCH_CAPABILITIES}")
                    .u32(0, 1)
                    .u32(8, IA32_ARCH_CAPABILITIES);
    private final List<Step> runs = new ArrayList<>();
    private final Step version;
    private final Step knowsCapabilities;
    private final Step setsCapabilities;

    private KvmProbe(Fd device, byte[] image) {
        this.device = device;
        this.image = image;
        plan.call("never outlive the engine", Sys.PRCTL, PR_SET_PDEATHSIG, Signal.SIGKILL);
        Blob seconds = Blob.room(16, "{2, 2}").u64(0, 2).u64(8, 2);
        plan.call("never spin for long", Sys.PRLIMIT64, 0, RLIMIT_CPU, seconds, 0);
        plan.call(
                "the guest's memory",
                Sys.MMAP,
                GUEST,
                ProbeGuest.SIZE,
                PROT_READ_WRITE,
                MAP_SHARED_FIXED,
                MEMORY_FD,
                0);
        version =
                plan.call("the interface that all know", Sys.IOCTL, DEVICE_FD, GET_API_VERSION, 0);
        Step size = plan.call("how much to map", Sys.IOCTL, DEVICE_FD, GET_VCPU_MMAP_SIZE, 0);
        Step vm = plan.call("a machine", Sys.IOCTL, DEVICE_FD, CREATE_VM, 0);
        plan.call("Intel's real mode needs a place", Sys.IOCTL, vm, SET_TSS_ADDR, TSS);
        plan.call("interrupt controllers in the kernel", Sys.IOCTL, vm, CREATE_IRQCHIP, 0);
        Blob slot = Blob.room(32, "{slot=0, at 0}").u64(16, ProbeGuest.SIZE).u64(24, GUEST);
        plan.call("the machine's memory", Sys.IOCTL, vm, SET_USER_MEMORY_REGION, slot);
        Step cpu = plan.call("a processor", Sys.IOCTL, vm, CREATE_VCPU, 0);
        Blob cpuid = Blob.room(8 + 40 * CPUID_ENTRIES, "cpuid").u32(0, CPUID_ENTRIES);
        plan.call("what CPUID can say", Sys.IOCTL, DEVICE_FD, GET_SUPPORTED_CPUID, cpuid);
        plan.call("the processor says it", Sys.IOCTL, cpu, SET_CPUID2, cpuid);
        knowsCapabilities =
                plan.call(
                                "as QEMU does for -cpu host",
                                Sys.IOCTL,
                                DEVICE_FD,
                                GET_MSRS,
                                capabilities)
                        .ignore();
        setsCapabilities =
                plan.call("as QEMU does for -cpu host", Sys.IOCTL, cpu, SET_MSRS, capabilities)
                        .ignore();
        plan.call(
                "what the kernel tells of each exit",
                Sys.MMAP,
                KVM_RUN,
                size,
                PROT_READ_WRITE,
                MAP_SHARED_FIXED,
                cpu,
                0);
        plan.call("real mode", Sys.IOCTL, cpu, SET_SREGS, sregs());
        Blob regs = Blob.room(144, "{rip, rflags}").u64(128, ProbeGuest.ENTRY).u64(136, 2);
        plan.call("from the guest's entry", Sys.IOCTL, cpu, SET_REGS, regs);
        for (int i = 0; i < ProbeGuest.EXITS; i++) {
            runs.add(plan.call("the guest's next step", Sys.IOCTL, cpu, RUN, 0));
            plan.call(
                    "how it ended",
                    Sys.PWRITE64,
                    MEMORY_FD,
                    KVM_RUN,
                    ProbeGuest.SEEN_SIZE,
                    ProbeGuest.SEEN + ProbeGuest.SEEN_SIZE * i);
        }
        plan.call("done", Sys.EXIT_GROUP, 0);
    }

    /** struct kvm_sregs as after a reset, but with segments that begin at 0. */
    private static Blob sregs() {
        Blob sregs = Blob.room(312, "sregs");
        for (int i = 0; i < 8; i++) { // cs ds es fs gs ss tr ldt
            int at = 24 * i;
            sregs.u32(at + 8, 0xFFFF); // limit
            sregs.u8(at + 14, i == 0 || i == 6 ? 11 : i == 7 ? 2 : 3); // type
            sregs.u8(at + 15, 1); // present
            sregs.u8(at + 18, i < 6 ? 1 : 0); // s
        }
        sregs.u16(192 + 8, 0xFFFF).u16(208 + 8, 0xFFFF); // gdt, idt
        sregs.u64(224, 0x60000010); // cr0
        sregs.u64(264 + 8, 0xFEE00900L); // apic_base
        return sregs;
    }

    /** Looks; takes {@value #LIMIT} ms at most, and some ms where all is well. */
    static Result probe() {
        return probe(ProbeGuest.memory());
    }

    static Result probe(byte[] guest) {
        if (Native.arch() != Arch.X86_64) {
            return no("KVM is tried on x86_64 only");
        }
        try (Fd device = open()) {
            return new KvmProbe(device, guest).run();
        } catch (ErrnoException e) {
            return no(
                    switch (e.errno()) {
                        case Errno.ENOENT -> "no " + DEVICE;
                        case Errno.EACCES, Errno.EPERM ->
                                "no permission for " + DEVICE + ": add yourself to group kvm";
                        case Errno.ENODEV, Errno.ENXIO ->
                                THERE + "no driver is behind it: load kvm_intel or kvm_amd";
                        default -> THERE + e.getMessage();
                    });
        } catch (PlanException e) {
            return no(THERE + "no process to try it in: " + e.getMessage());
        }
    }

    /** The device, open for reading and writing. */
    static Fd open() throws ErrnoException {
        try (Memory memory = Memory.borrow()) {
            return new Fd(
                    (int)
                            Native.check(
                                    "open " + DEVICE,
                                    Sys.OPENAT,
                                    Fd.AT_FDCWD,
                                    memory.string(DEVICE),
                                    O_RDWR_CLOEXEC));
        }
    }

    private static Result no(String reason) {
        return new Result(false, reason, true, false);
    }

    private Result run() throws ErrnoException, PlanException {
        try (Fd guest = memory()) {
            Stage stage = Stage.of(plan);
            boolean over = true;
            try {
                over = child(stage, guest);
                return judge(stage, guest, over);
            } finally {
                if (over) {
                    stage.close(); // what might still be written to is left alone
                }
            }
        }
    }

    private Fd memory() throws ErrnoException {
        try (Memory memory = Memory.of(image.length + 256)) {
            long name = memory.string("carafe-probe");
            Fd fd =
                    new Fd(
                            (int)
                                    Native.check(
                                            "create memory for a guest",
                                            Sys.MEMFD_CREATE,
                                            name,
                                            MFD_CLOEXEC));
            Native.check(
                    "write a guest", Sys.WRITE, fd.number(), memory.bytes(image), image.length);
            return fd;
        }
    }

    /** Runs the plan in a child; returns whether that came to its end, if need be by a kill. */
    private boolean child(Stage stage, Fd guest) throws ErrnoException, PlanException {
        Plan launch = new Plan();
        List<Named> stdio =
                List.of(
                        new Named("guest", guest.number()),
                        new Named("kvm", device.number()),
                        new Named("kvm", device.number()));
        stage.launch(launch, new Stage.Clone(0, false, List.of(), stdio, -1));
        try (PlanRun run = PlanRun.of(launch);
                Pidfd child = stage.started(run)) {
            stage.detach(run);
            if (!child.awaitEnd(LIMIT - 100)) {
                child.signal(Signal.SIGKILL);
                child.awaitEnd(100);
            }
            return child.poll().isPresent(); // which reaps it
        }
    }

    private Result judge(Stage stage, Fd guest, boolean over) throws ErrnoException {
        PlanException failure = stage.failure();
        if (failure != null && !runs.contains(failure.step())) {
            return no(THERE + failure.step().why() + ": KVM says " + Errno.text(failure.errno()));
        }
        if (stage.ticks(version) != 0 && stage.result(version) != API_VERSION) {
            return no(THERE + "its version is " + stage.result(version) + ", not " + API_VERSION);
        }
        boolean capabilities =
                stage.result(knowsCapabilities) != 1 || stage.result(setsCapabilities) == 1;
        try (Memory memory = Memory.of(ProbeGuest.SIZE)) {
            long at = memory.reserve(ProbeGuest.SIZE - 4096);
            Native.check(
                    "read a guest", Sys.PREAD64, guest.number(), at, ProbeGuest.SIZE - 4096, 0);
            ByteBuffer seen = memory.view(at, ProbeGuest.SIZE - 4096);
            String stopped = failure == null ? stopped(stage, seen) : refused(failure, seen);
            if (stopped != null) {
                return new Result(false, THERE + stopped, capabilities, false);
            }
            boolean ended = stage.ticks(runs.getLast()) != 0;
            if (!ended && seen.getInt(ProbeGuest.STEP) < ProbeGuest.TIMED_LOOP) {
                return new Result(
                        false, THERE + never(seen.getInt(ProbeGuest.STEP)), capabilities, true);
            }
            return speed(stage, capabilities, ended);
        }
    }

    private static String refused(PlanException failure, ByteBuffer seen) {
        return "KVM refuses to run a guest at "
                + name(seen.getInt(ProbeGuest.STEP))
                + ": "
                + Errno.text(failure.errno());
    }

    /** What stopped the guest by itself; null for nothing. */
    private @Nullable String stopped(Stage stage, ByteBuffer seen) {
        int vector = seen.getInt(ProbeGuest.VECTOR);
        int step = seen.getInt(ProbeGuest.STEP);
        if (vector != 0 && step == ProbeGuest.MSRS) {
            return "a guest may not use MSR 0x" + Integer.toHexString(seen.getInt(ProbeGuest.MSR));
        } else if (vector != 0) {
            return "a guest got exception " + vector + " at " + name(step);
        }
        for (int i = 0; i < runs.size() && stage.ticks(runs.get(i)) != 0; i++) {
            int reason = seen.getInt(ProbeGuest.SEEN + ProbeGuest.SEEN_SIZE * i + 8);
            if (reason != EXIT_IO) {
                return "a guest ends with " + exit(reason) + " at " + name(step);
            }
        }
        return step > ProbeGuest.MSRS && seen.getInt(ProbeGuest.VENDOR) == 0
                ? "a guest's CPUID says nothing"
                : null;
    }

    private static String exit(int reason) {
        return switch (reason) {
            case EXIT_SHUTDOWN -> "a triple fault";
            case EXIT_FAIL_ENTRY -> "a failed entry";
            case EXIT_INTERNAL_ERROR -> "an error inside of KVM";
            default -> "KVM's exit reason " + reason;
        };
    }

    private static String never(int step) {
        return step == ProbeGuest.TIMER
                ? "a guest's timer interrupt never came"
                : "a guest never got through " + name(step);
    }

    private static String name(int step) {
        return switch (step) {
            case 0 -> "real mode";
            case ProbeGuest.PROTECTED_MODE -> "protected mode";
            case ProbeGuest.LONG_MODE -> "long mode";
            case ProbeGuest.MSRS -> "its MSRs";
            case ProbeGuest.EXCEPTIONS -> "its exceptions";
            case ProbeGuest.TIMER -> "its timer";
            case ProbeGuest.TIMED_LOOP -> "a loop";
            case ProbeGuest.TIMED_FAULTS -> "its page faults";
            default -> "its end";
        };
    }

    /** Compares the loop in the guest, without the cost of an exit, with the same on the host. */
    private Result speed(Stage stage, boolean capabilities, boolean ended) {
        long host = Long.MAX_VALUE;
        for (int i = 0; i < ProbeGuest.ROUNDS; i++) {
            host = Math.min(host, Native.spin(ProbeGuest.LOOP));
        }
        long exit = Long.MAX_VALUE;
        long loop = Long.MAX_VALUE;
        for (int i = 0; i < ProbeGuest.ROUNDS; i++) {
            long before = ticks(stage, 3 + 2 * i);
            long begin = ticks(stage, 4 + 2 * i);
            long end = ticks(stage, 5 + 2 * i);
            if (i > 0 && begin != 0) {
                exit = Math.min(exit, begin - before);
            }
            if (end != 0) {
                loop = Math.min(loop, end - begin);
            }
        }
        if (loop == Long.MAX_VALUE) {
            return new Result(
                    false, THERE + "a guest never got through a loop", capabilities, true);
        }
        double ratio = Math.max(loop - (exit == Long.MAX_VALUE ? 0 : exit), 1) / (double) host;
        if (ratio > SLOWEST) {
            return new Result(
                    false,
                    THERE + "a guest runs " + Math.round(ratio) + " times slower than the host",
                    capabilities,
                    ratio < EMULATED);
        }
        if (!ended) {
            return new Result(
                    false, THERE + "a guest never got through its page faults", capabilities, true);
        }
        return new Result(true, "/dev/kvm runs guests as fast as the host", capabilities, false);
    }

    private long ticks(Stage stage, int run) {
        return stage.ticks(runs.get(run));
    }
}
