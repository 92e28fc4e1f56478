package dev.carafe.cli;

import static dev.carafe.cli.Option.flag;
import static dev.carafe.cli.Option.missing;
import static dev.carafe.cli.Option.takes;

import dev.carafe.engine.Accelerator;
import dev.carafe.engine.DeviceMapping;
import dev.carafe.engine.Engine;
import dev.carafe.engine.EngineException;
import dev.carafe.engine.FromTemplate;
import dev.carafe.engine.Isolation;
import dev.carafe.engine.NamespaceMode;
import dev.carafe.engine.Propagation;
import dev.carafe.engine.PullPolicy;
import dev.carafe.engine.RunOptions;
import dev.carafe.engine.Ulimit;
import dev.carafe.engine.Volume;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The options of {@code run}, with Docker's names, and what each sets. */
final class RunFlags implements Arguments.Sink {
    static final Option[] OPTIONS = {
        takes(
                "accel",
                "kvm|tcg",
                "What runs a virtual machine's instructions (default: a probe says)"),
        takes("add-host", "NAME:IP", "Add a line to /etc/hosts"),
        takes("annotation", "KEY=VALUE", "Add an annotation to the OCI runtime configuration"),
        missing('a', "attach", "a container in the foreground has all of its streams attached"),
        takes("blkio-weight", "WEIGHT", "Block I/O weight, 10 to 1000"),
        takes("blkio-weight-device", "PATH:WEIGHT", "Block I/O weight of one device"),
        takes("cap-add", "NAME", "Add a Linux capability, or ALL"),
        takes("cap-drop", "NAME", "Drop a Linux capability, or ALL"),
        takes("cgroup-parent", "PATH", "Parent of the container's cgroup"),
        takes("cgroupns", "MODE", "Cgroup namespace: private, host or ns:PATH"),
        takes("cidfile", "FILE", "Write the container's id to a new file"),
        takes("cpu-period", "MICROSECONDS", "Period of the CPU quota"),
        takes("cpu-quota", "MICROSECONDS", "CPU time in each period"),
        missing("cpu-rt-period", ""),
        missing("cpu-rt-runtime", ""),
        takes('c', "cpu-shares", "SHARES", "Relative CPU weight; 1024 is the default"),
        takes("cpus", "NUMBER", "Number of CPUs, such as 0.5"),
        takes("cpuset-cpus", "LIST", "CPUs to run on, such as 0-3,8"),
        takes("cpuset-mems", "LIST", "Memory nodes to use, such as 0,1"),
        missing('d', "detach", "run it in the foreground, or append & in the shell"),
        takes("detach-keys", "KEYS", "Keys that lead back to the shell (default ctrl-p,ctrl-q)"),
        takes("device", "HOST[:INSIDE[:rwm]]", "Add a host device"),
        missing("device-cgroup-rule", "name the device with --device"),
        takes("device-read-bps", "PATH:RATE", "Limit reading from a device, in bytes per second"),
        takes(
                "device-read-iops",
                "PATH:RATE",
                "Limit reading from a device, in operations per second"),
        takes("device-write-bps", "PATH:RATE", "Limit writing to a device, in bytes per second"),
        takes(
                "device-write-iops",
                "PATH:RATE",
                "Limit writing to a device, in operations per second"),
        missing("disable-content-trust", ""),
        takes("dns", "IP", "Set a DNS server"),
        takes("dns-option", "OPTION", "Set a resolver option, such as ndots:2"),
        takes("dns-search", "DOMAIN", "Set a DNS search domain"),
        takes("domainname", "NAME", "NIS domain name"),
        takes("entrypoint", "PROGRAM", "Replace the image's entrypoint"),
        takes('e', "env", "NAME[=VALUE]", "Set a variable, or pass it on"),
        takes("env-file", "FILE", "Read variables from a file"),
        missing("expose", ""),
        flag(
                "from-template",
                "Restore the virtual machine, make what it takes (default: if it is there)"),
        missing("gpus", ""),
        takes("group-add", "GROUP", "Add a supplementary group"),
        missing("health-cmd", ""),
        missing("health-interval", ""),
        missing("health-retries", ""),
        missing("health-start-interval", ""),
        missing("health-start-period", ""),
        missing("health-timeout", ""),
        flag("help", "Print this text"),
        takes('h', "hostname", "NAME", "Host name; by default the container's id"),
        flag("init", "Run an init that forwards signals and reaps processes"),
        flag('i', "interactive", "Keep standard input open"),
        missing("ip", "the networks so far are none and host"),
        missing("ip6", "the networks so far are none and host"),
        takes("ipc", "MODE", "IPC namespace: private, host or ns:PATH"),
        takes("isolation", "WALL", "container (the default) or vm: a kernel of its own"),
        takes("kernel", "FILE", "Kernel of the virtual machine (default: the host's newest)"),
        missing("kernel-memory", "the kernel has dropped it; use --memory"),
        takes('l', "label", "KEY=VALUE", "Set a label"),
        takes("label-file", "FILE", "Read labels from a file"),
        missing("link", "the networks so far are none and host"),
        missing("link-local-ip", "the networks so far are none and host"),
        missing("log-driver", ""),
        missing("log-opt", ""),
        missing("mac-address", "the networks so far are none and host"),
        takes('m', "memory", "BYTES", "Memory limit, such as 256m"),
        takes("memory-reservation", "BYTES", "Soft memory limit"),
        takes("memory-swap", "BYTES", "Limit of memory and swap together; -1 for unlimited swap"),
        takes("memory-swappiness", "0..100", "Tendency to swap"),
        takes("mount", "type=TYPE,...", "Add a bind mount or a tmpfs"),
        takes("name", "NAME", "Name of the container"),
        takes("network", "MODE", "Network: none (the default), host or ns:PATH"),
        missing("net-alias", "the networks so far are none and host"),
        missing("network-alias", "the networks so far are none and host"),
        missing("no-healthcheck", "health checks aren't run"),
        flag("oom-kill-disable", "Stop processes at the memory limit, don't kill them"),
        takes("oom-score-adj", "NUMBER", "Preference of the OOM killer, -1000 to 1000"),
        takes("pid", "MODE", "Process namespace: private, host or ns:PATH"),
        takes("pids-limit", "NUMBER", "Limit of processes; -1 for none"),
        takes("platform", "OS/ARCH", "Pull, and insist on, the image for this platform"),
        flag("privileged", "All capabilities and devices, no seccomp filter"),
        missing('p', "publish", "the networks so far are none and host"),
        missing('P', "publish-all", "the networks so far are none and host"),
        takes("pull", "POLICY", "When to pull the image: missing (the default), always or never"),
        flag('q', "quiet", "Show no progress of a pull"),
        flag("read-only", "Mount the root file system read-only"),
        missing("restart", ""),
        flag("rm", "Remove the container when it ends"),
        takes(
                "rootfs-propagation",
                "MODE",
                "How mounts propagate: [r]private, [r]shared, [r]slave"),
        takes("runtime", "WALL", "The same as --isolation"),
        takes(
                "security-opt",
                "OPTION",
                "seccomp=FILE|unconfined, no-new-privileges, systempaths=unconfined"),
        takes("shm-size", "BYTES", "Size of /dev/shm (default 64m)"),
        flag("sig-proxy", "Pass signals on to the process (default true)"),
        takes("stop-signal", "SIGNAL", "Signal that asks the process to end"),
        takes("stop-timeout", "SECONDS", "Time that it then has until it is killed (default 10)"),
        takes("storage-opt", "size=BYTES", "Size of the virtual machine's disk for what it writes"),
        takes("sysctl", "NAME=VALUE", "Set a kernel parameter of the container's namespaces"),
        takes("tmpfs", "PATH[:OPTIONS]", "Mount a tmpfs"),
        flag('t', "tty", "Give the process a terminal"),
        takes("ulimit", "NAME=SOFT[:HARD]", "Set a resource limit"),
        missing("use-api-socket", ""),
        takes('u', "user", "NAME|UID[:GROUP|GID]", "User to run as"),
        takes("userns", "MODE", "User namespace: private, host or ns:PATH"),
        takes("uts", "MODE", "Namespace of the host name: private, host or ns:PATH"),
        takes(
                'v',
                "volume",
                "SOURCE:TARGET[:OPTIONS]",
                "Bind mount a host path; options: ro, rro, rprivate, ..."),
        missing("volume-driver", "the volumes so far are host paths"),
        missing("volumes-from", "the volumes so far are host paths"),
        takes('w', "workdir", "PATH", "Working directory inside"),
        // older names, which the help leaves out
        takes("net", "MODE", ""),
        takes("dns-opt", "OPTION", ""),
    };

