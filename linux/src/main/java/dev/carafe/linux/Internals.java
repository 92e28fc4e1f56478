package dev.carafe.linux;

import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodType;
import java.lang.reflect.Array;
import java.lang.reflect.Constructor;
import java.lang.reflect.Method;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/**
 * A short cut to what {@link java.lang.foreign} ends in. The first use of the public way costs a
 * short command half of its time, because it makes classes at run time that no AOT cache can hold.
 * So the launcher opens the parts of JDK 25 below, and they are asked for the same stub, symbol and
 * buffer directly. Where they are closed or different, as in a program that embeds Carafe, {@link
 * Native} takes the public way.
 *
 * <p>Sources: DowncallLinker, X86_64Architecture, CallArranger, StubLocations in
 * jdk.internal.foreign.abi; JavaNioAccess in jdk.internal.access.
 */
final class Internals {
    private static final int JDK = 25;
    private static final String ABI = "jdk.internal.foreign.abi.";
    private static final String ACCESS = "jdk.internal.access.";

    /** X86_64Architecture.StorageType. */
    private static final byte INTEGER = 0;

    private static final byte STACK = 3;
    private static final byte PLACEHOLDER = 4;

    /** X86_64Architecture.REG64_MASK. */
    private static final short REG64 = 15;

    /** The bytes of an argument on the stack, and of the stub's own locations. */
    private static final short SLOT = 8;

    private static final int STACK_ALIGNMENT = 16;

    /** The integer arguments of the System V ABI: rdi rsi rdx rcx r8 r9, as they are encoded. */
    private static final int[] ARGUMENTS = {7, 6, 2, 1, 8, 9};

    /** The handle {@code (address, 7 x long) -> long}. */
    final MethodHandle call;

    /** The address of libc's {@code long syscall(long number, ...)}. */
    final long libcSyscall;

    private final Object buffers;
    private final Method newBuffer;

    private Internals() throws ReflectiveOperationException {
        call = stub();
        Method find =
                Class.forName("jdk.internal.loader.NativeLibrary")
                        .getDeclaredMethod("findEntry0", long.class, String.class);
        find.setAccessible(true);
        // handle 0 is RTLD_DEFAULT
        libcSyscall = (long) find.invoke(null, 0L, "syscall");
        if (libcSyscall == 0) {
            throw new NoSuchMethodException("libc's syscall");
        }
        buffers = shared("getJavaNioAccess");
        newBuffer =
                Class.forName(ACCESS + "JavaNioAccess")
                        .getMethod("newDirectByteBuffer", long.class, int.class);
    }

    /** The short cut, or null where it is closed. */
    static @Nullable Internals open() {
        if (Native.ARCH != Arch.X86_64
                || !Boolean.getBoolean("dev.carafe.linux.internals")
                || Runtime.version().feature() != JDK) {
            return null;
        }
        try {
            return new Internals();
        } catch (ReflectiveOperationException | RuntimeException | LinkageError e) {
            return null;
        }
    }

    /** A buffer over raw memory. */
    ByteBuffer buffer(long address, int size) {
        try {
            return (ByteBuffer) newBuffer.invoke(buffers, address, size);
        } catch (ReflectiveOperationException e) {
            throw new LinkageError("a buffer over raw memory", e);
        }
    }

    /**
     * The stub that DowncallLinker makes for seven longs, without the adapters around it, which for
     * longs have nothing to do.
     */
    private static MethodHandle stub() throws ReflectiveOperationException {
        Class<?> storage = Class.forName(ABI + "VMStorage");
        Class<?> storages = storage.arrayType();
        Constructor<?> make =
                storage.getConstructor(byte.class, short.class, int.class, String.class);
        Object rax = make.newInstance(INTEGER, REG64, 0, "rax");
        Object r10 = make.newInstance(INTEGER, REG64, 10, "r10");
        Object r11 = make.newInstance(INTEGER, REG64, 11, "r11");
        Object inputs = Array.newInstance(storage, ARGUMENTS.length + 1);
        Object moves = Array.newInstance(storage, ARGUMENTS.length + 2);
        Array.set(moves, 0, make.newInstance(PLACEHOLDER, SLOT, 0, "target address"));
        for (int i = 0; i < ARGUMENTS.length; i++) {
            Object register = make.newInstance(INTEGER, REG64, ARGUMENTS[i], "argument");
            Array.set(inputs, i, register);
            Array.set(moves, i + 1, register);
        }
        Array.set(inputs, ARGUMENTS.length, rax);
        Array.set(moves, ARGUMENTS.length + 1, make.newInstance(STACK, SLOT, 0, "seventh"));
        Object result = array(storage, rax);
        Object volatiles = array(storage, r10, r11);
        Object none = array(storage);
        Method abiFor =
                Class.forName(ABI + "x64.X86_64Architecture")
                        .getMethod(
                                "abiFor", storages, storages, storages, storages, int.class,
                                storages, storages, int.class, int.class, storage, storage);
        Object abi =
                abiFor.invoke(
                        null,
                        inputs,
                        none,
                        result,
                        none,
                        0,
                        volatiles,
                        none,
                        STACK_ALIGNMENT,
                        0,
                        r10,
                        r11);
        Class<?> j = long.class;
        MethodType type = MethodType.methodType(j, new Class<?>[] {j, j, j, j, j, j, j, j});
        Class<?> flag = boolean.class;
        Class<?> entryPoint = Class.forName(ABI + "NativeEntryPoint");
        Method makeEntry =
                entryPoint.getMethod(
                        "make",
                        abi.getClass(),
                        storages,
                        storages,
                        MethodType.class,
                        flag,
                        int.class,
                        flag,
                        flag);
        Object entry = makeEntry.invoke(null, abi, moves, result, type, false, 0, true, false);
        return (MethodHandle)
                Class.forName(ACCESS + "JavaLangInvokeAccess")
                        .getMethod("nativeMethodHandle", entryPoint)
                        .invoke(shared("getJavaLangInvokeAccess"), entry);
    }

    private static Object shared(String getter) throws ReflectiveOperationException {
        return Class.forName(ACCESS.concat("SharedSecrets")).getMethod(getter).invoke(null);
    }

    private static Object array(Class<?> component, Object... elements) {
        Object array = Array.newInstance(component, elements.length);
        for (int i = 0; i < elements.length; i++) {
            Array.set(array, i, elements[i]);
        }
        return array;
    }
}
