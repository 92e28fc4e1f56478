package dev.carafe.bench;

import dev.carafe.oci.runtime.DeviceRule;
import dev.carafe.oci.runtime.Linux;
import dev.carafe.oci.runtime.Memory;
import dev.carafe.oci.runtime.Mount;
import dev.carafe.oci.runtime.Namespace;
import dev.carafe.oci.runtime.Pids;
import dev.carafe.oci.runtime.Process;
import dev.carafe.oci.runtime.Resources;
import dev.carafe.oci.runtime.Root;
import dev.carafe.oci.runtime.Seccomp;
import dev.carafe.oci.runtime.Spec;
import dev.carafe.oci.runtime.User;
import dev.carafe.runtime.CapabilitySets;
import dev.carafe.runtime.seccomp.DefaultProfile;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** What the containers of one comparison have; all else is a usual container's. */
record Variant(boolean network, boolean cgroup, boolean seccomp) {
    private static final List<String> MASKED =
            List.of(
                    "/proc/acpi",
                    "/proc/kcore",
                    "/proc/keys",
                    "/proc/timer_list",
                    "/proc/scsi",
                    "/sys/firmware");
    private static final List<String> READ_ONLY =
            List.of("/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger");
    private static final long MEMORY = 256L << 20;

    String title() {
        return (network ? "network ns" : "no network ns")
                + (cgroup ? ", cgroup" : ", no cgroup")
                + (seccomp ? "" : ", no seccomp");
    }

    String key() {
        return (network ? "net" : "nonet")
                + (cgroup ? "-cgroup" : "")
                + (seccomp ? "" : "-noseccomp");
    }

    /** CLONE_NEW* of mount, uts, ipc, pid and net; the cgroup namespace is entered later. */
    long cloneFlags() {
        return 0x2C02_0000L | (network ? 0x4000_0000L : 0);
    }

    /** The same document for Carafe, crun and runc. */
    Spec spec(Path root, String cgroupsPath, List<String> args) {
        Process process =
                new Process(
                        false,
                        null,
                        "/",
                        List.of(
                                "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"),
                        args,
                        List.of(),
                        null,
                        CapabilitySets.process(CapabilitySets.DEFAULT),
                        true,
                        null,
                        null,
                        null,
                        null,
                        null,
                        User.ROOT);
        return new Spec(
                "1.0.2",
                new Root(root.toString(), false),
                mounts(),
                process,
                "bench",
                null,
                null,
                linux(cgroupsPath),
                null,
                Map.of());
    }

    private Linux linux(String cgroupsPath) {
        List<Namespace> namespaces = new ArrayList<>();
        namespaces.add(new Namespace(Namespace.Type.MOUNT));
        namespaces.add(new Namespace(Namespace.Type.PID));
        namespaces.add(new Namespace(Namespace.Type.IPC));
        namespaces.add(new Namespace(Namespace.Type.UTS));
        if (network) {
            namespaces.add(new Namespace(Namespace.Type.NETWORK));
        }
        if (cgroup) {
            namespaces.add(new Namespace(Namespace.Type.CGROUP));
        }
        return new Linux(
                namespaces,
                List.of(),
                List.of(),
                Map.of(),
                List.of(),
                cgroup ? cgroupsPath : null,
                cgroup ? resources() : null,
                null,
                Map.of(),
                seccomp ? profile() : null,
                null,
                MASKED,
                READ_ONLY,
                null,
                null);
    }

    /**
     * The default profile but for the rules "otherwise" of calls whose arguments are looked at, for
     * libseccomp refuses those: other arguments get the profile's default errno, and ioctl is
     * allowed.
     */
    private static Seccomp profile() {
        Seccomp full = DefaultProfile.profile(CapabilitySets.DEFAULT);
        Set<String> allowed = new HashSet<>();
        for (Seccomp.Syscall call : full.syscalls()) {
            if (isOtherwise(call) && call.action() == Seccomp.Action.SCMP_ACT_ALLOW) {
                allowed.addAll(call.names());
            }
        }
        List<Seccomp.Syscall> calls = new ArrayList<>();
        for (Seccomp.Syscall call : full.syscalls()) {
            if (!isOtherwise(call) && Collections.disjoint(call.names(), allowed)) {
                calls.add(call);
            }
        }
        calls.add(
                new Seccomp.Syscall(
                        List.copyOf(allowed), Seccomp.Action.SCMP_ACT_ALLOW, null, List.of()));
        return new Seccomp(
                full.defaultAction(),
                full.defaultErrnoRet(),
                full.architectures(),
                full.flags(),
                null,
                null,
                calls);
    }

    private static boolean isOtherwise(Seccomp.Syscall call) {
        return call.args().size() == 1
                && call.args().getFirst().op() == Seccomp.Operator.SCMP_CMP_MASKED_EQ
                && call.args().getFirst().value() == 0;
    }

    Resources resources() {
        return new Resources(
                List.of(new DeviceRule(false, "a", null, null, "rwm")),
                new Memory(MEMORY, null, null, null, null, null, null, null, null),
                null,
                new Pids(64),
                null,
                List.of(),
                null,
                Map.of(),
                Map.of());
    }

    private List<Mount> mounts() {
        List<Mount> mounts = new ArrayList<>();
        mounts.add(mount("/proc", "proc", "proc"));
        mounts.add(
                mount(
                        "/dev",
                        "tmpfs",
                        "tmpfs",
                        "nosuid",
                        "strictatime",
                        "mode=755",
                        "size=65536k"));
        mounts.add(
                mount(
                        "/dev/pts",
                        "devpts",
                        "devpts",
                        "nosuid",
                        "noexec",
                        "newinstance",
                        "ptmxmode=0666",
                        "mode=0620",
                        "gid=5"));
        mounts.add(
                mount(
                        "/dev/shm",
                        "tmpfs",
                        "shm",
                        "nosuid",
                        "noexec",
                        "nodev",
                        "mode=1777",
                        "size=65536k"));
        mounts.add(mount("/dev/mqueue", "mqueue", "mqueue", "nosuid", "noexec", "nodev"));
        mounts.add(mount("/sys", "sysfs", "sysfs", "nosuid", "noexec", "nodev", "ro"));
        if (cgroup) {
            mounts.add(
                    mount(
                            "/sys/fs/cgroup",
                            "cgroup",
                            "cgroup",
                            "nosuid",
                            "noexec",
                            "nodev",
                            "relatime",
                            "ro"));
        }
        return mounts;
    }

    private static Mount mount(String at, @Nullable String type, String source, String... options) {
        return new Mount(at, type, source, List.of(options));
    }
}
