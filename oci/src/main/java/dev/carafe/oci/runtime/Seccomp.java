package dev.carafe.oci.runtime;

import dev.carafe.oci.OciException;
import dev.carafe.oci.json.Fields;
import dev.carafe.oci.json.Json;
import dev.carafe.oci.json.JsonArray;
import dev.carafe.oci.json.JsonObject;
import java.util.ArrayList;
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

    private static final int MAX_ERRNO = 4095;

    /**
     * Reads a filter on its own.
     *
     * @param where file name, which begins every error
     * @throws OciException when it is no such document
     */
    public static Seccomp parse(String where, byte[] utf8) {
        return read(Fields.parse(where, utf8));
    }

    static Seccomp read(Fields f) {
        List<Syscall> syscalls = new ArrayList<>();
        for (Fields s : f.children("syscalls")) {
            List<Arg> args = new ArrayList<>();
            for (Fields a : s.children("args")) {
                Long valueTwo = a.unsigned("valueTwo");
                args.add(
                        new Arg(
                                (int) a.needInteger("index", 0, 5),
                                a.needUnsigned("value"),
                                valueTwo == null ? 0 : valueTwo,
                                operator(a)));
            }
            syscalls.add(
                    new Syscall(
                            s.strings("names"),
                            action(s, "action"),
                            s.int32("errnoRet", 0, MAX_ERRNO),
                            args));
        }
        return new Seccomp(
                action(f, "defaultAction"),
                f.int32("defaultErrnoRet", 0, MAX_ERRNO),
                f.strings("architectures"),
                f.strings("flags"),
                f.string("listenerPath"),
                f.string("listenerMetadata"),
                syscalls);
    }

    private static Action action(Fields f, String property) {
        String name = f.needString(property);
        for (Action action : Action.values()) {
            if (action.name().equals(name)) {
                return action;
            }
        }
        throw f.wrong(property, "unknown seccomp action ".concat(OciException.quote(name)));
    }

    private static Operator operator(Fields f) {
        String name = f.needString("op");
        for (Operator operator : Operator.values()) {
            if (operator.name().equals(name)) {
                return operator;
            }
        }
        throw f.wrong("op", "unknown seccomp operator ".concat(OciException.quote(name)));
    }

    /** As the property "seccomp" of config.json. */
    public JsonObject json() {
        List<Json> calls = new ArrayList<>();
        for (Syscall s : syscalls) {
            List<Json> args = new ArrayList<>();
            for (Arg a : s.args) {
                args.add(
                        JsonObject.builder()
                                .put("index", a.index)
                                .putUnsigned("value", a.value)
                                .putUnsigned("valueTwo", a.valueTwo == 0 ? null : (Long) a.valueTwo)
                                .put("op", a.op.name())
                                .build());
            }
            calls.add(
                    JsonObject.builder()
                            .putStrings("names", s.names)
                            .put("action", s.action.name())
                            .put("errnoRet", s.errnoRet)
                            .put("args", args.isEmpty() ? null : new JsonArray(args))
                            .build());
        }
        return JsonObject.builder()
                .put("defaultAction", defaultAction.name())
                .put("defaultErrnoRet", defaultErrnoRet)
                .putStrings("architectures", architectures)
                .putStrings("flags", flags)
                .put("listenerPath", listenerPath)
                .put("listenerMetadata", listenerMetadata)
                .put("syscalls", calls.isEmpty() ? null : new JsonArray(calls))
                .build();
    }
}
