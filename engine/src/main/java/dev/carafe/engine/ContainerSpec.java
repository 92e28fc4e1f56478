package dev.carafe.engine;

import dev.carafe.engine.image.IdMap;
import dev.carafe.engine.image.Image;
import dev.carafe.engine.image.ImageException;
import dev.carafe.engine.image.ImageUser;
import dev.carafe.linux.Capabilities;
import dev.carafe.linux.Native;
import dev.carafe.linux.Sys;
import dev.carafe.oci.image.ImageConfig;
import dev.carafe.oci.runtime.BlockIo;
import dev.carafe.oci.runtime.Cpu;
import dev.carafe.oci.runtime.Device;
import dev.carafe.oci.runtime.DeviceRule;
import dev.carafe.oci.runtime.IdMapping;
import dev.carafe.oci.runtime.Linux;
import dev.carafe.oci.runtime.Memory;
import dev.carafe.oci.runtime.Mount;
import dev.carafe.oci.runtime.Namespace;
import dev.carafe.oci.runtime.Pids;
import dev.carafe.oci.runtime.Process;
import dev.carafe.oci.runtime.Resources;
import dev.carafe.oci.runtime.Rlimit;
import dev.carafe.oci.runtime.Root;
import dev.carafe.oci.runtime.Spec;
import dev.carafe.oci.runtime.User;
import dev.carafe.runtime.CapabilitySets;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Makes the runtime configuration of a container from an image and the options of {@code run}. */
final class ContainerSpec {
    private static final String DEFAULT_PATH =
            "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
    private static final long USUAL_OPEN_FILES = 1024;
    private static final long SMALLEST_MEMORY = 6L << 20;

    private static final List<String> MASKED =
            List.of(
                    "/proc/acpi",
                    "/proc/asound",
                    "/proc/interrupts",
                    "/proc/kcore",
                    "/proc/keys",
                    "/proc/latency_stats",
                    "/proc/sched_debug",
                    "/proc/scsi",
                    "/proc/timer_list",
                    "/proc/timer_stats",
                    "/sys/devices/virtual/powercap",
                    "/sys/firmware");
    private static final List<String> READ_ONLY =
            List.of("/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger");

    private final RunOptions options;
    private final Image image;
    private final ImageConfig.Config config;
    private final String id;
    private final Path directory;
    private final Identity identity;
    private final List<Mount> hostMounts;
    private final boolean cgroup;
    private final boolean confinesDevices;

    /**
     * Who runs the engine, and which ids its containers can have.
     *
     * @param rootless whether this process lacks rights over the host: an ordinary user, and root
     *     of another user namespace than the first
     * @param ownUsers whether containers get a user namespace of their own
     */
    record Identity(
            long uid,
            long gid,
            boolean rootless,
            boolean ownUsers,
            List<IdMapping> uids,
            List<IdMapping> gids) {
        /** Of a guest, where every id is there. */
        static final Identity GUEST = new Identity(0, 0, false, false, List.of(), List.of());

        static Identity ofThisProcess() throws IOException {
            long uid = Native.syscall(Sys.GETEUID);
            long gid = Native.syscall(Sys.GETEGID);
            if (uid != 0) {
                return new Identity(
                        uid,
                        gid,
                        true,
                        true,
                        SubIds.of(Path.of("/etc/subuid"), "newuidmap", uid),
                        SubIds.of(Path.of("/etc/subgid"), "newgidmap", gid));
            }
            IdMap users = IdMap.ofThisProcess();
            return users.isWhole()
                    ? new Identity(uid, gid, false, false, List.of(), List.of())
                    : new Identity(
                            uid, gid, true, true, same(users), same(IdMap.groupsOfThisProcess()));
        }

        /**
         * For containers in the user namespace of this process, whose descriptors they take: one of
         * a further namespace may not open them.
         */
        Identity sharingUsers() {
            return new Identity(uid, gid, rootless, ownUsers && uid != 0, uids, gids);
        }

        /** A namespace inside this one with the same ids. */
        private static List<IdMapping> same(IdMap ids) {
            List<IdMapping> maps = new ArrayList<>();
            for (IdMap.Range range : ids.ranges()) {
                maps.add(new IdMapping(range.first(), range.first(), range.count()));
            }
            return maps;
        }

        boolean maps(long id, List<IdMapping> maps) {
            return maps.stream()
                    .anyMatch(m -> id >= m.containerID() && id < m.containerID() + m.size());
        }
    }

