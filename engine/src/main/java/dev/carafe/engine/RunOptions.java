package dev.carafe.engine;

import dev.carafe.linux.Signal;
import dev.carafe.oci.runtime.Box;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/**
 * What to run and behind which limits: the options of {@code run}, named as on the command line.
 * What is absent is left to the image and to the engine's defaults. Every setter refuses a bad
 * value at once with an {@link IllegalArgumentException} of one line. Not safe for use by several
 * threads.
 */
public final class RunOptions {
    private String image = "";
    private final List<Env> env = new ArrayList<>();
    private List<String> command = List.of();
    private @Nullable List<String> entrypoint;
    private @Nullable String workdir;
    private @Nullable String user;
    private final List<String> groupAdd = new ArrayList<>();
    private final List<Volume> volumes = new ArrayList<>();
    private final Map<String, String> tmpfs = new LinkedHashMap<>();
    private @Nullable String hostname;
    private @Nullable String domainname;
    private boolean readOnly;
    private PullPolicy pull = PullPolicy.MISSING;
    private final List<String> capAdd = new ArrayList<>();
    private final List<String> capDrop = new ArrayList<>();
    private boolean privileged;
    private final List<String> securityOpt = new ArrayList<>();
    private OptionalLong memory = OptionalLong.empty();
    private OptionalLong memorySwap = OptionalLong.empty();
    private OptionalLong memoryReservation = OptionalLong.empty();
    private OptionalInt memorySwappiness = OptionalInt.empty();
    private boolean oomKillDisable;
    private OptionalInt oomScoreAdj = OptionalInt.empty();
    private OptionalLong nanoCpus = OptionalLong.empty();
    private OptionalLong cpuShares = OptionalLong.empty();
    private OptionalLong cpuQuota = OptionalLong.empty();
    private OptionalLong cpuPeriod = OptionalLong.empty();
    private @Nullable String cpusetCpus;
    private @Nullable String cpusetMems;
    private OptionalLong pidsLimit = OptionalLong.empty();
    private OptionalInt blkioWeight = OptionalInt.empty();
    private final List<DeviceRate> blkioWeightDevice = new ArrayList<>();
    private final List<DeviceRate> deviceReadBps = new ArrayList<>();
    private final List<DeviceRate> deviceWriteBps = new ArrayList<>();
    private final List<DeviceRate> deviceReadIops = new ArrayList<>();
    private final List<DeviceRate> deviceWriteIops = new ArrayList<>();
    private final List<DeviceMapping> devices = new ArrayList<>();
    private final List<Ulimit> ulimits = new ArrayList<>();
    private final Map<String, String> sysctls = new LinkedHashMap<>();
    private OptionalLong shmSize = OptionalLong.empty();
    private boolean init;
    private boolean interactive;
    private boolean tty;
    private @Nullable Box consoleSize;
    private boolean remove;
    private Isolation isolation = Isolation.CONTAINER;
    private @Nullable Path kernel;
    private @Nullable Accelerator accel;
    private FromTemplate fromTemplate = FromTemplate.AUTO;
    private OptionalLong storageSize = OptionalLong.empty();
    private @Nullable String name;
    private final Map<String, String> labels = new LinkedHashMap<>();
    private final Map<String, String> annotations = new LinkedHashMap<>();
    private NamespaceMode network = NamespaceMode.PRIVATE;
    private @Nullable NamespaceMode ipc;
    private @Nullable NamespaceMode pid;
    private @Nullable NamespaceMode uts;
    private @Nullable NamespaceMode userns;
    private @Nullable NamespaceMode cgroupns;
    private @Nullable String cgroupParent;
    private @Nullable String stopSignal;
    private OptionalInt stopTimeout = OptionalInt.empty();
    private @Nullable String detachKeys;
    private @Nullable Propagation rootfsPropagation;
    private final Map<String, String> extraHosts = new LinkedHashMap<>();
    private final List<String> dns = new ArrayList<>();
    private final List<String> dnsSearch = new ArrayList<>();
    private final List<String> dnsOptions = new ArrayList<>();

