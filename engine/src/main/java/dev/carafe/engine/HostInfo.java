package dev.carafe.engine;

import dev.carafe.engine.vm.GuestKernel;
import dev.carafe.engine.vm.VmException;
import dev.carafe.linux.Arch;
import dev.carafe.linux.Capabilities;
import dev.carafe.linux.Errno;
import dev.carafe.linux.ErrnoException;
import dev.carafe.linux.Memory;
import dev.carafe.linux.Native;
import dev.carafe.linux.Sys;
import dev.carafe.oci.json.JsonArray;
import dev.carafe.oci.json.JsonObject;
import dev.carafe.runtime.cgroup.CgroupHost;
import dev.carafe.runtime.cgroup.Hierarchy;
import java.io.FileInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

/**
 * What this host can do for containers and machines, as found by looking, and what is missing.
 *
 * @param kernel the kernel's release
 * @param architecture the processor's, by its OCI name
 * @param operatingSystem the distribution's name
 * @param cpus processors that this process may use
 * @param memory the host's memory in bytes
 * @param rootless whether the engine runs as an ordinary user
 * @param cgroups version and controllers
 * @param namespaces the kinds that the kernel has
 * @param userNamespaces whether this user may make user namespaces, with the ids to fill them
 * @param overlay whether overlayfs is there, and inside user namespaces
 * @param seccompActions the actions that a filter can take; empty without seccomp
 * @param kvm whether /dev/kvm is there and open to this user
 * @param machines what virtual machines would run with
 * @param securityModules the kernel's security modules
 * @param limits soft and hard resource limits that matter here, -1 for none
 * @param missingCapabilities the capabilities that root doesn't have here
 * @param tools paths of the programs that Carafe calls, by name
 * @param java the Java that runs the engine
 * @param missing what isn't there, why it matters, and what gives it
 */