    ContainerSpec(
            RunOptions options,
            Image image,
            String id,
            Path directory,
            Identity identity,
            List<Mount> hostMounts,
            boolean cgroup,
            boolean confinesDevices) {
        this.options = options;
        this.image = image;
        this.config = image.config().config();
        this.id = id;
        this.directory = directory;
        this.identity = identity;
        this.hostMounts = hostMounts;
        this.cgroup = cgroup;
        this.confinesDevices = confinesDevices;
    }

    Spec spec() {
        ImageUser user = user();
        return new Spec(
                Spec.VERSION,
                new Root("rootfs", options.readOnly()),
                mounts(),
                process(user),
                isHost(options.uts()) ? null : hostname(),
                options.domainname().orElse(null),
                null,
                linux(),
                null,
                annotations());
    }

    private Map<String, String> annotations() {
        Map<String, String> all = new LinkedHashMap<>(options.annotations());
        all.put("dev.carafe.image", options.image());
        return all;
    }

    private ImageUser user() {
        String wanted = options.user().orElse(config.user() == null ? "" : config.user());
        try {
            ImageUser user = image.view().resolveUser(wanted);
            if (identity.rootless() && !identity.maps(user.uid(), identity.uids())) {
                throw new EngineException(
                        EngineException.Code.INVALID,
                        "user "
                                + user.uid()
                                + " has no id on this host; give "
                                + System.getProperty("user.name")
                                + " a range in /etc/subuid and /etc/subgid, and install the package"
                                + " uidmap");
            }
            return user;
        } catch (ImageException e) {
            throw new EngineException(
                    EngineException.Code.INVALID, String.valueOf(e.getMessage()), e);
        }
    }

    private Process process(ImageUser user) {
        List<Long> groups = new ArrayList<>();
        if (!identity.rootless() || identity.gids().size() > 1) {
            user.additionalGids().forEach(g -> groups.add((long) g));
            for (String group : options.groupAdd()) {
                groups.add(group(group));
            }
        }
        return new Process(
                options.tty(),
                options.tty() ? options.consoleSize().orElse(null) : null,
                workdir(),
                env(user),
                args(),
                rlimits(),
                null,
                CapabilitySets.process(capabilities()),
                noNewPrivileges(),
                options.oomScoreAdj().isPresent() ? options.oomScoreAdj().getAsInt() : null,
                null,
                null,
                null,
                null,
                new User(user.uid(), user.gid(), null, groups));
    }

    private List<String> capabilities() {
        if (options.privileged()) {
            return Capabilities.all();
        }
        List<String> names =
                new ArrayList<>(CapabilitySets.of(options.capAdd(), options.capDrop()));
        if (!confinesDevices && !identity.rootless()) {
            // nothing would keep it from opening the node of the host's disk that it could make
            names.remove("CAP_MKNOD");
        }
        return names;
    }

    private long group(String group) {
        try {
            return image.view().resolveUser("0:" + group).gid();
        } catch (ImageException e) {
            throw new EngineException(
                    EngineException.Code.INVALID, String.valueOf(e.getMessage()), e);
        }
    }

    private boolean noNewPrivileges() {
        boolean on = !options.privileged();
        for (String option : options.securityOpt()) {
            if (option.startsWith("no-new-privileges")) {
                on = !option.endsWith("false");
            }
        }
        return on;
    }

    private String workdir() {
        String dir =
                options.workdir().orElse(config.workingDir() == null ? "" : config.workingDir());
        if (dir.isEmpty()) {
            return "/";
        }
        return dir.startsWith("/") ? dir : "/" + dir;
    }