    /** An entry of the environment; a null value takes a variable of the image away. */
    public record Env(String name, @Nullable String value) {
        public Env {
            if (name.isEmpty() || name.indexOf('=') >= 0 || name.indexOf('\0') >= 0) {
                throw new IllegalArgumentException(
                        "invalid environment variable name: " + Check.quote(name));
            }
        }

        /** As {@code NAME=VALUE}; a bare {@code NAME} has the value that this process has. */
        static Env of(String assignment) {
            int eq = assignment.indexOf('=');
            return eq < 0
                    ? new Env(assignment, System.getenv(assignment))
                    : new Env(assignment.substring(0, eq), assignment.substring(eq + 1));
        }
    }

    /** A limit or weight of one block device, named by its path on the host. */
    public record DeviceRate(String path, long rate) {
        public DeviceRate {
            Check.absolute("device path", path);
            Check.range("device rate", rate, 1, Long.MAX_VALUE);
        }
    }

    /** Options without an image; set it before they are used. */
    public RunOptions() {}

    /** Options for running an image, named by reference, id, or {@code host}. */
    public static RunOptions of(String image, String... command) {
        return new RunOptions().image(image).command(List.of(command));
    }

    /** The image to run: a reference, an id, or {@code host}. */
    public RunOptions image(String value) {
        Check.notEmpty("image", value);
        image = value;
        return this;
    }

    public String image() {
        return image;
    }

    /** A variable of the environment. */
    public RunOptions env(String name, String value) {
        env.add(new Env(name, value));
        return this;
    }

    /**
     * A variable as {@code NAME=VALUE}; a bare {@code NAME} takes the value that this process has,
     * and when it has none, takes the variable of the image away.
     */
    public RunOptions env(String assignment) {
        env.add(Env.of(assignment));
        return this;
    }

    /**
     * Reads variables from a file, one {@code NAME=VALUE} a line, with {@code #} comments; a bare
     * {@code NAME} takes the value that this process has, if any.
     */
    public RunOptions envFile(Path file) {
        for (String assignment : EnvFile.variables(file)) {
            env(assignment);
        }
        return this;
    }

    /** Reads labels from a file, one {@code KEY=VALUE} a line, with {@code #} comments. */
    public RunOptions labelFile(Path file) {
        for (String line : EnvFile.lines(file)) {
            int eq = line.indexOf('=');
            label(eq < 0 ? line : line.substring(0, eq), eq < 0 ? "" : line.substring(eq + 1));
        }
        return this;
    }

    public List<Env> env() {
        return Collections.unmodifiableList(env);
    }

    /** The program and its arguments; empty means what the image says. */
    public RunOptions command(List<String> value) {
        command = List.copyOf(value);
        return this;
    }

    public List<String> command() {
        return command;
    }

    /** Replaces the image's entrypoint, and drops the image's command; an empty list removes it. */
    public RunOptions entrypoint(List<String> value) {
        entrypoint = List.copyOf(value);
        return this;
    }

    public Optional<List<String>> entrypoint() {
        return Optional.ofNullable(entrypoint);
    }

    /** The working directory, an absolute path inside the container. */
    public RunOptions workdir(String value) {
        Check.absolute("workdir", value);
        workdir = value;
        return this;
    }

    public Optional<String> workdir() {
        return Optional.ofNullable(workdir);
    }

    /** The user, as {@code name|uid[:group|gid]}; names are looked up in the image. */
    public RunOptions user(String value) {
        Check.user(value);
        user = value;
        return this;
    }

    public Optional<String> user() {
        return Optional.ofNullable(user);
    }

    /** A supplementary group, by name or number. */
    public RunOptions groupAdd(String value) {
        groupAdd.add(value);
        return this;
    }

    public List<String> groupAdd() {
        return Collections.unmodifiableList(groupAdd);
    }

    /** A bind mount of a host path. */
    public RunOptions volume(Volume value) {
        volumes.add(value);
        return this;
    }

    public List<Volume> volumes() {
        return Collections.unmodifiableList(volumes);
    }

    /**
     * A tmpfs at {@code path}, with mount options such as {@code size=64m,mode=1777}; the options
     * may be empty.
     */
    public RunOptions tmpfs(String key, String value) {
        Check.absolute("tmpfs", key);
        tmpfs.put(key, value);
        return this;
    }

