package dev.carafe.runtime.seccomp;

import dev.carafe.oci.runtime.Seccomp;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** The reference: libseccomp, called the way runc calls it. */
@SuppressWarnings("restricted")
final class Libseccomp {
    private static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT;
    private static final ValueLayout.OfLong LONG = ValueLayout.JAVA_LONG;
    private static final int SCMP_FLTATR_ACT_BADARCH = 2;
    private static final int KILL_PROCESS = 0x8000_0000;
    private static final int EEXIST = -17;

    /** The tokens of seccomp.h; x32 has one of its own that no kernel sees. */
    private static int token(Abi abi) {
        return abi == Abi.SCMP_ARCH_X32 ? 0x4000003E : abi.audit();
    }

    private final MethodHandle init;
    private final MethodHandle release;
    private final MethodHandle archAdd;
    private final MethodHandle archRemove;
    private final MethodHandle attrSet;
    private final MethodHandle resolve;
    private final MethodHandle ruleAdd;
    private final MethodHandle export;

    private Libseccomp(SymbolLookup library) {
        init = find(library, "seccomp_init", FunctionDescriptor.of(LONG, INT));
        release = find(library, "seccomp_release", FunctionDescriptor.ofVoid(LONG));
        archAdd = find(library, "seccomp_arch_add", FunctionDescriptor.of(INT, LONG, INT));
        archRemove = find(library, "seccomp_arch_remove", FunctionDescriptor.of(INT, LONG, INT));
        attrSet = find(library, "seccomp_attr_set", FunctionDescriptor.of(INT, LONG, INT, INT));
        resolve =
                find(
                        library,
                        "seccomp_syscall_resolve_name_arch",
                        FunctionDescriptor.of(INT, INT, ValueLayout.ADDRESS));
        ruleAdd =
                find(
                        library,
                        "seccomp_rule_add_array",
                        FunctionDescriptor.of(INT, LONG, INT, INT, INT, ValueLayout.ADDRESS));
        export = find(library, "seccomp_export_bpf", FunctionDescriptor.of(INT, LONG, INT));
    }

    /** The library, if the machine has it. */
    static Optional<Libseccomp> load() {
        try {
            return Optional.of(
                    new Libseccomp(SymbolLookup.libraryLookup("libseccomp.so.2", Arena.global())));
        } catch (IllegalArgumentException absent) {
            return Optional.empty();
        }
    }

    private static MethodHandle find(SymbolLookup library, String name, FunctionDescriptor type) {
        return Linker.nativeLinker().downcallHandle(library.find(name).orElseThrow(), type);
    }

    /** The number that the library has for a name; negative when it has none. */
    int number(Abi abi, String name) {
        try (Arena arena = Arena.ofConfined()) {
            return (int) resolve.invokeExact(token(abi), arena.allocateFrom(name));
        } catch (Throwable t) {
            throw new AssertionError(t);
        }
    }

    /** The library's program for a profile; file is a scratch path. */
    byte[] compile(Abi first, Seccomp profile, Path file) {
        int fallback = verdict(profile.defaultAction(), profile.defaultErrnoRet());
        try (Arena arena = Arena.ofConfined()) {
            long context = (long) init.invokeExact(fallback);
            for (Abi abi : Abi.values()) {
                if (abi == first || profile.architectures().contains(abi.name())) {
                    int ignored = (int) archAdd.invokeExact(context, token(abi));
                } else {
                    int ignored = (int) archRemove.invokeExact(context, token(abi));
                }
            }
            check(
                    "seccomp_attr_set",
                    (int) attrSet.invokeExact(context, SCMP_FLTATR_ACT_BADARCH, KILL_PROCESS));
            for (Seccomp.Syscall call : profile.syscalls()) {
                int verdict = verdict(call.action(), call.errnoRet());
                if (verdict == fallback) {
                    continue;
                }
                for (String name : call.names()) {
                    int number = number(Abi.SCMP_ARCH_X86_64, name);
                    if (number == -1) {
                        continue;
                    }
                    long indexes =
                            call.args().stream().mapToInt(Seccomp.Arg::index).distinct().count();
                    if (indexes == call.args().size()) {
                        add(arena, context, verdict, number, call.args());
                    } else {
                        for (Seccomp.Arg arg : call.args()) {
                            add(arena, context, verdict, number, List.of(arg));
                        }
                    }
                }
            }
            byte[] program = export(context, file);
            release.invokeExact(context);
            return program;
        } catch (Throwable t) {
            throw new AssertionError(t);
        }
    }

    private void add(Arena arena, long context, int verdict, int number, List<Seccomp.Arg> args)
            throws Throwable {
        MemorySegment array = arena.allocate(24L * Math.max(1, args.size()), 8);
        for (int i = 0; i < args.size(); i++) {
            Seccomp.Arg arg = args.get(i);
            array.set(INT, 24L * i, arg.index());
            array.set(INT, 24L * i + 4, operator(arg.op()));
            array.set(LONG, 24L * i + 8, arg.value());
            array.set(LONG, 24L * i + 16, arg.valueTwo());
        }
        int result = (int) ruleAdd.invokeExact(context, verdict, number, args.size(), array);
        if (result != EEXIST) {
            check("seccomp_rule_add", result);
        }
    }

    private byte[] export(long context, Path file) throws Throwable {
        try (FileOutputStream out = new FileOutputStream(file.toFile())) {
            check("seccomp_export_bpf", (int) export.invokeExact(context, descriptor(file)));
            out.flush();
        }
        return Files.readAllBytes(file);
    }

    /** The number of the descriptor that this process has of a file. */
    private static int descriptor(Path file) {
        try (var all = Files.newDirectoryStream(Path.of("/proc/self/fd"))) {
            for (Path fd : all) {
                if (Files.isSymbolicLink(fd)
                        && Files.readSymbolicLink(fd).equals(file.toRealPath())) {
                    return Integer.parseInt(fd.getFileName().toString());
                }
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        throw new AssertionError("no descriptor of " + file);
    }

    private static void check(String what, int result) {
        if (result < 0) {
            throw new AssertionError(what + ": " + result);
        }
    }

    private static int operator(Seccomp.Operator op) {
        return switch (op) {
            case SCMP_CMP_NE -> 1;
            case SCMP_CMP_LT -> 2;
            case SCMP_CMP_LE -> 3;
            case SCMP_CMP_EQ -> 4;
            case SCMP_CMP_GE -> 5;
            case SCMP_CMP_GT -> 6;
            case SCMP_CMP_MASKED_EQ -> 7;
        };
    }

    static int verdict(Seccomp.Action action, @Nullable Integer errno) {
        int e = errno == null ? 1 : errno;
        return switch (action) {
            case SCMP_ACT_KILL, SCMP_ACT_KILL_THREAD -> 0;
            case SCMP_ACT_KILL_PROCESS -> KILL_PROCESS;
            case SCMP_ACT_TRAP -> 0x30000;
            case SCMP_ACT_ERRNO -> 0x50000 | e;
            case SCMP_ACT_NOTIFY -> 0x7fc00000;
            case SCMP_ACT_TRACE -> 0x7ff00000 | e;
            case SCMP_ACT_LOG -> 0x7ffc0000;
            case SCMP_ACT_ALLOW -> 0x7fff0000;
        };
    }
}