    private List<String> args() {
        List<String> args = new ArrayList<>();
        if (options.entrypoint().isPresent()) {
            args.addAll(options.entrypoint().get());
            args.addAll(options.command());
        } else {
            args.addAll(config.entrypoint());
            args.addAll(options.command().isEmpty() ? config.cmd() : options.command());
        }
        if (args.isEmpty()) {
            throw new EngineException(
                    EngineException.Code.INVALID,
                    "no command: image " + options.image() + " names none, so give one");
        }
        return args;
    }

    private List<String> env(ImageUser user) {
        Map<String, String> env = new LinkedHashMap<>();
        put(env, DEFAULT_PATH);
        put(env, "HOSTNAME=" + hostname());
        if (options.tty()) {
            put(env, "TERM=xterm");
        }
        config.env().forEach(v -> put(env, v));
        for (RunOptions.Env variable : options.env()) {
            String value =
                    variable.value() == null ? System.getenv(variable.name()) : variable.value();
            if (value != null) {
                put(env, variable.name() + "=" + value);
            }
        }
        if (!env.containsKey("HOME")) {
            put(env, "HOME=" + user.home());
        }
        return List.copyOf(env.values());
    }

    private static void put(Map<String, String> env, String assignment) {
        int equals = assignment.indexOf('=');
        env.put(equals < 0 ? assignment : assignment.substring(0, equals), assignment);
    }

    private List<Rlimit> rlimits() {
        Map<String, Rlimit> limits = new LinkedHashMap<>();
        // a JVM raises its own soft limit to the hard one; programs that loop over it expect the
        // usual
        limits.put("RLIMIT_NOFILE", new Rlimit("RLIMIT_NOFILE", USUAL_OPEN_FILES, openFiles()));
        for (Ulimit ulimit : options.ulimits()) {
            String type = "RLIMIT_" + ulimit.name().toUpperCase(Locale.ROOT);
            limits.put(type, new Rlimit(type, ulimit.soft(), ulimit.hard()));
        }
        return List.copyOf(limits.values());
    }

    private static long openFiles() {
        return Math.max(USUAL_OPEN_FILES, HostFacts.openFiles());
    }

    private String hostname() {
        if (isHost(options.uts())) {
            return HostFacts.hostname();
        }
        return options.hostname().orElse(id.substring(0, 12));
    }

    private static boolean isHost(Optional<NamespaceMode> mode) {
        return mode.isPresent() && mode.get() instanceof NamespaceMode.Host;
    }

    private List<Mount> mounts() {
        List<Mount> mounts = new ArrayList<>(hostMounts);
        List<Mount> late = new ArrayList<>();
        // the user's mounts come first: what the engine mounts on /proc, /sys and /dev lies above
        // them, so
        // that no link in the image can lead one of them there
        List<Mount> users = new ArrayList<>();
        for (Volume volume : options.volumes()) {
            users.add(bind(volume));
        }
        options.tmpfs().forEach((target, text) -> users.add(tmpfs(target, text)));
        // not Comparator.comparingInt, whose serializable lambda no AOT cache holds
        users.sort((a, b) -> Integer.compare(depth(a.destination()), depth(b.destination())));
        for (Mount mount : users) {
            String target = Path.of(mount.destination()).normalize().toString();
            if (target.equals("/proc") || target.startsWith("/proc/")) {
                throw new EngineException(
                        EngineException.Code.INVALID,
                        "mount " + mount.destination() + ": nothing can be mounted in /proc");
            }
            boolean kernels =
                    target.startsWith("/dev/")
                            || target.equals("/dev")
                            || target.startsWith("/sys");
            (kernels ? late : mounts).add(mount);
        }
        etc(mounts);
        mounts.add(new Mount("/proc", "proc", "proc", List.of("nosuid", "noexec", "nodev")));
        mounts.add(
                new Mount(
                        "/dev",
                        "tmpfs",
                        "tmpfs",
                        List.of("nosuid", "noexec", "strictatime", "mode=755", "size=65536k")));
        boolean tty = !identity.rootless() || identity.maps(5, identity.gids());
        List<String> pts =
                new ArrayList<>(
                        List.of("nosuid", "noexec", "newinstance", "ptmxmode=0666", "mode=0620"));
        if (tty) {
            pts.add("gid=5");
        }
        mounts.add(new Mount("/dev/pts", "devpts", "devpts", pts));
        if (isHost(options.ipc())) {
            mounts.add(
                    new Mount(
                            "/dev/shm",
                            "bind",
                            "/dev/shm",
                            List.of("bind", "nosuid", "noexec", "nodev")));
        } else {
            String size = "size=" + options.shmSize().orElse(64L << 20);
            mounts.add(
                    new Mount(
                            "/dev/shm",
                            "tmpfs",
                            "shm",
                            List.of("nosuid", "noexec", "nodev", "mode=1777", size)));
            mounts.add(
                    new Mount(
                            "/dev/mqueue",
                            "mqueue",
                            "mqueue",
                            List.of("nosuid", "noexec", "nodev")));
        }
        sys(mounts);
        mounts.addAll(late);
        return mounts;
    }