    public Map<String, String> tmpfs() {
        return Collections.unmodifiableMap(tmpfs);
    }

    /** The host name; by default the container's short id. */
    public RunOptions hostname(String value) {
        Check.hostname(value);
        hostname = value;
        return this;
    }

    public Optional<String> hostname() {
        return Optional.ofNullable(hostname);
    }

    /** The NIS domain name. */
    public RunOptions domainname(String value) {
        Check.notEmpty("domainname", value);
        domainname = value;
        return this;
    }

    public Optional<String> domainname() {
        return Optional.ofNullable(domainname);
    }

    /** When to pull the image; {@link PullPolicy#MISSING} unless said otherwise. */
    public RunOptions pull(PullPolicy value) {
        pull = value;
        return this;
    }

    public PullPolicy pull() {
        return pull;
    }

    /** Whether the root file system is read-only. */
    public RunOptions readOnly(boolean value) {
        readOnly = value;
        return this;
    }

    public boolean readOnly() {
        return readOnly;
    }

    /** A capability on top of the default set, such as {@code NET_ADMIN}, or {@code ALL}. */
    public RunOptions capAdd(String value) {
        Check.capability("cap-add", value);
        capAdd.add(value);
        return this;
    }

    public List<String> capAdd() {
        return Collections.unmodifiableList(capAdd);
    }

    /** A capability taken from the default set, or {@code ALL}. */
    public RunOptions capDrop(String value) {
        Check.capability("cap-drop", value);
        capDrop.add(value);
        return this;
    }

    public List<String> capDrop() {
        return Collections.unmodifiableList(capDrop);
    }

    /** All capabilities, all devices, no seccomp filter, nothing masked. */
    public RunOptions privileged(boolean value) {
        privileged = value;
        return this;
    }

    public boolean privileged() {
        return privileged;
    }

    /**
     * A security option: {@code seccomp=unconfined}, {@code seccomp=FILE}, {@code
     * no-new-privileges[=true|false]}, {@code systempaths=unconfined}.
     */
    public RunOptions securityOpt(String value) {
        Check.securityOpt(value);
        securityOpt.add(value);
        return this;
    }

    public List<String> securityOpt() {
        return Collections.unmodifiableList(securityOpt);
    }

    /** The memory limit in bytes. */
    public RunOptions memory(long value) {
        Check.range("memory", value, 512 * 1024, Long.MAX_VALUE);
        memory = OptionalLong.of(value);
        return this;
    }

    public OptionalLong memory() {
        return memory;
    }

    /** The limit of memory and swap together in bytes, or -1 for unlimited swap. */
    public RunOptions memorySwap(long value) {
        Check.rangeOrMinusOne("memory-swap", value, 1);
        memorySwap = OptionalLong.of(value);
        return this;
    }

    public OptionalLong memorySwap() {
        return memorySwap;
    }

    /** The soft memory limit in bytes. */
    public RunOptions memoryReservation(long value) {
        Check.range("memory-reservation", value, 1, Long.MAX_VALUE);
        memoryReservation = OptionalLong.of(value);
        return this;
    }

    public OptionalLong memoryReservation() {
        return memoryReservation;
    }

    /** The tendency to swap, 0 to 100. */
    public RunOptions memorySwappiness(int value) {
        Check.range("memory-swappiness", value, 0, 100);
        memorySwappiness = OptionalInt.of(value);
        return this;
    }

    public OptionalInt memorySwappiness() {
        return memorySwappiness;
    }

    /** Stops processes at the memory limit where the kernel would kill one. */
    public RunOptions oomKillDisable(boolean value) {
        oomKillDisable = value;
        return this;
    }

    public boolean oomKillDisable() {
        return oomKillDisable;
    }

    /** The preference of the OOM killer, -1000 to 1000. */
    public RunOptions oomScoreAdj(int value) {
        Check.range("oom-score-adj", value, -1000, 1000);
        oomScoreAdj = OptionalInt.of(value);
        return this;
    }

    public OptionalInt oomScoreAdj() {
        return oomScoreAdj;
    }

