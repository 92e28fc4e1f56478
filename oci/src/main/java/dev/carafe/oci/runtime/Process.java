package dev.carafe.oci.runtime;

import dev.carafe.oci.OciException;
import dev.carafe.oci.json.Fields;
import dev.carafe.oci.json.JsonObject;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The process to run (config.md, "Process").
 *
 * @param terminal whether it gets a pseudo-terminal as its controlling one
 * @param consoleSize size of the terminal in characters
 * @param cwd absolute path in the container
 * @param env each "NAME=value"
 * @param args argv; the first is looked up in the PATH of {@code env}
 * @param oomScoreAdj -1000 to 1000; unset: leave as it is
 */
@SuppressWarnings("AvoidCommonTypeNames") // the specification's name
public record Process(
        boolean terminal,
        @Nullable Box consoleSize,
        String cwd,
        List<String> env,
        List<String> args,
        List<Rlimit> rlimits,
        @Nullable String apparmorProfile,
        @Nullable Capabilities capabilities,
        boolean noNewPrivileges,
        @Nullable Integer oomScoreAdj,
        @Nullable Scheduler scheduler,
        @Nullable String selinuxLabel,
        @Nullable IoPriority ioPriority,
        @Nullable CpuAffinity execCPUAffinity,
        User user) {
    /** Copies the lists and maps; maps keep their order. */
    public Process {
        env = List.copyOf(env);
        args = List.copyOf(args);
        rlimits = List.copyOf(rlimits);
    }

    /**
     * Reads a process on its own, as exec gets it.
     *
     * @param where file name, which begins every error
     * @throws OciException when it is no such document
     */
    public static Process parse(String where, byte[] utf8) {
        return read(Fields.parse(where, utf8));
    }

    static Process read(Fields f) {
        Fields consoleSize = f.child("consoleSize");
        Fields capabilities = f.child("capabilities");
        Fields scheduler = f.child("scheduler");
        Fields ioPriority = f.child("ioPriority");
        Fields affinity = f.child("execCPUAffinity");
        Fields user = f.child("user");
        return new Process(
                f.isTrue("terminal"),
                consoleSize == null ? null : Box.read(consoleSize),
                f.needString("cwd"),
                f.strings("env"),
                f.strings("args"),
                Rlimit.readAll(f.children("rlimits")),
                f.string("apparmorProfile"),
                capabilities == null ? null : Capabilities.read(capabilities),
                f.isTrue("noNewPrivileges"),
                f.int32("oomScoreAdj", -1000, 1000),
                scheduler == null ? null : Scheduler.read(scheduler),
                f.string("selinuxLabel"),
                ioPriority == null ? null : IoPriority.read(ioPriority),
                affinity == null ? null : CpuAffinity.read(affinity),
                user == null ? User.ROOT : User.read(user));
    }

    /** As the property "process" of config.json. */
    public JsonObject json() {
        return JsonObject.builder()
                .putIfTrue("terminal", terminal)
                .put("consoleSize", consoleSize == null ? null : consoleSize.json())
                .put("cwd", cwd)
                .putStrings("env", env)
                .putStrings("args", args)
                .put("rlimits", Rlimit.json(rlimits))
                .put("apparmorProfile", apparmorProfile)
                .put("capabilities", capabilities == null ? null : capabilities.json())
                .putIfTrue("noNewPrivileges", noNewPrivileges)
                .put("oomScoreAdj", oomScoreAdj)
                .put("scheduler", scheduler == null ? null : scheduler.json())
                .put("selinuxLabel", selinuxLabel)
                .put("ioPriority", ioPriority == null ? null : ioPriority.json())
                .put("execCPUAffinity", execCPUAffinity == null ? null : execCPUAffinity.json())
                .put("user", user.json())
                .build();
    }
}