    private void sys(List<Mount> mounts) {
        List<String> access = options.privileged() ? List.of("rw") : List.of("ro");
        List<String> common = new ArrayList<>(List.of("nosuid", "noexec", "nodev"));
        common.addAll(access);
        boolean hostNetwork = options.network() instanceof NamespaceMode.Host;
        if (identity.rootless() && hostNetwork) {
            // sysfs shows a network namespace, which must be this user namespace's to be mounted
            // anew
            mounts.add(
                    new Mount(
                            "/sys",
                            "bind",
                            "/sys",
                            List.of("rbind", "rro", "nosuid", "noexec", "nodev")));
            return;
        }
        mounts.add(new Mount("/sys", "sysfs", "sysfs", common));
        if (cgroup) {
            mounts.add(new Mount("/sys/fs/cgroup", "cgroup", "cgroup", common));
        }
    }

    private void etc(List<Mount> mounts) {
        for (String file : List.of("resolv.conf", "hostname", "hosts")) {
            Path source = directory.resolve(file);
            List<String> how =
                    List.of(
                            "rbind",
                            "rprivate",
                            options.readOnly() ? "ro" : "rw",
                            "nosuid",
                            "noexec",
                            "nodev");
            mounts.add(new Mount("/etc/" + file, "bind", source.toString(), how));
        }
    }

    /** The contents of the files that every container has of its own. */
    Map<String, String> etcFiles() {
        StringBuilder hosts =
                new StringBuilder(
                        "127.0.0.1\tlocalhost\n::1\tlocalhost ip6-localhost ip6-loopback\n");
        options.extraHosts()
                .forEach(
                        (name, address) ->
                                hosts.append(address).append('\t').append(name).append('\n'));
        hosts.append("127.0.0.1\t").append(hostname()).append('\n');
        StringBuilder resolv = new StringBuilder();
        if (options.dns().isEmpty()) {
            resolv.append(HostFacts.text(Path.of("/etc/resolv.conf")));
        }
        options.dns().forEach(server -> resolv.append("nameserver ").append(server).append('\n'));
        if (!options.dnsSearch().isEmpty()) {
            resolv.append("search ").append(String.join(" ", options.dnsSearch())).append('\n');
        }
        if (!options.dnsOptions().isEmpty()) {
            resolv.append("options ").append(String.join(" ", options.dnsOptions())).append('\n');
        }
        Map<String, String> files = new LinkedHashMap<>();
        files.put("resolv.conf", resolv.toString());
        files.put("hostname", hostname() + "\n");
        files.put("hosts", hosts.toString());
        return files;
    }

    private static int depth(String path) {
        return Path.of(path).normalize().getNameCount();
    }

