package dev.carafe.linux;

import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import org.jspecify.annotations.Nullable;

/**
 * The only door to native code: one handle of the shape {@code (address, 7 x long) -> long} serves
 * the bootstrap through libc's {@code syscall} and, after it, a stub of our own that returns {@code
 * -errno}, so that no errno has to be captured.
 */
public final class Native {
    private static final long FAILED = -4095;
    private static final int PAGE = 4096;
    private static final int PROT_READ = 1;
    private static final int PROT_WRITE = 2;
    private static final int PROT_EXEC = 4;
    private static final int MAP_PRIVATE_ANONYMOUS = 0x22;

    static final Arch ARCH = Arch.host();
    private static final boolean X86 = ARCH == Arch.X86_64;
    private static final @Nullable Internals INTERNALS = Internals.open();
    private static final MethodHandle CALL = INTERNALS != null ? INTERNALS.call : linked();
    private static final long CODE = codePage();

    private Native() {}

    /** The architecture that plans are assembled for here. */
    public static Arch arch() {
        return ARCH;
    }

    /**
     * Makes a system call with up to six arguments.
     *
     * @return the kernel's result, or a value in -4095..-1 that is the negated errno
     */
    public static long syscall(Sys sys, long... args) {
        return call(
                CODE,
                X86 ? sys.x86_64() : sys.aarch64(),
                args.length > 0 ? args[0] : 0,
                args.length > 1 ? args[1] : 0,
                args.length > 2 ? args[2] : 0,
                args.length > 3 ? args[3] : 0,
                args.length > 4 ? args[4] : 0,
                args.length > 5 ? args[5] : 0);
    }

    /**
     * Makes a system call, again when a signal interrupted it.
     *
     * @throws ErrnoException with {@code what} as its text when the kernel refuses
     */
    public static long check(String what, Sys sys, long... args) throws ErrnoException {
        while (true) {
            long result = syscall(sys, args);
            if (!isError(result)) {
                return result;
            }
            if (-result != Errno.EINTR) {
                throw new ErrnoException(what, (int) -result);
            }
        }
    }

    /** Whether a raw result is a negated errno. */
    public static boolean isError(long result) {
        return result < 0 && result >= FAILED;
    }

    /** A view of raw memory, in native byte order. */
    public static ByteBuffer at(long address, int size) {
        // SAFETY: callers pass ranges that they mapped themselves.
        ByteBuffer bytes =
                INTERNALS != null
                        ? INTERNALS.buffer(address, size)
                        : MemorySegment.ofAddress(address).reinterpret(size).asByteBuffer();
        return bytes.order(ByteOrder.nativeOrder());
    }

    /** The address of a direct buffer's position; valid for as long as the buffer is reachable. */
    public static long address(ByteBuffer direct) {
        if (!direct.isDirect()) {
            throw new IllegalArgumentException("a buffer on the heap has no address");
        }
        return MemorySegment.ofBuffer(direct).address();
    }

    /** Walks the assembled steps in this thread; returns once the list ends or fails. */
    static void interpret(long context, long steps) {
        call(CODE + Interpreter.RUN_OFFSET, context, steps, 0, 0, 0, 0, 0);
    }

    /**
     * Runs a loop of two instructions, {@code dec ecx; jnz}, in this thread: what a machine's speed
     * is compared with. x86_64 only.
     *
     * @param rounds how often, 1 or more
     * @return how long it took, in ticks of the time stamp counter
     */
    public static long spin(int rounds) {
        if (!X86 || rounds < 1) {
            throw new IllegalArgumentException("no loop of " + rounds + " rounds on " + ARCH);
        }
        return call(CODE + Interpreter.SPIN_OFFSET, rounds, 0, 0, 0, 0, 0, 0);
    }

    private static long call(long address, long a, long b, long c, long d, long e, long f, long g) {
        try {
            return (long) CALL.invokeExact(address, a, b, c, d, e, f, g);
        } catch (Throwable t) {
            throw new AssertionError("a downcall threw", t);
        }
    }

    /** The same handle as {@link Internals#call}, made the public way. */
    static MethodHandle linked() {
        ValueLayout.OfLong j = ValueLayout.JAVA_LONG;
        MethodHandle handle =
                Linker.nativeLinker().downcallHandle(FunctionDescriptor.of(j, j, j, j, j, j, j, j));
        try {
            MethodType toSegment = MethodType.methodType(MemorySegment.class, long.class);
            MethodHandle ofAddress =
                    MethodHandles.lookup().findStatic(MemorySegment.class, "ofAddress", toSegment);
            return MethodHandles.filterArguments(handle, 0, ofAddress);
        } catch (ReflectiveOperationException e) {
            throw new LinkageError("MemorySegment.ofAddress", e);
        }
    }

    private static long codePage() {
        long libcSyscall =
                INTERNALS != null
                        ? INTERNALS.libcSyscall
                        : Linker.nativeLinker()
                                .defaultLookup()
                                .find("syscall")
                                .orElseThrow()
                                .address();
        long page =
                bootstrap(
                        libcSyscall,
                        Sys.MMAP,
                        0,
                        PAGE,
                        PROT_READ | PROT_WRITE,
                        MAP_PRIVATE_ANONYMOUS,
                        -1,
                        0);
        at(page, PAGE).put(Interpreter.page(ARCH));
        bootstrap(libcSyscall, Sys.MPROTECT, page, PAGE, PROT_READ | PROT_EXEC, 0, 0, 0);
        return page;
    }

    private static long bootstrap(
            long libc, Sys sys, long a, long b, long c, long d, long e, long f) {
        long result = call(libc, X86 ? sys.x86_64() : sys.aarch64(), a, b, c, d, e, f);
        if (result == -1) {
            throw new UnsupportedOperationException(
                    sys.call()
                            + ": the kernel refused an executable page; a policy forbids it (SELinux execmem,"
                            + " PR_SET_MDWE)");
        }
        return result;
    }
}