    private final RunOptions run = new RunOptions();
    private boolean help;
    private boolean sigProxy = true;
    private @Nullable Path cidFile;
    private @Nullable String platform;
    private PullPolicy pull = PullPolicy.MISSING;
    private boolean quiet;

    private RunFlags() {}

    /**
     * Reads {@code [OPTIONS] IMAGE [COMMAND] [ARG...]}.
     *
     * @param verb what messages call the command
     * @param from where in {@code args} they begin
     */
    static RunFlags parse(String verb, String[] args, int from) throws UsageException {
        RunFlags flags = new RunFlags();
        List<String> rest = Arguments.read(OPTIONS, flags, args, from, true);
        if (flags.help) {
            return flags;
        }
        if (rest.isEmpty()) {
            throw new UsageException(
                    "\"carafe " + verb + "\" requires at least 1 argument: the image");
        }
        try {
            // what is missing is pulled here, where its progress is shown
            flags.run.pull(PullPolicy.NEVER);
            flags.run.image(rest.getFirst()).command(rest.subList(1, rest.size()));
        } catch (IllegalArgumentException e) {
            throw new UsageException(String.valueOf(e.getMessage()));
        }
        return flags;
    }

    /**
     * Gets the image before a start: when it is always to be pulled, or to be for a platform that
     * has to be looked at.
     */
    void pullFirst(Engine engine, Console console) throws UsageException {
        if (pull == PullPolicy.ALWAYS || platform != null) {
            pullNow(engine, console);
        }
    }