    private Mount bind(Volume volume) {
        Path source = volume.source();
        if (!Files.exists(source)) {
            if (!volume.createSource()) {
                throw new EngineException(
                        EngineException.Code.INVALID,
                        "volume " + source + ": no such file or directory on the host");
            }
            try {
                Files.createDirectories(source);
            } catch (IOException e) {
                throw new EngineException(
                        EngineException.Code.FAILED,
                        "volume " + source + ": cannot be made: " + e.getMessage(),
                        e);
            }
        }
        List<String> how = new ArrayList<>();
        how.add(volume.recursion() == Volume.Recursion.DISABLED ? "bind" : "rbind");
        how.add(volume.propagation().option());
        if (volume.readOnly()) {
            how.add(
                    volume.recursion() == Volume.Recursion.WRITABLE
                                    || volume.recursion() == Volume.Recursion.DISABLED
                            ? "ro"
                            : "rro");
        }
        return new Mount(volume.target(), "bind", source.toString(), how);
    }

    private static Mount tmpfs(String target, String text) {
        List<String> how = new ArrayList<>(List.of("nosuid", "nodev", "noexec"));
        boolean mode = false;
        for (String option : text.split(",", -1)) {
            if (!option.isEmpty()) {
                how.add(option);
                mode |= option.startsWith("mode=");
            }
        }
        if (!mode) {
            how.add("mode=1777");
        }
        return new Mount(target, "tmpfs", "tmpfs", how);
    }

    private Linux linux() {
        boolean privileged = options.privileged();
        List<Namespace> namespaces = new ArrayList<>();
        namespaces.add(new Namespace(Namespace.Type.MOUNT));
        namespace(namespaces, Namespace.Type.NETWORK, Optional.of(options.network()));
        namespace(namespaces, Namespace.Type.PID, options.pid());
        namespace(namespaces, Namespace.Type.IPC, options.ipc());
        namespace(namespaces, Namespace.Type.UTS, options.uts());
        namespace(namespaces, Namespace.Type.CGROUP, options.cgroupns());
        boolean ownUsers = identity.ownUsers();
        if (ownUsers) {
            namespaces.add(new Namespace(Namespace.Type.USER));
        } else if (options.userns().isPresent()
                && options.userns().get() instanceof NamespaceMode.Path(String path)) {
            namespaces.add(new Namespace(Namespace.Type.USER, path));
        }
        return new Linux(
                namespaces,
                ownUsers ? identity.uids() : List.of(),
                ownUsers ? identity.gids() : List.of(),
                Map.of(),
                devices(),
                options.cgroupParent().orElse("/carafe") + "/" + id,
                resources(),
                null,
                options.sysctls(),
                null,
                options.rootfsPropagation().map(Propagation::option).orElse(null),
                privileged ? List.of() : MASKED,
                privileged ? List.of() : READ_ONLY,
                null,
                null);
    }

    private static void namespace(
            List<Namespace> all, Namespace.Type type, Optional<NamespaceMode> mode) {
        // not a pattern switch, which makes a class at run time: milliseconds of a cold start
        NamespaceMode wanted = mode.orElse(NamespaceMode.PRIVATE);
        if (wanted instanceof NamespaceMode.Private) {
            all.add(new Namespace(type));
        } else if (wanted instanceof NamespaceMode.Path joined) {
            all.add(new Namespace(type, joined.path()));
        }
    }

    private List<Device> devices() {
        List<Device> devices = new ArrayList<>();
        for (DeviceMapping mapping : options.devices()) {
            HostFacts.Node node = HostFacts.node(mapping.hostPath());
            devices.add(
                    new Device(
                            node.type(),
                            mapping.containerPath(),
                            node.major(),
                            node.minor(),
                            node.mode(),
                            node.uid(),
                            node.gid()));
        }
        return devices;
    }

    private Resources resources() {
        if (options.memory().isPresent() && options.memory().getAsLong() < SMALLEST_MEMORY) {
            throw new EngineException(
                    EngineException.Code.INVALID,
                    "memory limit "
                            + options.memory().getAsLong()
                            + ": too small to start a process; the least is 6m");
        }
        return new Resources(
                deviceRules(),
                memory(),
                cpu(),
                pids(),
                blockIo(),
                List.of(),
                null,
                Map.of(),
                Map.of());
    }

