package dev.carafe.oci.runtime;

import dev.carafe.oci.OciException;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What the specification demands of config.json beyond its shape. Names that the kernel may know
 * and we don't (capabilities, mount options, controllers) are for the runtime to judge.
 */
final class SpecCheck {
    /** __NEW_UTS_LEN. */
    private static final int MAX_HOSTNAME = 64;

    private SpecCheck() {}

    static void check(Spec spec) {
        version(spec.ociVersion());
        Root root = spec.root();
        if (root == null) {
            throw wrong("root", "is missing");
        }
        filled("root.path", root.path());
        host("hostname", spec.hostname());
        host("domainname", spec.domainname());
        for (String key : spec.annotations().keySet()) {
            if (key.isEmpty()) {
                throw wrong("annotations", "has an empty key");
            }
        }
        mounts(spec.mounts());
        Process process = spec.process();
        if (process != null) {
            process(process);
        }
        Hooks hooks = spec.hooks();
        if (hooks != null) {
            hooks(hooks);
        }
        Linux linux = spec.linux();
        if (linux != null) {
            linux(linux);
        }
        privacy(spec, linux);
        Vm vm = spec.vm();
        if (vm != null) {
            vm(vm);
        }
    }

    /** What would otherwise reach the host, because the container shares its namespace. */
    private static void privacy(Spec spec, @Nullable Linux linux) {
        if (spec.vm() != null) {
            return;
        }
        // Not an EnumSet: it makes its universe by reflection, which a cold start would pay for.
        Set<Namespace.Type> types = new HashSet<>();
        if (linux != null) {
            for (Namespace namespace : linux.namespaces()) {
                types.add(namespace.type());
            }
        }
        if (!types.contains(Namespace.Type.UTS)) {
            if (spec.hostname() != null) {
                throw wrong("hostname", "needs a uts namespace");
            }
            if (spec.domainname() != null) {
                throw wrong("domainname", "needs a uts namespace");
            }
        }
        if (!types.contains(Namespace.Type.MOUNT)) {
            if (!spec.mounts().isEmpty()) {
                throw wrong("mounts", "need a mount namespace");
            }
            if (linux != null && !linux.maskedPaths().isEmpty()) {
                throw wrong("linux.maskedPaths", "need a mount namespace");
            }
            if (linux != null && !linux.readonlyPaths().isEmpty()) {
                throw wrong("linux.readonlyPaths", "need a mount namespace");
            }
        }
    }

    /** SemVer 2.0.0, as far as three numbers go. */
    private static void version(String version) {
        int dots = 0;
        int i = 0;
        while (i < version.length()) {
            char c = version.charAt(i);
            boolean digitBefore = i > 0 && isDigit(version.charAt(i - 1));
            if (c == '.' && dots < 2 && digitBefore) {
                dots++;
            } else if ((c == '-' || c == '+') && dots == 2 && digitBefore) {
                break;
            } else if (!isDigit(c)) {
                throw wrong("ociVersion", "is not a version: ", version);
            }
            i++;
        }
        if (dots != 2 || !isDigit(version.charAt(i - 1))) {
            throw wrong("ociVersion", "is not a version: ", version);
        }
    }

    private static boolean isDigit(char c) {
        return c >= '0' && c <= '9';
    }

    private static void host(String where, @Nullable String name) {
        if (name != null) {
            filled(where, name);
            if (name.length() > MAX_HOSTNAME) {
                throw wrong(where, "has more than 64 characters");
            }
        }
    }

    private static void mounts(List<Mount> mounts) {
        for (int i = 0; i < mounts.size(); i++) {
            Mount mount = mounts.get(i);
            String where = at("mounts", i);
            absolute(where.concat(".destination"), mount.destination());
            clean(where.concat(".type"), mount.type());
            clean(where.concat(".source"), mount.source());
            clean(where.concat(".options"), mount.options());
            if (mount.uidMappings().isEmpty() != mount.gidMappings().isEmpty()) {
                throw wrong(where, "has only one of uidMappings and gidMappings");
            }
            mappings(where.concat(".uidMappings"), mount.uidMappings());
            mappings(where.concat(".gidMappings"), mount.gidMappings());
        }
    }