    /** Whether the image may be pulled after a start found none. */
    boolean pullsWhenMissing(EngineException e) {
        return e.code() == EngineException.Code.NO_SUCH_IMAGE && pull == PullPolicy.MISSING;
    }

    /** Pulls the image, if it is not there after all. */
    void pullNow(Engine engine, Console console) throws UsageException {
        if (!run.image().equals("host")) {
            PullFirst.ensure(engine, run.image(), pull, Pull.platform(platform), quiet, console);
        }
    }

    /** What to run. */
    RunOptions run() {
        return run;
    }

    /** Whether {@code --help} was among the options; nothing else counts then. */
    boolean help() {
        return help;
    }

    /** Whether signals go on to the container's process. */
    boolean sigProxy() {
        return sigProxy;
    }

    /** Where to write the container's id. */
    @Nullable Path cidFile() {
        return cidFile;
    }

    @Override
    public void option(String name, String value) {
        switch (name) {
            case "accel" -> run.accel(Accelerator.parse(value));
            case "add-host" ->
                    run.addHost(before(value, ':', "NAME:IP"), address(after(value, ':')));
            case "annotation" -> run.annotation(before(value, '=', "KEY=VALUE"), after(value, '='));
            case "blkio-weight" -> run.blkioWeight(Units.integer(value));
            case "blkio-weight-device" -> run.blkioWeightDevice(rate(value, false));
            case "cap-add" -> run.capAdd(value);
            case "cap-drop" -> run.capDrop(value);
            case "cgroup-parent" -> run.cgroupParent(value);
            case "cgroupns" -> run.cgroupns(NamespaceMode.parse(name, value));
            case "cidfile" -> cidFile = Path.of(value);
            case "cpu-period" -> run.cpuPeriod(Units.number(value));
            case "cpu-quota" -> run.cpuQuota(Units.number(value));
            case "cpu-shares" -> run.cpuShares(Units.number(value));
            case "cpus" -> run.nanoCpus(Units.nanoCpus(value));
            case "cpuset-cpus" -> run.cpusetCpus(value);
            case "cpuset-mems" -> run.cpusetMems(value);
            case "detach-keys" -> run.detachKeys(value);
            case "device" -> run.device(DeviceMapping.parse(value));
            case "device-read-bps" -> run.deviceReadBps(rate(value, true));
            case "device-read-iops" -> run.deviceReadIops(rate(value, false));
            case "device-write-bps" -> run.deviceWriteBps(rate(value, true));
            case "device-write-iops" -> run.deviceWriteIops(rate(value, false));
            case "dns" -> run.dns(value);
            case "dns-option", "dns-opt" -> run.dnsOption(value);
            case "dns-search" -> run.dnsSearch(value);
            case "domainname" -> run.domainname(value);
            case "entrypoint" -> run.entrypoint(value.isEmpty() ? List.of() : List.of(value));
            case "env" -> run.env(value);
            case "env-file" -> run.envFile(Path.of(value));
            case "from-template" ->
                    run.fromTemplate(on(value) ? FromTemplate.TRUE : FromTemplate.FALSE);
            case "group-add" -> run.groupAdd(value);
            case "help" -> help = on(value);
            case "hostname" -> run.hostname(value);
            case "init" -> run.init(on(value));
            case "interactive" -> run.interactive(on(value));
            case "ipc" -> run.ipc(NamespaceMode.parse(name, value));
            case "isolation", "runtime" -> run.isolation(Isolation.parse(value));
            case "kernel" -> run.kernel(Path.of(value));
            case "label" -> run.label(key(value), value.indexOf('=') < 0 ? "" : after(value, '='));
            case "label-file" -> run.labelFile(Path.of(value));
            case "memory" -> run.memory(Units.bytes(value));
            case "memory-reservation" -> run.memoryReservation(Units.bytes(value));
            case "memory-swap" -> run.memorySwap(Units.bytesOrMinusOne(value));
            case "memory-swappiness" -> run.memorySwappiness(Units.integer(value));
            case "mount" -> MountFlag.apply(value, run);
            case "name" -> run.name(value);
            case "network", "net" -> run.network(network(value));
            case "oom-kill-disable" -> run.oomKillDisable(on(value));
            case "oom-score-adj" -> run.oomScoreAdj(Units.integer(value));
            case "pid" -> run.pid(NamespaceMode.parse(name, value));
            case "pids-limit" -> run.pidsLimit(Units.number(value));
            case "platform" -> platform = value;
            case "pull" -> pull = PullPolicy.parse(value);
            case "quiet" -> quiet = on(value);
            case "privileged" -> run.privileged(on(value));
            case "read-only" -> run.readOnly(on(value));
            case "rm" -> run.remove(on(value));
            case "rootfs-propagation" -> run.rootfsPropagation(Propagation.parse(value));
            case "security-opt" -> run.securityOpt(value);
            case "shm-size" -> run.shmSize(Units.bytes(value));
            case "sig-proxy" -> sigProxy = on(value);
            case "stop-signal" -> run.stopSignal(value);
            case "stop-timeout" -> run.stopTimeout(Units.integer(value));
            case "storage-opt" -> run.storageSize(storage(value));
            case "sysctl" -> run.sysctl(before(value, '=', "NAME=VALUE"), after(value, '='));
            case "tmpfs" ->
                    run.tmpfs(
                            value.indexOf(':') < 0 ? value : before(value, ':', ""),
                            after(value, ':'));
            case "tty" -> run.tty(on(value));
            case "ulimit" -> run.ulimit(Ulimit.parse(value));
            case "user" -> run.user(value);
            case "userns" -> run.userns(NamespaceMode.parse(name, value));
            case "uts" -> run.uts(NamespaceMode.parse(name, value));
            case "volume" -> run.volume(Volume.parse(value));
            case "workdir" -> run.workdir(value);
            default -> throw new IllegalStateException("an option without effect: " + name);
        }
    }