    private List<DeviceRule> deviceRules() {
        if (options.privileged()) {
            return List.of(new DeviceRule(true, "a", null, null, "rwm"));
        }
        List<DeviceRule> rules = new ArrayList<>();
        rules.add(new DeviceRule(false, "a", null, null, "rwm"));
        for (DeviceMapping mapping : options.devices()) {
            HostFacts.Node node = HostFacts.node(mapping.hostPath());
            rules.add(
                    new DeviceRule(
                            true, node.type(), node.major(), node.minor(), mapping.permissions()));
        }
        return rules;
    }

    private @Nullable Memory memory() {
        boolean any =
                options.memory().isPresent()
                        || options.memorySwap().isPresent()
                        || options.memoryReservation().isPresent()
                        || options.memorySwappiness().isPresent()
                        || options.oomKillDisable();
        if (!any) {
            return null;
        }
        Long limit = options.memory().isPresent() ? options.memory().getAsLong() : null;
        Long swap =
                options.memorySwap().isPresent()
                        ? Long.valueOf(options.memorySwap().getAsLong())
                        : limit == null ? null : Long.valueOf(2 * limit);
        return new Memory(
                limit,
                options.memoryReservation().isPresent()
                        ? options.memoryReservation().getAsLong()
                        : null,
                swap,
                null,
                null,
                options.memorySwappiness().isPresent()
                        ? Long.valueOf(options.memorySwappiness().getAsInt())
                        : null,
                options.oomKillDisable() ? Boolean.TRUE : null,
                null,
                null);
    }

    private @Nullable Cpu cpu() {
        Long period =
                options.cpuPeriod().isPresent()
                        ? Long.valueOf(options.cpuPeriod().getAsLong())
                        : null;
        Long quota =
                options.cpuQuota().isPresent()
                        ? Long.valueOf(options.cpuQuota().getAsLong())
                        : null;
        if (options.nanoCpus().isPresent()) {
            period = 100_000L;
            quota = options.nanoCpus().getAsLong() / 10_000;
        }
        Long shares =
                options.cpuShares().isPresent()
                        ? Long.valueOf(options.cpuShares().getAsLong())
                        : null;
        String cpus = options.cpusetCpus().orElse(null);
        String mems = options.cpusetMems().orElse(null);
        return period == null && quota == null && shares == null && cpus == null && mems == null
                ? null
                : new Cpu(shares, quota, null, period, null, null, cpus, mems, null);
    }

    private @Nullable Pids pids() {
        return options.pidsLimit().isPresent() ? new Pids(options.pidsLimit().getAsLong()) : null;
    }

    private @Nullable BlockIo blockIo() {
        Integer weight =
                options.blkioWeight().isPresent() ? options.blkioWeight().getAsInt() : null;
        List<BlockIo.WeightDevice> weights = new ArrayList<>();
        for (RunOptions.DeviceRate rate : options.blkioWeightDevice()) {
            HostFacts.Node node = HostFacts.node(rate.path());
            weights.add(
                    new BlockIo.WeightDevice(node.major(), node.minor(), (int) rate.rate(), null));
        }
        List<BlockIo.ThrottleDevice> readBps = throttles(options.deviceReadBps());
        List<BlockIo.ThrottleDevice> writeBps = throttles(options.deviceWriteBps());
        List<BlockIo.ThrottleDevice> readIops = throttles(options.deviceReadIops());
        List<BlockIo.ThrottleDevice> writeIops = throttles(options.deviceWriteIops());
        boolean none =
                weight == null
                        && weights.isEmpty()
                        && readBps.isEmpty()
                        && writeBps.isEmpty()
                        && readIops.isEmpty()
                        && writeIops.isEmpty();
        return none
                ? null
                : new BlockIo(weight, null, weights, readBps, writeBps, readIops, writeIops);
    }

    private static List<BlockIo.ThrottleDevice> throttles(List<RunOptions.DeviceRate> rates) {
        List<BlockIo.ThrottleDevice> throttles = new ArrayList<>();
        for (RunOptions.DeviceRate rate : rates) {
            HostFacts.Node node = HostFacts.node(rate.path());
            throttles.add(new BlockIo.ThrottleDevice(node.major(), node.minor(), rate.rate()));
        }
        return throttles;
    }
}