    private static void process(Process process) {
        absolute("process.cwd", process.cwd());
        if (process.args().isEmpty()) {
            throw wrong("process.args", "is empty");
        }
        clean("process.args", process.args());
        clean("process.env", process.env());
        User user = process.user();
        id("process.user.uid", user.uid());
        id("process.user.gid", user.gid());
        for (int i = 0; i < user.additionalGids().size(); i++) {
            id(at("process.user.additionalGids", i), user.additionalGids().get(i));
        }
        range("process.user.umask", user.umask(), 0, 0777);
        range("process.oomScoreAdj", process.oomScoreAdj(), -1000, 1000);
        Box console = process.consoleSize();
        if (console != null) {
            range("process.consoleSize.height", console.height(), 0, 65535);
            range("process.consoleSize.width", console.width(), 0, 65535);
        }
        rlimits(process.rlimits());
        clean("process.apparmorProfile", process.apparmorProfile());
        clean("process.selinuxLabel", process.selinuxLabel());
        Scheduler scheduler = process.scheduler();
        if (scheduler != null) {
            scheduler(scheduler);
        }
        IoPriority priority = process.ioPriority();
        if (priority != null) {
            switch (priority.clazz()) {
                case "IOPRIO_CLASS_RT", "IOPRIO_CLASS_BE", "IOPRIO_CLASS_IDLE" -> {}
                default -> throw unknown("process.ioPriority.class", priority.clazz());
            }
            range("process.ioPriority.priority", priority.priority(), 0, 7);
        }
        CpuAffinity affinity = process.execCPUAffinity();
        if (affinity != null) {
            clean("process.execCPUAffinity.initial", affinity.initial());
            clean("process.execCPUAffinity.final", affinity.final_());
        }
    }

    private static void rlimits(List<Rlimit> rlimits) {
        Set<String> seen = new HashSet<>();
        for (int i = 0; i < rlimits.size(); i++) {
            Rlimit limit = rlimits.get(i);
            String where = at("process.rlimits", i);
            switch (limit.type()) {
                case "RLIMIT_AS",
                        "RLIMIT_CORE",
                        "RLIMIT_CPU",
                        "RLIMIT_DATA",
                        "RLIMIT_FSIZE",
                        "RLIMIT_LOCKS",
                        "RLIMIT_MEMLOCK",
                        "RLIMIT_MSGQUEUE",
                        "RLIMIT_NICE",
                        "RLIMIT_NOFILE",
                        "RLIMIT_NPROC",
                        "RLIMIT_RSS",
                        "RLIMIT_RTPRIO",
                        "RLIMIT_RTTIME",
                        "RLIMIT_SIGPENDING",
                        "RLIMIT_STACK" -> {}
                default -> throw unknown(where.concat(".type"), limit.type());
            }
            if (!seen.add(limit.type())) {
                throw wrong(where.concat(".type"), "is there twice: ", limit.type());
            }
            if (Long.compareUnsigned(limit.soft(), limit.hard()) > 0) {
                throw wrong(where.concat(".soft"), "is above the hard limit");
            }
        }
    }

    private static void scheduler(Scheduler scheduler) {
        switch (scheduler.policy()) {
            case "SCHED_OTHER",
                    "SCHED_FIFO",
                    "SCHED_RR",
                    "SCHED_BATCH",
                    "SCHED_ISO",
                    "SCHED_IDLE",
                    "SCHED_DEADLINE" -> {}
            default -> throw unknown("process.scheduler.policy", scheduler.policy());
        }
        range("process.scheduler.nice", scheduler.nice(), -20, 19);
        range("process.scheduler.priority", scheduler.priority(), 0, 99);
        for (int i = 0; i < scheduler.flags().size(); i++) {
            switch (scheduler.flags().get(i)) {
                case "SCHED_FLAG_RESET_ON_FORK",
                        "SCHED_FLAG_RECLAIM",
                        "SCHED_FLAG_DL_OVERRUN",
                        "SCHED_FLAG_KEEP_POLICY",
                        "SCHED_FLAG_KEEP_PARAMS",
                        "SCHED_FLAG_UTIL_CLAMP_MIN",
                        "SCHED_FLAG_UTIL_CLAMP_MAX" -> {}
                default ->
                        throw unknown(at("process.scheduler.flags", i), scheduler.flags().get(i));
            }
        }
    }

    private static void hooks(Hooks hooks) {
        hooks("hooks.prestart", hooks.prestart());
        hooks("hooks.createRuntime", hooks.createRuntime());
        hooks("hooks.createContainer", hooks.createContainer());
        hooks("hooks.startContainer", hooks.startContainer());
        hooks("hooks.poststart", hooks.poststart());
        hooks("hooks.poststop", hooks.poststop());
    }