    /** The CPU limit in billionths of a CPU: 500,000,000 is half a CPU. */
    public RunOptions nanoCpus(long value) {
        Check.range("cpus", value, 1, Long.MAX_VALUE);
        nanoCpus = OptionalLong.of(value);
        return this;
    }

    public OptionalLong nanoCpus() {
        return nanoCpus;
    }

    /** The relative CPU weight, 2 to 262144; 1024 is the default. */
    public RunOptions cpuShares(long value) {
        Check.range("cpu-shares", value, 2, 262144);
        cpuShares = OptionalLong.of(value);
        return this;
    }

    public OptionalLong cpuShares() {
        return cpuShares;
    }

    /** The CPU time in microseconds in each period, at least 1000, or -1 for no limit. */
    public RunOptions cpuQuota(long value) {
        Check.rangeOrMinusOne("cpu-quota", value, 1000);
        cpuQuota = OptionalLong.of(value);
        return this;
    }

    public OptionalLong cpuQuota() {
        return cpuQuota;
    }

    /** The period of the CPU quota in microseconds, 1000 to 1000000. */
    public RunOptions cpuPeriod(long value) {
        Check.range("cpu-period", value, 1000, 1000000);
        cpuPeriod = OptionalLong.of(value);
        return this;
    }

    public OptionalLong cpuPeriod() {
        return cpuPeriod;
    }

    /** The CPUs to run on, such as {@code 0-3,8}. */
    public RunOptions cpusetCpus(String value) {
        Check.cpuset("cpuset-cpus", value);
        cpusetCpus = value;
        return this;
    }

    public Optional<String> cpusetCpus() {
        return Optional.ofNullable(cpusetCpus);
    }

    /** The memory nodes to use, such as {@code 0,1}. */
    public RunOptions cpusetMems(String value) {
        Check.cpuset("cpuset-mems", value);
        cpusetMems = value;
        return this;
    }

    public Optional<String> cpusetMems() {
        return Optional.ofNullable(cpusetMems);
    }

    /** The limit of processes and threads, or -1 for none. */
    public RunOptions pidsLimit(long value) {
        Check.rangeOrMinusOne("pids-limit", value, 1);
        pidsLimit = OptionalLong.of(value);
        return this;
    }

    public OptionalLong pidsLimit() {
        return pidsLimit;
    }

    /** The relative block I/O weight, 10 to 1000. */
    public RunOptions blkioWeight(int value) {
        Check.range("blkio-weight", value, 10, 1000);
        blkioWeight = OptionalInt.of(value);
        return this;
    }

    public OptionalInt blkioWeight() {
        return blkioWeight;
    }

    /** The relative I/O weight of one block device, 10 to 1000. */
    public RunOptions blkioWeightDevice(DeviceRate value) {
        Check.range("blkio-weight-device", value.rate(), 10, 1000);
        blkioWeightDevice.add(value);
        return this;
    }

    public List<DeviceRate> blkioWeightDevice() {
        return Collections.unmodifiableList(blkioWeightDevice);
    }

    /** A limit on reading from a block device, in bytes per second. */
    public RunOptions deviceReadBps(DeviceRate value) {
        deviceReadBps.add(value);
        return this;
    }

    public List<DeviceRate> deviceReadBps() {
        return Collections.unmodifiableList(deviceReadBps);
    }

    /** A limit on writing to a block device, in bytes per second. */
    public RunOptions deviceWriteBps(DeviceRate value) {
        deviceWriteBps.add(value);
        return this;
    }

    public List<DeviceRate> deviceWriteBps() {
        return Collections.unmodifiableList(deviceWriteBps);
    }

    /** A limit on reading from a block device, in operations per second. */
    public RunOptions deviceReadIops(DeviceRate value) {
        deviceReadIops.add(value);
        return this;
    }

    public List<DeviceRate> deviceReadIops() {
        return Collections.unmodifiableList(deviceReadIops);
    }

    /** A limit on writing to a block device, in operations per second. */
    public RunOptions deviceWriteIops(DeviceRate value) {
        deviceWriteIops.add(value);
        return this;
    }

    public List<DeviceRate> deviceWriteIops() {
        return Collections.unmodifiableList(deviceWriteIops);
    }

