package dev.carafe.engine.vm;

import dev.carafe.engine.image.Dir;
import dev.carafe.linux.ErrnoException;
import dev.carafe.linux.Fd;
import dev.carafe.oci.runtime.Device;
import dev.carafe.oci.runtime.Linux;
import dev.carafe.oci.runtime.Mount;
import dev.carafe.oci.runtime.Namespace;
import dev.carafe.oci.runtime.Process;
import dev.carafe.oci.runtime.Rlimit;
import dev.carafe.oci.runtime.Root;
import dev.carafe.oci.runtime.Spec;
import dev.carafe.oci.runtime.User;
import dev.carafe.runtime.CapabilitySets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** The container of a {@link Program}. */
final class ConfinedSpec {
    private static final List<String> ENVIRONMENT =
            List.of("PATH=/usr/sbin:/usr/bin:/sbin:/bin", "HOME=/", "LANG=C.UTF-8");

    /** What of a whole /proc has nothing to do with settings. */
    private static final List<String> MASKED =
            List.of(
                    "/proc/acpi",
                    "/proc/asound",
                    "/proc/bus",
                    "/proc/fs",
                    "/proc/interrupts",
                    "/proc/irq",
                    "/proc/kallsyms",
                    "/proc/kcore",
                    "/proc/keys",
                    "/proc/kmsg",
                    "/proc/latency_stats",
                    "/proc/sched_debug",
                    "/proc/scsi",
                    "/proc/sysrq-trigger",
                    "/proc/timer_list",
                    "/proc/timer_stats");

    private static final int S_IFMT = 0xF000;
    private static final int S_IFBLK = 0x6000;
    private static final int S_IFCHR = 0x2000;

    private final Program program;
    private final List<Path> userland;
    private final Ids ids;

    ConfinedSpec(Program program, List<Path> userland, Ids ids) {
        this.program = program;
        this.userland = userland;
        this.ids = program.root ? ids : ids.alone();
    }

    Spec spec() throws ErrnoException {
        return new Spec(
                Spec.VERSION,
                new Root("rootfs", true),
                mounts(),
                process(),
                "carafe",
                null,
                null,
                linux(),
                null,
                Map.of());
    }

    /** Without a user namespace 0 would be root of the host. */
    private long user() {
        return program.root || ids.mapped() ? 0 : program.user;
    }

    private Process process() {
        List<Rlimit> limits = new ArrayList<>(program.limits);
        limits.add(new Rlimit("RLIMIT_CORE", 0, 0));
        return new Process(
                false,
                null,
                "/",
                ENVIRONMENT,
                program.command,
                limits,
                null,
                CapabilitySets.process(program.capabilities),
                true,
                null,
                null,
                null,
                null,
                null,
                new User(user(), user()));
    }

    private List<Mount> mounts() {
        List<Mount> mounts = new ArrayList<>();
        for (Path path : userland) {
            mounts.add(
                    new Mount(
                            path.toString(),
                            "bind",
                            path.toString(),
                            List.of("rbind", "rprivate", "rro", "rnosuid", "rnodev")));
        }
        List<String> proc = new ArrayList<>(List.of("nosuid", "noexec", "nodev", "ro"));
        if (!program.settings) {
            proc.add("subset=pid"); // its own processes, and nothing of the kernel
        }
        mounts.add(new Mount("/proc", "proc", "proc", proc));
        List<String> small = List.of("nosuid", "noexec", "strictatime", "mode=755", "size=64k");
        mounts.add(new Mount("/dev", "tmpfs", "tmpfs", small));
        mounts.add(
                new Mount(
                        "/run",
                        "tmpfs",
                        "tmpfs",
                        List.of("nosuid", "noexec", "nodev", "mode=755", "size=1m")));
        mounts.add(
                new Mount(
                        "/tmp",
                        "tmpfs",
                        "tmpfs",
                        List.of("nosuid", "noexec", "nodev", "mode=1777", "size=64m")));
        for (Program.Bind bind : program.binds) {
            mounts.add(mount(bind));
        }
        // it has held its last mount point
        mounts.add(new Mount("/run", null, null, List.of("remount", "ro")));
        return mounts;
    }

    private static Mount mount(Program.Bind bind) {
        List<String> options = new ArrayList<>(List.of("rbind", "rprivate", "rnosuid", "rnodev"));
        if (bind.readOnly()) {
            options.add("rro");
        }
        if (bind.data()) {
            options.add("rnoexec");
        }
        return new Mount(bind.place(), "bind", bind.source().toString(), options);
    }

    private Linux linux() throws ErrnoException {
        List<Namespace> namespaces = new ArrayList<>();
        namespaces.add(new Namespace(Namespace.Type.MOUNT));
        namespaces.add(new Namespace(Namespace.Type.NETWORK));
        namespaces.add(new Namespace(Namespace.Type.PID));
        namespaces.add(new Namespace(Namespace.Type.IPC));
        namespaces.add(new Namespace(Namespace.Type.UTS));
        namespaces.add(new Namespace(Namespace.Type.CGROUP));
        if (ids.mapped()) {
            namespaces.add(new Namespace(Namespace.Type.USER));
        }
        return new Linux(
                namespaces,
                ids.uids(),
                ids.gids(),
                Map.of(),
                devices(),
                null,
                null,
                null,
                Map.of(),
                null,
                null,
                program.settings ? MASKED : List.of(),
                List.of(),
                null,
                null);
    }

    /** Nodes of the program's own, so that it needs none of the groups that the host's ask for. */
    private List<Device> devices() throws ErrnoException {
        List<Device> devices = new ArrayList<>();
        for (String path : program.devices) {
            try (Fd root = Dir.open(Path.of("/"))) {
                Dir.Stat stat = Dir.stat(root, path.substring(1));
                int type = stat == null ? 0 : stat.mode() & S_IFMT;
                if (stat == null || type != S_IFBLK && type != S_IFCHR) {
                    throw new ErrnoException("device " + path, dev.carafe.linux.Errno.ENOENT);
                }
                devices.add(
                        new Device(
                                type == S_IFBLK ? "b" : "c",
                                path,
                                (long) stat.major(),
                                (long) stat.minor(),
                                0600,
                                user(),
                                user()));
            }
        }
        return devices;
    }
}