    private static void hooks(String list, List<Hook> hooks) {
        for (int i = 0; i < hooks.size(); i++) {
            Hook hook = hooks.get(i);
            String where = at(list, i);
            absolute(where.concat(".path"), hook.path());
            clean(where.concat(".args"), hook.args());
            clean(where.concat(".env"), hook.env());
            range(where.concat(".timeout"), hook.timeout(), 1, Integer.MAX_VALUE);
        }
    }

    private static void linux(Linux linux) {
        namespaces(linux);
        for (int i = 0; i < linux.devices().size(); i++) {
            device(at("linux.devices", i), linux.devices().get(i));
        }
        absolute("linux.maskedPaths", linux.maskedPaths());
        absolute("linux.readonlyPaths", linux.readonlyPaths());
        String cgroupsPath = linux.cgroupsPath();
        if (cgroupsPath != null) {
            clean("linux.cgroupsPath", cgroupsPath);
            if (climbs(cgroupsPath)) {
                throw wrong("linux.cgroupsPath", "must not contain \"..\"");
            }
        }
        for (Map.Entry<String, String> sysctl : linux.sysctl().entrySet()) {
            sysctl(sysctl.getKey(), sysctl.getValue());
        }
        String propagation = linux.rootfsPropagation();
        if (propagation != null) {
            switch (propagation) {
                case "",
                        "shared",
                        "rshared",
                        "slave",
                        "rslave",
                        "private",
                        "rprivate",
                        "unbindable",
                        "runbindable" -> {}
                default -> throw unknown("linux.rootfsPropagation", propagation);
            }
        }
        clean("linux.mountLabel", linux.mountLabel());
        Personality personality = linux.personality();
        if (personality != null) {
            if (!personality.domain().equals("LINUX") && !personality.domain().equals("LINUX32")) {
                throw unknown("linux.personality.domain", personality.domain());
            }
            if (!personality.flags().isEmpty()) {
                throw unknown("linux.personality.flags[0]", personality.flags().getFirst());
            }
        }
        IntelRdt rdt = linux.intelRdt();
        String closID = rdt == null ? null : rdt.closID();
        if (closID != null) {
            fileName("linux.intelRdt.closID", closID);
        }
        Resources resources = linux.resources();
        if (resources != null) {
            resources(resources);
        }
        Seccomp seccomp = linux.seccomp();
        if (seccomp != null) {
            seccomp(seccomp);
        }
    }

    private static void namespaces(Linux linux) {
        Set<Namespace.Type> seen = new HashSet<>();
        boolean newUser = false;
        boolean newTime = false;
        for (int i = 0; i < linux.namespaces().size(); i++) {
            Namespace namespace = linux.namespaces().get(i);
            String path = namespace.path();
            if (path != null) {
                absolute(at("linux.namespaces", i).concat(".path"), path);
            }
            if (!seen.add(namespace.type())) {
                throw wrong(at("linux.namespaces", i), "is there twice: ", namespace.type().json());
            }
            newUser |= path == null && namespace.type() == Namespace.Type.USER;
            newTime |= path == null && namespace.type() == Namespace.Type.TIME;
        }
        mappings("linux.uidMappings", linux.uidMappings());
        mappings("linux.gidMappings", linux.gidMappings());
        boolean mapped = !linux.uidMappings().isEmpty() || !linux.gidMappings().isEmpty();
        if (mapped && !seen.contains(Namespace.Type.USER)) {
            throw wrong("linux.namespaces", "has no user namespace for the id mappings");
        }
        if (newUser && (linux.uidMappings().isEmpty() || linux.gidMappings().isEmpty())) {
            throw wrong("linux", "a new user namespace needs uidMappings and gidMappings");
        }
        for (Map.Entry<String, TimeOffset> offset : linux.timeOffsets().entrySet()) {
            if (!newTime) {
                throw wrong("linux.timeOffsets", "need a new time namespace");
            }
            String clock = offset.getKey();
            if (!clock.equals("monotonic") && !clock.equals("boottime")) {
                throw unknown("linux.timeOffsets", clock);
            }
            range("linux.timeOffsets: nanosecs", offset.getValue().nanosecs(), 0, 999_999_999);
        }
    }