public record HostInfo(
        String kernel,
        String architecture,
        String operatingSystem,
        int cpus,
        long memory,
        boolean rootless,
        Cgroups cgroups,
        List<String> namespaces,
        UserNamespaces userNamespaces,
        Overlay overlay,
        List<String> seccompActions,
        Kvm kvm,
        Machines machines,
        List<String> securityModules,
        Map<String, Limit> limits,
        List<String> missingCapabilities,
        Map<String, String> tools,
        String java,
        List<Missing> missing) {

    /**
     * Control groups.
     *
     * @param mode {@code v1}, {@code v2}, {@code hybrid} or {@code none}
     * @param writable whether groups can be made
     */
    public record Cgroups(String mode, List<String> controllers, boolean writable) {}

    /**
     * User namespaces.
     *
     * @param allowed whether this user may make one
     * @param subUids ranges of /etc/subuid for this user, as {@code first+count}
     * @param subGids ranges of /etc/subgid for this user
     */
    public record UserNamespaces(boolean allowed, List<String> subUids, List<String> subGids) {}

    /** The overlay file system, for the first user namespace and for others (Linux 5.11). */
    public record Overlay(boolean available, boolean inUserNamespace) {}

    /** The kernel's virtual machines: the device is there, and this user may open it. */
    public record Kvm(boolean present, boolean usable) {}

    /**
     * What virtual machines would run with here; empty texts for what isn't there.
     *
     * @param qemu QEMU's path
     * @param qemuVersion as it tells it
     * @param accelerator {@code kvm} or {@code tcg}
     * @param reason why that one
     * @param kernel the path of the guest's kernel
     * @param kernelVersion its release
     * @param virtiofsd the path of the server of shared directories
     */
    public record Machines(
            String qemu,
            String qemuVersion,
            String accelerator,
            String reason,
            String kernel,
            String kernelVersion,
            String virtiofsd) {}

    /** A resource limit; -1 for none. */
    public record Limit(long soft, long hard) {}

    /**
     * Something that isn't there.
     *
     * @param what its name
     * @param purpose what needs it
     * @param remedy the Debian package or the setting that gives it
     */
    public record Missing(String what, String purpose, String remedy) {}

    /**
     * Looks at this host. Asks QEMU for its version, and tries a guest on /dev/kvm for a part of a
     * second, once since the host booted.
     *
     * @param roots where to keep what was found about /dev/kvm
     */
    public static HostInfo probe(Roots roots) {
        return new Probe(roots).look();
    }

    /** The same as a JSON object, its members named as the components. */
    public JsonObject json() {
        JsonObject.Builder limitsJson = JsonObject.builder();
        for (Map.Entry<String, Limit> e : limits.entrySet()) {
            Limit limit = e.getValue();
            limitsJson.put(
                    e.getKey(),
                    JsonObject.builder().put("soft", limit.soft).put("hard", limit.hard).build());
        }
        List<dev.carafe.oci.json.Json> missingJson = new ArrayList<>();
        for (Missing m : missing) {
            missingJson.add(
                    JsonObject.builder()
                            .put("what", m.what)
                            .put("purpose", m.purpose)
                            .put("remedy", m.remedy)
                            .build());
        }
        return JsonObject.builder()
                .put("kernel", kernel)
                .put("architecture", architecture)
                .put("operatingSystem", operatingSystem)
                .put("cpus", cpus)
                .put("memory", memory)
                .put("rootless", rootless)
                .put(
                        "cgroups",
                        JsonObject.builder()
                                .put("mode", cgroups.mode)
                                .put("controllers", JsonArray.ofStrings(cgroups.controllers))
                                .put("writable", cgroups.writable)
                                .build())
                .put("namespaces", JsonArray.ofStrings(namespaces))
                .put(
                        "userNamespaces",
                        JsonObject.builder()
                                .put("allowed", userNamespaces.allowed)
                                .put("subUids", JsonArray.ofStrings(userNamespaces.subUids))
                                .put("subGids", JsonArray.ofStrings(userNamespaces.subGids))
                                .build())
                .put(
                        "overlay",
                        JsonObject.builder()
                                .put("available", overlay.available)
                                .put("inUserNamespace", overlay.inUserNamespace)
                                .build())
                .put("seccompActions", JsonArray.ofStrings(seccompActions))
                .put(
                        "kvm",
                        JsonObject.builder()
                                .put("present", kvm.present)
                                .put("usable", kvm.usable)
                                .build())
                .put(
                        "machines",
                        JsonObject.builder()
                                .put("qemu", machines.qemu)
                                .put("qemuVersion", machines.qemuVersion)
                                .put("accelerator", machines.accelerator)
                                .put("reason", machines.reason)
                                .put("kernel", machines.kernel)
                                .put("kernelVersion", machines.kernelVersion)
                                .put("virtiofsd", machines.virtiofsd)
                                .build())
                .put("securityModules", JsonArray.ofStrings(securityModules))
                .put("limits", limitsJson.build())
                .put("missingCapabilities", JsonArray.ofStrings(missingCapabilities))
                .put("tools", strings(tools))
                .put("java", java)
                .put("missing", new JsonArray(missingJson))
                .build();
    }

    private static JsonObject strings(Map<String, String> map) {
        JsonObject.Builder builder = JsonObject.builder();
        for (Map.Entry<String, String> e : map.entrySet()) {
            builder.put(e.getKey(), e.getValue());
        }
        return builder.build();
    }

    /** One look; collects what is missing on the way. */
    private static final class Probe {
        private static final String[] TOOLS = {
            "newuidmap|uidmap|ranges of users in rootless containers",
            "newgidmap|uidmap|ranges of groups in rootless containers",
            "slirp4netns|slirp4netns|rootless networks",
            "pasta|passt|rootless networks",
            "nft|nftables|networks between containers and published ports",
            "qemu-img|qemu-utils|disks of virtual machines",
        };
        private static final String[] NAMESPACES = {
            "cgroup", "ipc", "mnt", "net", "pid", "time", "user", "uts"
        };

        private static final int QEMU_PATIENCE = 2000; // ms

        private static final String[] VIRTIOFSD = {
            "/usr/libexec/virtiofsd", "/usr/lib/virtiofsd", "/usr/lib/qemu/virtiofsd"
        };

        private final List<Missing> missing = new ArrayList<>();
        private final Roots roots;
        private final String kernel = text("/proc/sys/kernel/osrelease");
        private final boolean rootless = Native.syscall(Sys.GETEUID) != 0;

        Probe(Roots roots) {
            this.roots = roots;
        }

        HostInfo look() {
            Arch arch = Arch.host();
            Map<String, String> tools = tools(arch);
            return new HostInfo(
                    kernel,
                    arch.oci(),
                    operatingSystem(),
                    Runtime.getRuntime().availableProcessors(),
                    memory(),
                    rootless,
                    cgroups(),
                    namespaces(),
                    userNamespaces(),
                    overlay(),
                    seccomp(),
                    kvm(),
                    machines(tools.getOrDefault(qemu(arch), "")),
                    securityModules(),
                    limits(),
                    missingCapabilities(),
                    tools,
                    System.getProperty("java.vm.name")
                            + " "
                            + System.getProperty("java.vm.version"),
                    missing);
        }

        private void lacks(String what, String purpose, String remedy) {
            missing.add(new Missing(what, purpose, remedy));
        }

        /**
         * The trimmed text of a file of up to 8 KiB; empty when it can't be read. In one read: a
         * number of /proc/sys ends after the first, however short (Files.readString begins with one
         * byte, and gets one digit).
         */
        private static String text(String path) {
            byte[] bytes = new byte[8192];
            try (InputStream in = new FileInputStream(path)) {
                int length = in.read(bytes);
                return new String(bytes, 0, Math.max(0, length), StandardCharsets.UTF_8).strip();
            } catch (IOException e) {
                return "";
            }
        }

        private static List<String> lines(String path) {
            try {
                return Files.readAllLines(Path.of(path));
            } catch (IOException e) {
                return List.of();
            }
        }

        private static String operatingSystem() {
            for (String line : lines("/etc/os-release")) {
                if (line.startsWith("PRETTY_NAME=")) {
                    return line.substring(12).replace("\"", "");
                }
            }
            return "Linux";
        }

        private static long memory() {
            for (String line : lines("/proc/meminfo")) {
                if (line.startsWith("MemTotal:")) {
                    return Long.parseLong(line.substring(9).replace("kB", "").strip()) << 10;
                }
            }
            return 0;
        }

        private Cgroups cgroups() {
            CgroupHost host;
            try {
                host = CgroupHost.detect();
            } catch (IOException e) {
                lacks("cgroups", "limits", "make /sys/fs/cgroup readable: " + Check.reason(e));
                return new Cgroups("none", List.of(), false);
            }
            List<String> controllers = new ArrayList<>();
            for (Hierarchy hierarchy : host.hierarchies()) {
                controllers.addAll(hierarchy.controllers());
            }
            controllers.sort(null);
            host.warning().ifPresent(w -> lacks("a writable cgroup", "limits", w));
            for (String wanted : new String[] {"cpu", "memory", "pids"}) {
                if (!controllers.contains(wanted)) {
                    lacks(
                            "cgroup controller " + wanted,
                            "its limits",
                            "kernel command line "
                                    + (wanted.equals("memory")
                                            ? "cgroup_enable=memory"
                                            : "without cgroup_disable=" + wanted));
                }
            }
            return new Cgroups(
                    host.mode().name().toLowerCase(Locale.ROOT), controllers, host.usable());
        }

        private List<String> namespaces() {
            List<String> found = new ArrayList<>();
            for (String name : NAMESPACES) {
                if (Files.exists(Path.of("/proc/self/ns", name))) {
                    found.add(name);
                } else {
                    lacks(
                            name + " namespaces",
                            "isolation",
                            "a kernel with CONFIG_" + config(name));
                }
            }
            return found;
        }

        private static String config(String namespace) {
            return switch (namespace) {
                case "cgroup" -> "CGROUPS";
                case "mnt" -> "NAMESPACES";
                default -> namespace.toUpperCase(Locale.ROOT) + "_NS";
            };
        }

        private UserNamespaces userNamespaces() {
            boolean allowed = true;
            if (text("/proc/sys/user/max_user_namespaces").equals("0")) {
                allowed = false;
                lacks(
                        "user namespaces",
                        "rootless containers",
                        "sysctl user.max_user_namespaces=15000");
            }
            if (text("/proc/sys/kernel/unprivileged_userns_clone").equals("0")) {
                allowed &= !rootless;
                lacks(
                        "user namespaces for ordinary users",
                        "rootless containers",
                        "sysctl kernel.unprivileged_userns_clone=1");
            }
            if (text("/proc/sys/kernel/apparmor_restrict_unprivileged_userns").equals("1")) {
                allowed &= !rootless;
                lacks(
                        "user namespaces for ordinary users",
                        "rootless containers",
                        "sysctl kernel.apparmor_restrict_unprivileged_userns=0");
            }
            String user = System.getProperty("user.name");
            String uid = Long.toString(Native.syscall(Sys.GETEUID));
            List<String> uids = ranges("/etc/subuid", user, uid);
            List<String> gids = ranges("/etc/subgid", user, uid);
            if (rootless && (uids.isEmpty() || gids.isEmpty())) {
                lacks(
                        "subordinate ids of " + user,
                        "more than one user in a rootless container",
                        "usermod --add-subuids 100000-165535 --add-subgids 100000-165535 " + user);
            }
            return new UserNamespaces(allowed, uids, gids);
        }

        /** The ranges of a user in a file of subuid(5). */
        private static List<String> ranges(String file, String user, String uid) {
            List<String> found = new ArrayList<>();
            for (String line : lines(file)) {
                String[] parts = line.strip().split(":", -1);
                if (parts.length == 3 && (parts[0].equals(user) || parts[0].equals(uid))) {
                    found.add(parts[1] + "+" + parts[2]);
                }
            }
            return found;
        }

        private Overlay overlay() {
            boolean loaded = false;
            for (String line : lines("/proc/filesystems")) {
                loaded |= line.endsWith("\toverlay");
            }
            boolean available = loaded || module("overlay");
            if (!available) {
                lacks(
                        "overlayfs",
                        "layers of images",
                        "a kernel with CONFIG_OVERLAY_FS; try: modprobe overlay");
            } else if (rootless && !loaded) {
                lacks(
                        "overlayfs, loaded",
                        "layers of images, rootless",
                        "modprobe overlay, as root");
            }
            boolean nested = available && since(5, 11);
            if (available && !nested) {
                lacks("overlayfs in user namespaces", "rootless containers", "Linux 5.11 or later");
            }
            return new Overlay(available, nested);
        }

        private boolean module(String name) {
            for (String line : lines("/lib/modules/" + kernel + "/modules.dep")) {
                int colon = line.indexOf(':');
                if (colon > 0 && line.substring(0, colon).contains("/" + name + ".ko")) {
                    return true;
                }
            }
            return false;
        }

        private boolean since(int major, int minor) {
            String[] parts = kernel.split("[.-]", 3);
            if (parts.length < 2) {
                return false;
            }
            int first = Integer.parseInt(parts[0]);
            return first > major || first == major && Integer.parseInt(parts[1]) >= minor;
        }

        private List<String> seccomp() {
            String actions = text("/proc/sys/kernel/seccomp/actions_avail");
            if (actions.isEmpty()) {
                lacks(
                        "seccomp filters",
                        "the default system call filter",
                        "a kernel with CONFIG_SECCOMP_FILTER");
                return List.of();
            }
            return List.of(actions.split(" ", -1));
        }

        private Kvm kvm() {
            Path device = Path.of("/dev/kvm");
            boolean present = Files.exists(device);
            boolean usable = present && Files.isReadable(device) && Files.isWritable(device);
            if (!present) {
                lacks(
                        "/dev/kvm",
                        "fast virtual machines",
                        "virtualisation in the firmware, or nested; modprobe kvm");
            } else if (!usable) {
                lacks(
                        "access to /dev/kvm",
                        "fast virtual machines",
                        "usermod --append --groups kvm " + System.getProperty("user.name"));
            }
            return new Kvm(present, usable);
        }

        private Machines machines(String qemu) {
            String version = qemu.isEmpty() ? "" : qemuVersion(qemu);
            dev.carafe.engine.vm.Accelerator chosen;
            try {
                chosen = dev.carafe.engine.vm.Accelerator.choose(Optional.empty(), roots.run());
            } catch (VmException e) {
                throw new IllegalStateException(e); // only for who insists
            }
            String kernel = "";
            String kernelVersion = "";
            try {
                GuestKernel newest = GuestKernel.newest();
                kernel = newest.file().toString();
                kernelVersion = newest.version();
            } catch (IOException e) {
                lacks(
                        "a kernel for guests",
                        "virtual machines",
                        "apt install linux-image-cloud-amd64 (" + Check.reason(e) + ")");
            }
            return new Machines(
                    qemu,
                    version,
                    chosen.kind().qemu(),
                    chosen.reason(),
                    kernel,
                    kernelVersion,
                    virtiofsd());
        }

        private static String qemu(Arch arch) {
            return arch == Arch.X86_64 ? "qemu-system-x86_64" : "qemu-system-aarch64";
        }

        /** The number in {@code QEMU emulator version 7.2.22 (Debian ...)}. */
        private static String qemuVersion(String qemu) {
            String text;
            try {
                Process process =
                        new ProcessBuilder(qemu, "--version")
                                .redirectErrorStream(true)
                                .redirectOutput(ProcessBuilder.Redirect.PIPE)
                                .start();
                process.getOutputStream().close();
                if (!process.waitFor(QEMU_PATIENCE, TimeUnit.MILLISECONDS)) {
                    process.destroyForcibly();
                    return "";
                }
                text = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            } catch (IOException e) {
                return "";
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                return "";
            }
            int at = text.indexOf("version ");
            if (at < 0) {
                return "";
            }
            String rest = text.substring(at + "version ".length()).strip();
            int end = 0;
            while (end < rest.length() && rest.charAt(end) > ' ') {
                end++;
            }
            return rest.substring(0, end);
        }

        private String virtiofsd() {
            for (String path : VIRTIOFSD) {
                if (Files.isExecutable(Path.of(path))) {
                    return path;
                }
            }
            lacks(
                    "virtiofsd",
                    "-v in virtual machines, and the image host there",
                    "apt install virtiofsd, on Debian 12 qemu-system-common");
            return "";
        }

        private static List<String> securityModules() {
            String modules = text("/sys/kernel/security/lsm");
            return modules.isEmpty() ? List.of() : List.of(modules.split(",", -1));
        }

        private static Map<String, Limit> limits() {
            Map<String, Limit> limits = new LinkedHashMap<>();
            for (String name : new String[] {"nofile", "nproc", "memlock"}) {
                try (Memory memory = Memory.borrow()) {
                    long old = memory.reserve(16);
                    Native.check("prlimit", Sys.PRLIMIT64, 0, Ulimit.NAMES.indexOf(name), 0, old);
                    ByteBuffer view = memory.view(old, 16);
                    limits.put(name, new Limit(view.getLong(0), view.getLong(8)));
                } catch (ErrnoException e) {
                    if (e.errno() != Errno.EPERM) {
                        throw new IllegalStateException(e);
                    }
                }
            }
            return limits;
        }

        private List<String> missingCapabilities() {
            if (rootless) {
                return List.of();
            }
            long permitted;
            try {
                permitted = Capabilities.permitted();
            } catch (ErrnoException e) {
                throw new IllegalStateException(e);
            }
            String last = text("/proc/sys/kernel/cap_last_cap");
            int highest =
                    last.isEmpty()
                            ? Capabilities.last()
                            : Math.min(Capabilities.last(), Integer.parseInt(last));
            List<String> names = new ArrayList<>();
            for (int i = 0; i <= highest; i++) {
                if ((permitted >>> i & 1) == 0) {
                    names.add(Capabilities.name(i));
                    lacks(
                            Capabilities.name(i),
                            purpose(Capabilities.name(i)),
                            "grant it to the container or machine that this is");
                }
            }
            return names;
        }

        private static String purpose(String capability) {
            return switch (capability) {
                case "CAP_SYS_RESOURCE" -> "resource limits above the present ones, --ulimit";
                case "CAP_SYS_ADMIN" -> "containers without a user namespace";
                case "CAP_MKNOD" -> "device nodes";
                case "CAP_NET_ADMIN" -> "networks";
                default -> "containers that ask for it";
            };
        }

        private Map<String, String> tools(Arch arch) {
            Map<String, String> found = new LinkedHashMap<>();
            for (String row : TOOLS) {
                String[] parts = row.split("\\|", -1);
                tool(found, parts[0], parts[1], parts[2]);
            }
            tool(
                    found,
                    qemu(arch),
                    arch == Arch.X86_64 ? "qemu-system-x86" : "qemu-system-arm",
                    "virtual machines");
            return found;
        }

        private void tool(
                Map<String, String> found, String name, String debianPackage, String purpose) {
            String path = System.getenv("PATH");
            // an ordinary user's PATH may lack the directories of administration
            for (String dir :
                    ((path == null ? "" : path + ":") + "/usr/sbin:/sbin:/usr/bin")
                            .split(":", -1)) {
                Path file = Path.of(dir.isEmpty() ? "." : dir, name);
                if (Files.isExecutable(file)) {
                    found.put(name, file.toString());
                    return;
                }
            }
            // either of the two gives a rootless network
            if (!name.equals("slirp4netns")
                    && !(name.equals("pasta") && found.containsKey("slirp4netns"))) {
                lacks(name, purpose, "apt install " + debianPackage);
            }
        }
    }
}