    private static boolean on(String value) {
        return value.equals("true");
    }

    private static String key(String value) {
        int at = value.indexOf('=');
        return at < 0 ? value : value.substring(0, at);
    }

    private static String before(String value, char separator, String form) {
        int at = value.indexOf(separator);
        if (at <= 0) {
            throw new IllegalArgumentException("it must be " + form);
        }
        return value.substring(0, at);
    }

    private static String after(String value, char separator) {
        int at = value.indexOf(separator);
        return at < 0 ? "" : value.substring(at + 1);
    }

    /** An IPv6 address may stand in brackets. */
    private static String address(String value) {
        boolean brackets =
                value.length() > 2
                        && value.charAt(0) == '['
                        && value.charAt(value.length() - 1) == ']';
        return brackets ? value.substring(1, value.length() - 1) : value;
    }

    private static RunOptions.DeviceRate rate(String value, boolean bytes) {
        int at = value.lastIndexOf(':');
        if (at <= 0) {
            throw new IllegalArgumentException("it must be PATH:NUMBER");
        }
        String number = value.substring(at + 1);
        return new RunOptions.DeviceRate(
                value.substring(0, at), bytes ? Units.bytes(number) : Units.number(number));
    }

    private static long storage(String value) {
        if (!value.startsWith("size=")) {
            throw new IllegalArgumentException("it must be size=BYTES, such as size=2g");
        }
        return Units.bytes(value.substring(5));
    }

    private static NamespaceMode network(String value) {
        if (value.equals("none")) {
            return NamespaceMode.PRIVATE;
        }
        if (value.equals("host") || value.startsWith("ns:")) {
            return NamespaceMode.parse("network", value);
        }
        throw new IllegalArgumentException(
                "network " + value + " isn't available yet; it must be none, host or ns:PATH");
    }
}