    private static void mappings(String where, List<IdMapping> mappings) {
        for (int i = 0; i < mappings.size(); i++) {
            IdMapping one = mappings.get(i);
            id(at(where, i).concat(".containerID"), one.containerID());
            id(at(where, i).concat(".hostID"), one.hostID());
            if (one.size() < 1
                    || one.size() > User.MAX_ID + 1 - one.containerID()
                    || one.size() > User.MAX_ID + 1 - one.hostID()) {
                throw wrong(at(where, i).concat(".size"), "is 0 or leads past id 4294967294");
            }
            for (int k = 0; k < i; k++) {
                IdMapping other = mappings.get(k);
                if (overlap(one.containerID(), one.size(), other.containerID(), other.size())
                        || overlap(one.hostID(), one.size(), other.hostID(), other.size())) {
                    throw wrong(at(where, i), "overlaps with an earlier range");
                }
            }
        }
    }

    private static boolean overlap(long a, long aSize, long b, long bSize) {
        return a < b + bSize && b < a + aSize;
    }

    private static void device(String where, Device device) {
        absolute(where.concat(".path"), device.path());
        switch (device.type()) {
            case "c", "u", "b" -> {
                if (device.major() == null || device.minor() == null) {
                    throw wrong(where, "has no major or minor number");
                }
            }
            case "p" -> {}
            default -> throw unknown(where.concat(".type"), device.type());
        }
        range(where.concat(".major"), device.major(), 0, User.MAX_ID + 1);
        range(where.concat(".minor"), device.minor(), 0, User.MAX_ID + 1);
        range(where.concat(".fileMode"), device.fileMode(), 0, 07777);
        range(where.concat(".uid"), device.uid(), 0, User.MAX_ID);
        range(where.concat(".gid"), device.gid(), 0, User.MAX_ID);
    }

    /** The runtime turns dots to slashes, or slashes to dots where there are slashes. */
    private static void sysctl(String key, String value) {
        clean("linux.sysctl", value);
        filled("linux.sysctl", key);
        if (climbs(key) || key.startsWith("/") || key.startsWith(".")) {
            throw wrong("linux.sysctl", "not the name of a setting: ", key);
        }
    }

    private static void resources(Resources resources) {
        for (int i = 0; i < resources.devices().size(); i++) {
            deviceRule(at("linux.resources.devices", i), resources.devices().get(i));
        }
        Memory memory = resources.memory();
        if (memory != null) {
            memory(memory);
        }
        Cpu cpu = resources.cpu();
        if (cpu != null) {
            clean("linux.resources.cpu.cpus", cpu.cpus());
            clean("linux.resources.cpu.mems", cpu.mems());
        }
        BlockIo io = resources.blockIO();
        if (io != null) {
            weight("linux.resources.blockIO.weight", io.weight());
            weight("linux.resources.blockIO.leafWeight", io.leafWeight());
            for (int i = 0; i < io.weightDevice().size(); i++) {
                String where = at("linux.resources.blockIO.weightDevice", i);
                BlockIo.WeightDevice device = io.weightDevice().get(i);
                if (device.weight() == null && device.leafWeight() == null) {
                    throw wrong(where, "has neither weight nor leafWeight");
                }
                weight(where.concat(".weight"), device.weight());
                weight(where.concat(".leafWeight"), device.leafWeight());
            }
        }
        for (int i = 0; i < resources.hugepageLimits().size(); i++) {
            String where = at("linux.resources.hugepageLimits", i).concat(".pageSize");
            pageSize(where, resources.hugepageLimits().get(i).pageSize());
        }
        for (Map.Entry<String, Rdma> rdma : resources.rdma().entrySet()) {
            if (rdma.getValue().hcaHandles() == null && rdma.getValue().hcaObjects() == null) {
                throw wrong(
                        "linux.resources.rdma",
                        "has neither hcaHandles nor hcaObjects for ",
                        rdma.getKey());
            }
        }
        for (Map.Entry<String, String> file : resources.unified().entrySet()) {
            fileName("linux.resources.unified", file.getKey());
            clean("linux.resources.unified", file.getValue());
        }
    }

    /** As in the names of cgroup files, e.g. "2MB"; 2^10 to the letter. */
    private static void pageSize(String where, String size) {
        int digits = size.length() - 2;
        boolean good = digits > 0 && size.charAt(0) != '0' && size.charAt(digits + 1) == 'B';
        for (int i = 0; good && i < digits; i++) {
            good = isDigit(size.charAt(i));
        }
        if (!good || "KMG".indexOf(size.charAt(digits)) < 0) {
            throw wrong(where, "is not a size such as 2MB: ", size);
        }
    }