    /** A host device to have inside. */
    public RunOptions device(DeviceMapping value) {
        devices.add(value);
        return this;
    }

    public List<DeviceMapping> devices() {
        return Collections.unmodifiableList(devices);
    }

    /** A resource limit of the container's process. */
    public RunOptions ulimit(Ulimit value) {
        ulimits.add(value);
        return this;
    }

    public List<Ulimit> ulimits() {
        return Collections.unmodifiableList(ulimits);
    }

    /** A kernel parameter of the container's namespaces. */
    public RunOptions sysctl(String key, String value) {
        Check.sysctl(key);
        sysctls.put(key, value);
        return this;
    }

    public Map<String, String> sysctls() {
        return Collections.unmodifiableMap(sysctls);
    }

    /** The size of /dev/shm in bytes; 64 MiB by default. */
    public RunOptions shmSize(long value) {
        Check.range("shm-size", value, 1, Long.MAX_VALUE);
        shmSize = OptionalLong.of(value);
        return this;
    }

    public OptionalLong shmSize() {
        return shmSize;
    }

    /** Whether an init reaps the children and forwards signals. */
    public RunOptions init(boolean value) {
        init = value;
        return this;
    }

    public boolean init() {
        return init;
    }

    /** Whether standard input stays connected. */
    public RunOptions interactive(boolean value) {
        interactive = value;
        return this;
    }

    public boolean interactive() {
        return interactive;
    }

    /** Whether the process gets a terminal. */
    public RunOptions tty(boolean value) {
        tty = value;
        return this;
    }

    public boolean tty() {
        return tty;
    }

    /** The size in characters that a terminal has from the start, 1 to 65535 each. */
    public RunOptions consoleSize(int rows, int columns) {
        Check.range("rows", rows, 1, 65535);
        Check.range("columns", columns, 1, 65535);
        consoleSize = new Box(rows, columns);
        return this;
    }

    public Optional<Box> consoleSize() {
        return Optional.ofNullable(consoleSize);
    }

    /** Whether the container is removed when it ends. */
    public RunOptions remove(boolean value) {
        remove = value;
        return this;
    }

    public boolean remove() {
        return remove;
    }

    /** The wall; {@link Isolation#CONTAINER} unless said otherwise. */
    public RunOptions isolation(Isolation value) {
        isolation = value;
        return this;
    }

    public Isolation isolation() {
        return isolation;
    }

    /** The kernel of the virtual machine; by default the newest of this host's. */
    public RunOptions kernel(Path value) {
        kernel = value.toAbsolutePath().normalize();
        return this;
    }

    public Optional<Path> kernel() {
        return Optional.ofNullable(kernel);
    }

    /** What runs the virtual machine's instructions; by default what a probe finds. */
    public RunOptions accel(Accelerator value) {
        accel = value;
        return this;
    }

    public Optional<Accelerator> accel() {
        return Optional.ofNullable(accel);
    }

    /** Whether the virtual machine is restored from a template; by default when there is one. */
    public RunOptions fromTemplate(FromTemplate value) {
        fromTemplate = value;
        return this;
    }

    public FromTemplate fromTemplate() {
        return fromTemplate;
    }

    /** The size in bytes of the disk that holds what a virtual machine writes; at least 1 MiB. */
    public RunOptions storageSize(long value) {
        Check.range("storage-opt size", value, 1 << 20, Long.MAX_VALUE);
        storageSize = OptionalLong.of(value);
        return this;
    }

    public OptionalLong storageSize() {
        return storageSize;
    }

    /** The container's name. */
    public RunOptions name(String value) {
        Check.name(value);
        name = value;
        return this;
    }

    public Optional<String> name() {
        return Optional.ofNullable(name);
    }

    /** A label of the container. */
    public RunOptions label(String key, String value) {
        Check.notEmpty("label", key);
        labels.put(key, value);
        return this;
    }

    public Map<String, String> labels() {
        return Collections.unmodifiableMap(labels);
    }

    /** An annotation, passed to the OCI runtime configuration. */
    public RunOptions annotation(String key, String value) {
        Check.notEmpty("annotation", key);
        annotations.put(key, value);
        return this;
    }