    private static void deviceRule(String where, DeviceRule rule) {
        String type = rule.type();
        if (type != null
                && !type.isEmpty()
                && !type.equals("a")
                && !type.equals("b")
                && !type.equals("c")) {
            throw unknown(where.concat(".type"), type);
        }
        String access = rule.access();
        if (access != null) {
            for (int i = 0; i < access.length(); i++) {
                if ("rwm".indexOf(access.charAt(i)) < 0) {
                    throw unknown(where.concat(".access"), access);
                }
            }
        }
        range(where.concat(".major"), rule.major(), -1, User.MAX_ID + 1);
        range(where.concat(".minor"), rule.minor(), -1, User.MAX_ID + 1);
    }

    private static void memory(Memory memory) {
        range("linux.resources.memory.limit", memory.limit(), -1, Long.MAX_VALUE);
        range("linux.resources.memory.reservation", memory.reservation(), -1, Long.MAX_VALUE);
        range("linux.resources.memory.swap", memory.swap(), -1, Long.MAX_VALUE);
        range("linux.resources.memory.kernel", memory.kernel(), -1, Long.MAX_VALUE);
        range("linux.resources.memory.kernelTCP", memory.kernelTCP(), -1, Long.MAX_VALUE);
        range("linux.resources.memory.swappiness", memory.swappiness(), 0, 200);
        Long limit = memory.limit();
        Long swap = memory.swap();
        if (limit != null && swap != null && limit > 0 && swap > 0 && swap < limit) {
            throw wrong("linux.resources.memory.swap", "(memory and swap) is below limit (memory)");
        }
    }

    private static void weight(String where, @Nullable Integer weight) {
        // 0 is what writers without the notion of "absent" put.
        if (weight != null && weight != 0) {
            range(where, weight, 10, 1000);
        }
    }

    private static void seccomp(Seccomp seccomp) {
        errno("linux.seccomp.defaultErrnoRet", seccomp.defaultAction(), seccomp.defaultErrnoRet());
        if (seccomp.defaultAction() == Seccomp.Action.SCMP_ACT_NOTIFY) {
            throw wrong("linux.seccomp.defaultAction", "must not be SCMP_ACT_NOTIFY");
        }
        for (int i = 0; i < seccomp.architectures().size(); i++) {
            architecture(at("linux.seccomp.architectures", i), seccomp.architectures().get(i));
        }
        for (int i = 0; i < seccomp.flags().size(); i++) {
            switch (seccomp.flags().get(i)) {
                case "SECCOMP_FILTER_FLAG_TSYNC",
                        "SECCOMP_FILTER_FLAG_LOG",
                        "SECCOMP_FILTER_FLAG_SPEC_ALLOW",
                        "SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV" -> {}
                default -> throw unknown(at("linux.seccomp.flags", i), seccomp.flags().get(i));
            }
        }
        String listener = seccomp.listenerPath();
        if (listener != null) {
            absolute("linux.seccomp.listenerPath", listener);
        } else if (seccomp.listenerMetadata() != null) {
            throw wrong("linux.seccomp.listenerMetadata", "needs a listenerPath");
        }
        for (int i = 0; i < seccomp.syscalls().size(); i++) {
            Seccomp.Syscall call = seccomp.syscalls().get(i);
            String where = at("linux.seccomp.syscalls", i);
            if (call.names().isEmpty()) {
                throw wrong(where.concat(".names"), "is empty");
            }
            if (call.action() == Seccomp.Action.SCMP_ACT_NOTIFY && listener == null) {
                throw wrong(where.concat(".action"), "SCMP_ACT_NOTIFY needs a listenerPath");
            }
            errno(where.concat(".errnoRet"), call.action(), call.errnoRet());
            for (int k = 0; k < call.args().size(); k++) {
                range(
                        at(where.concat(".args"), k).concat(".index"),
                        call.args().get(k).index(),
                        0,
                        5);
            }
        }
    }

    private static void errno(String where, Seccomp.Action action, @Nullable Integer errno) {
        if (errno != null
                && action != Seccomp.Action.SCMP_ACT_ERRNO
                && action != Seccomp.Action.SCMP_ACT_TRACE) {
            throw wrong(where, "has no meaning with ".concat(action.name()));
        }
        range(where, errno, 0, 4095);
    }

    private static void architecture(String where, String name) {
        switch (name) {
            case "SCMP_ARCH_X86",
                    "SCMP_ARCH_X86_64",
                    "SCMP_ARCH_X32",
                    "SCMP_ARCH_ARM",
                    "SCMP_ARCH_AARCH64",
                    "SCMP_ARCH_LOONGARCH64",
                    "SCMP_ARCH_M68K",
                    "SCMP_ARCH_MIPS",
                    "SCMP_ARCH_MIPS64",
                    "SCMP_ARCH_MIPS64N32",
                    "SCMP_ARCH_MIPSEL",
                    "SCMP_ARCH_MIPSEL64",
                    "SCMP_ARCH_MIPSEL64N32",
                    "SCMP_ARCH_PPC",
                    "SCMP_ARCH_PPC64",
                    "SCMP_ARCH_PPC64LE",
                    "SCMP_ARCH_S390",
                    "SCMP_ARCH_S390X",
                    "SCMP_ARCH_SH",
                    "SCMP_ARCH_SHEB",
                    "SCMP_ARCH_PARISC",
                    "SCMP_ARCH_PARISC64",
                    "SCMP_ARCH_RISCV64" -> {}
            default -> throw unknown(where, name);
        }
    }

    private static void vm(Vm vm) {
        Vm.Hypervisor hypervisor = vm.hypervisor();
        if (hypervisor != null) {
            absolute("vm.hypervisor.path", hypervisor.path());
            clean("vm.hypervisor.parameters", hypervisor.parameters());
        }
        absolute("vm.kernel.path", vm.kernel().path());
        clean("vm.kernel.parameters", vm.kernel().parameters());
        String initrd = vm.kernel().initrd();
        if (initrd != null) {
            absolute("vm.kernel.initrd", initrd);
        }
        Vm.Image image = vm.image();
        if (image != null) {
            absolute("vm.image.path", image.path());
            filled("vm.image.format", image.format());
        }
    }

    private static void absolute(String where, List<String> paths) {
        for (int i = 0; i < paths.size(); i++) {
            absolute(at(where, i), paths.get(i));
        }
    }

    private static void absolute(String where, String path) {
        filled(where, path);
        if (path.charAt(0) != '/') {
            throw wrong(where, "is not an absolute path: ", path);
        }
    }

    private static void fileName(String where, String name) {
        filled(where, name);
        if (name.indexOf('/') >= 0 || name.equals(".") || name.equals("..")) {
            throw wrong(where, "is not a plain name: ", name);
        }
    }

    /** Whether a part between slashes is "..". */
    private static boolean climbs(String path) {
        int from = 0;
        while (from <= path.length()) {
            int slash = path.indexOf('/', from);
            int end = slash < 0 ? path.length() : slash;
            if (end - from == 2 && path.startsWith("..", from)) {
                return true;
            }
            from = end + 1;
        }
        return false;
    }

    private static void filled(String where, String text) {
        if (text.isEmpty()) {
            throw wrong(where, "is empty");
        }
        clean(where, text);
    }

    private static void clean(String where, Collection<String> texts) {
        int i = 0;
        for (String text : texts) {
            if (text.indexOf('\0') >= 0) {
                throw wrong(at(where, i), "contains a NUL character: ", text);
            }
            i++;
        }
    }

    /** The kernel would see no more than what is before a NUL. */
    private static void clean(String where, @Nullable String text) {
        if (text != null && text.indexOf('\0') >= 0) {
            throw wrong(where, "contains a NUL character: ", text);
        }
    }

    private static void id(String where, long id) {
        range(where, id, 0, User.MAX_ID);
    }

    private static void range(String where, @Nullable Number value, long min, long max) {
        if (value != null && (value.longValue() < min || value.longValue() > max)) {
            throw wrong(
                    where,
                    Long.toString(value.longValue())
                            .concat(" is not from ")
                            .concat(Long.toString(min))
                            .concat(" to ")
                            .concat(Long.toString(max)));
        }
    }

    private static OciException unknown(String where, String value) {
        return wrong(where, "has an unknown value: ", value);
    }

    private static OciException wrong(String where, String problem, String value) {
        return wrong(where, problem.concat(OciException.quote(value)));
    }

    private static OciException wrong(String where, String problem) {
        return new OciException(where.concat(": ").concat(problem));
    }

    private static String at(String list, int index) {
        return list.concat("[").concat(Integer.toString(index)).concat("]");
    }
}