    public Map<String, String> annotations() {
        return Collections.unmodifiableMap(annotations);
    }

    /** The network: {@link NamespaceMode#PRIVATE} has a loopback device only. */
    public RunOptions network(NamespaceMode value) {
        network = value;
        return this;
    }

    public NamespaceMode network() {
        return network;
    }

    /** The IPC namespace. */
    public RunOptions ipc(NamespaceMode value) {
        ipc = value;
        return this;
    }

    public Optional<NamespaceMode> ipc() {
        return Optional.ofNullable(ipc);
    }

    /** The process namespace. */
    public RunOptions pid(NamespaceMode value) {
        pid = value;
        return this;
    }

    public Optional<NamespaceMode> pid() {
        return Optional.ofNullable(pid);
    }

    /** The namespace of the host name. */
    public RunOptions uts(NamespaceMode value) {
        uts = value;
        return this;
    }

    public Optional<NamespaceMode> uts() {
        return Optional.ofNullable(uts);
    }

    /** The user namespace. */
    public RunOptions userns(NamespaceMode value) {
        userns = value;
        return this;
    }

    public Optional<NamespaceMode> userns() {
        return Optional.ofNullable(userns);
    }

    /** The cgroup namespace. */
    public RunOptions cgroupns(NamespaceMode value) {
        cgroupns = value;
        return this;
    }

    public Optional<NamespaceMode> cgroupns() {
        return Optional.ofNullable(cgroupns);
    }

    /** The cgroup that holds the container's own, as a path from the hierarchy's root. */
    public RunOptions cgroupParent(String value) {
        Check.notEmpty("cgroup-parent", value);
        cgroupParent = value;
        return this;
    }

    public Optional<String> cgroupParent() {
        return Optional.ofNullable(cgroupParent);
    }

    /** The signal that asks the process to end: a name such as {@code SIGTERM}, or a number. */
    public RunOptions stopSignal(String value) {
        Signal.number(value);
        stopSignal = value;
        return this;
    }

    public Optional<String> stopSignal() {
        return Optional.ofNullable(stopSignal);
    }

    /** How many seconds that signal has before SIGKILL, 10 by default; -1 for any number. */
    public RunOptions stopTimeout(int value) {
        Check.range("stop-timeout", value, -1, Integer.MAX_VALUE);
        stopTimeout = OptionalInt.of(value);
        return this;
    }

    public OptionalInt stopTimeout() {
        return stopTimeout;
    }

    /** The keys that leave an attached container running, such as {@code ctrl-p,ctrl-q}. */
    public RunOptions detachKeys(String value) {
        DetachKeys.parse(value);
        detachKeys = value;
        return this;
    }

    public Optional<String> detachKeys() {
        return Optional.ofNullable(detachKeys);
    }

    /** How mounts under the root file system propagate. */
    public RunOptions rootfsPropagation(Propagation value) {
        rootfsPropagation = value;
        return this;
    }

    public Optional<Propagation> rootfsPropagation() {
        return Optional.ofNullable(rootfsPropagation);
    }

    /** A line of /etc/hosts: a name and its IP address. */
    public RunOptions addHost(String key, String value) {
        Check.address("add-host", value);
        extraHosts.put(key, value);
        return this;
    }

    public Map<String, String> extraHosts() {
        return Collections.unmodifiableMap(extraHosts);
    }

    /** The IP address of a name server. */
    public RunOptions dns(String value) {
        Check.address("dns", value);
        dns.add(value);
        return this;
    }

    public List<String> dns() {
        return Collections.unmodifiableList(dns);
    }

    /** A domain to search names in. */
    public RunOptions dnsSearch(String value) {
        Check.notEmpty("dns-search", value);
        dnsSearch.add(value);
        return this;
    }

    public List<String> dnsSearch() {
        return Collections.unmodifiableList(dnsSearch);
    }

    /** An option of the resolver, such as {@code ndots:2}. */
    public RunOptions dnsOption(String value) {
        Check.notEmpty("dns-option", value);
        dnsOptions.add(value);
        return this;
    }

    public List<String> dnsOptions() {
        return Collections.unmodifiableList(dnsOptions);
    }
}
