package dev.carafe.runtime;

import dev.carafe.linux.Blob;
import dev.carafe.linux.Errno;
import dev.carafe.linux.Label;
import dev.carafe.linux.Plan;
import dev.carafe.linux.Step;
import dev.carafe.linux.Sys;
import dev.carafe.oci.runtime.Device;
import dev.carafe.oci.runtime.Linux;
import dev.carafe.oci.runtime.Mount;
import dev.carafe.oci.runtime.Namespace;
import dev.carafe.oci.runtime.Process;
import dev.carafe.oci.runtime.Spec;
import dev.carafe.oci.runtime.TimeOffset;
import dev.carafe.runtime.cgroup.Cgroup;
import dev.carafe.runtime.cgroup.CgroupMount;
import dev.carafe.runtime.seccomp.SeccompFilter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The container's start sequence: from the first step of the stage to the execve of the container's
 * process, in kernel order, in {@link #write}.
 */
final class StartPlan {
    private static final long MS_REC = 1 << 14;
    private static final int MNT_DETACH = 2;
    private static final int O_WRONLY = 1;
    private static final int SIOCSIFFLAGS = 0x8914;
    private static final int PR_SET_PDEATHSIG = 1;
    private static final int SIGKILL = 9;

    private final Spec spec;
    private final Linux linux;
    private final Process process;
    private final Host host;
    private final Plan plan;
    private final ProcessSteps steps;
    private @Nullable Step pid;

    /**
     * What the sequence needs beside the specification.
     *
     * @param rootfs what the root is made of
     * @param mountPoint an empty directory of the engine's, on which the root is assembled; in the
     *     container's own mount namespace, so that all containers share it
     * @param cgroup what the process joins, if anything
     * @param seccomp the filter, if any
     * @param capabilities the capabilities that the stage has at all
     * @param makeDevices whether device nodes can be made; they are bound from the host otherwise
     * @param newUser whether the stage is root of a user namespace other than the first
     * @param attachments mounts that this process hands over
     * @param tied whether the process dies with the thread that starts it
     * @param directories which sources of bind mounts are directories; null for this host's own
     */
    record Host(
            Rootfs rootfs,
            Path mountPoint,
            Optional<Cgroup> cgroup,
            Optional<SeccompFilter> seccomp,
            long capabilities,
            boolean makeDevices,
            boolean newUser,
            List<Start.Attachment> attachments,
            boolean tied,
            @Nullable Set<String> directories) {}

    StartPlan(Plan plan, Spec spec, Linux linux, Process process, Host host) {
        this.plan = plan;
        this.spec = spec;
        this.linux = linux;
        this.process = process;
        this.host = host;
        this.steps =
                new ProcessSteps(
                        plan, process, host.seccomp(), host.capabilities(), host.newUser());
    }

    Plan plan() {
        return plan;
    }

    /**
     * The tries to execute the process, one for each entry of PATH; the last one fails the plan.
     */
    List<Step> execs() {
        return steps.execs();
    }

    /**
     * The clone whose result is the process's number, when a PID namespace was joined; null
     * otherwise.
     */
    @Nullable Step pid() {
        return pid;
    }

    /** Appends the whole sequence. */
    void write() {
        steps.resetSignals();
        joinNamespaces();
        plan.call("a session of its own", Sys.SETSID).accept(Errno.EPERM);
        host.cgroup().ifPresent(cgroup -> cgroup.join(plan));
        // after the join, so that the namespace's root is the container's own cgroup
        unshare(Namespace.Type.CGROUP, 0x02000000L);
        timeOffsets();
        plan.call("exact modes for what is made", Sys.UMASK, 0);

        plan.call(
                "no mount of ours reaches the host",
                Sys.MOUNT,
                0,
                "/",
                0,
                MS_REC | MountOptions.MS_SLAVE,
                0);
        if (!"slave".equals(linux.rootfsPropagation())
                && !"rslave".equals(linux.rootfsPropagation())) {
            plan.call(
                    "and none of the host's reaches us",
                    Sys.MOUNT,
                    0,
                    "/",
                    0,
                    MS_REC | MountOptions.MS_PRIVATE,
                    0);
        }
        Step root = mountRoot();
        Inside inside = new Inside(plan, root);
        MountSteps mounts = new MountSteps(plan, inside, host.directories());
        attach(mounts, false);
        for (Mount mount : spec.mounts()) {
            if ("cgroup".equals(mount.type())) {
                mountCgroups(mount, inside, mounts);
            } else {
                mounts.mount(mount);
            }
        }
        boolean ownDev =
                spec.mounts().stream()
                        .anyMatch(m -> m.destination().equals("/dev") && "tmpfs".equals(m.type()));
        if (ownDev) {
            devices(inside, mounts);
        }
        attach(mounts, true);
        if (process.terminal()) {
            terminal(inside, mounts);
        }
        sysctls(inside);
        linux.readonlyPaths().forEach(mounts::readOnlyPath);
        if (!linux.maskedPaths().isEmpty()) {
            Step nullDevice = mounts.nullDevice();
            linux.maskedPaths().forEach(path -> mounts.maskedPath(nullDevice, path));
        }
        workingDirectory(inside);
        if (spec.root() != null && spec.root().readonly()) {
            mounts.readOnly(root);
        }
        steps.oomScore();

        plan.call("go to the new root", Sys.FCHDIR, root);
        plan.call("swap the roots", Sys.PIVOT_ROOT, ".", ".");
        plan.call("the host's tree goes", Sys.UMOUNT2, ".", MNT_DETACH);
        plan.call("at the root", Sys.CHDIR, "/");
        steps.closeDescriptors();

        names();
        if (isNew(Namespace.Type.NETWORK)) {
            loopback();
        }
        steps.rlimits();
        if (linux.personality() != null) {
            plan.call(
                    "personality",
                    Sys.PERSONALITY,
                    "LINUX32".equals(linux.personality().domain()) ? 8 : 0);
        }
        steps.changeDirectory();
        steps.earlyFilter();
        steps.becomeUser();
        if (host.tied()) {
            // after the user changed, which would undo it
            plan.call("it dies with its starter", Sys.PRCTL, PR_SET_PDEATHSIG, SIGKILL);
        }
        steps.lateFilter();
        steps.execute();
    }

    /** Those in /dev and the like come after what is mounted there. */
    private void attach(MountSteps mounts, boolean kernels) {
        for (Start.Attachment attachment : host.attachments()) {
            if (Inside.isKernels(attachment.destination()) == kernels) {
                mounts.attach(attachment);
            }
        }
    }

    private void joinNamespaces() {
        List<Step> files = new ArrayList<>();
        List<Namespace> joined = new ArrayList<>();
        for (Namespace namespace : linux.namespaces()) {
            if (namespace.path() != null) {
                joined.add(namespace);
            }
        }
        // the user namespace first: it decides whether the others may be joined
        joined.sort(
                (a, b) ->
                        Boolean.compare(
                                b.type() == Namespace.Type.USER, a.type() == Namespace.Type.USER));
        for (Namespace namespace : joined) {
            files.add(
                    plan.call(
                            "the namespace to join",
                            Sys.OPENAT,
                            Inside.here(),
                            String.valueOf(namespace.path()),
                            Inside.O_CLOEXEC));
        }
        for (int i = 0; i < joined.size(); i++) {
            plan.call("join it", Sys.SETNS, files.get(i), Namespaces.flag(joined.get(i).type()));
        }
        if (joined.stream().anyMatch(n -> n.type() == Namespace.Type.PID)) {
            Label child = plan.label();
            pid = Namespaces.child(plan, 0, child);
            plan.place(child);
        }
    }

    private void unshare(Namespace.Type type, long flag) {
        if (isNew(type)) {
            plan.call("its own " + type.json() + " namespace", Sys.UNSHARE, flag);
        }
    }

    private boolean isNew(Namespace.Type type) {
        return Namespaces.isNew(linux, type);
    }

    private void timeOffsets() {
        if (!isNew(Namespace.Type.TIME)) {
            return;
        }
        // entered by execve (Linux 6.1); the offsets must be there before anybody is inside
        unshare(Namespace.Type.TIME, 0x80);
        for (Map.Entry<String, TimeOffset> offset : linux.timeOffsets().entrySet()) {
            TimeOffset value = offset.getValue();
            plan.writeFile(
                    "the offset of the " + offset.getKey() + " clock",
                    "/proc/self/timens_offsets",
                    offset.getKey() + " " + value.secs() + " " + value.nanosecs());
        }
    }

    private void mountCgroups(Mount mount, Inside inside, MountSteps mounts) {
        List<CgroupMount> all = host.cgroup().map(Cgroup::mounts).orElse(List.of());
        boolean several = all.size() > 1;
        for (int i = 0; i < all.size(); i++) {
            CgroupMount each = all.get(i);
            List<String> options = new ArrayList<>(mount.options());
            if (several && i == 0) {
                options.remove("ro"); // until the others have their mount points in it
            }
            for (String option : each.data().split(",", -1)) {
                if (!option.isEmpty()) {
                    options.add(option);
                }
            }
            mounts.mount(new Mount(each.target(), each.fstype(), each.fstype(), options));
        }
        if (several && mount.options().contains("ro")) {
            mounts.readOnly(
                    inside.openStrict(
                            "the list of cgroup trees", mount.destination(), Inside.O_PATH));
        }
    }

    private Step mountRoot() {
        String at = host.mountPoint().toString();
        // not a pattern switch, which makes a class at run time: milliseconds of a cold start
        if (host.rootfs() instanceof Rootfs.Directory directory) {
            plan.call(
                    "the root file system",
                    Sys.MOUNT,
                    directory.path().toString(),
                    at,
                    0,
                    MS_REC | 4096,
                    0);
        } else if (host.rootfs() instanceof Rootfs.Overlay overlay) {
            Path from = Overlay.from(overlay);
            if (from != null) {
                plan.call("where many layers have short names", Sys.CHDIR, from.toString());
            }
            plan.call(
                    "the image's layers and the writable one",
                    Sys.MOUNT,
                    "overlay",
                    at,
                    "overlay",
                    0,
                    Overlay.data(overlay, from));
        } else if (host.rootfs() instanceof Rootfs.Detached detached) {
            MountSteps.moveTo(plan, detached.mount(), at);
        }
        return plan.call(
                "the root, from here on by descriptor",
                Sys.OPENAT,
                Inside.here(),
                at,
                Inside.O_PATH | Inside.O_DIRECTORY | Inside.O_CLOEXEC);
    }

    private void devices(Inside inside, MountSteps mounts) {
        Step dev =
                inside.openStrict(
                        "the container's devices", "/dev", Inside.O_PATH | Inside.O_DIRECTORY);
        Devices devices = new Devices(plan, inside, mounts, host.makeDevices());
        devices.defaults(dev);
        for (Device device : linux.devices()) {
            devices.add(device);
        }
        devices.links(dev);
    }

    private void terminal(Inside inside, MountSteps mounts) {
        steps.openTerminal(inside);
        Step devices =
                inside.openStrict(
                        "where it has its name", "/dev/pts", Inside.O_PATH | Inside.O_DIRECTORY);
        mounts.bindDevice(devices, "0", "/dev/console");
        steps.terminalStreams();
        steps.controllingTerminal();
        steps.handTerminalOver();
    }

    private void sysctls(Inside inside) {
        for (Map.Entry<String, String> entry : linux.sysctl().entrySet()) {
            String why = "sysctl " + entry.getKey();
            String path = "/proc/sys/" + Sysctl.path(entry.getKey());
            Step file = inside.openStrict(why, path, O_WRONLY);
            plan.call(why, Sys.WRITE, file, entry.getValue(), Sysctl.length(entry.getValue()));
        }
    }

    private void workingDirectory(Inside inside) {
        if (!process.cwd().equals("/") && !Inside.isKernels(process.cwd())) {
            Label there = plan.label();
            inside.open(
                            "the working directory " + process.cwd() + ", if it is there",
                            process.cwd(),
                            Inside.O_PATH)
                    .accept(Errno.ENOENT)
                    .onSuccess(there);
            inside.make(process.cwd(), true);
            plan.place(there);
        }
    }

    private void names() {
        if (spec.hostname() != null) {
            plan.call(
                    "the host's name inside",
                    Sys.SETHOSTNAME,
                    spec.hostname(),
                    Sysctl.length(spec.hostname()));
        }
        if (spec.domainname() != null) {
            plan.call(
                    "the domain's name",
                    Sys.SETDOMAINNAME,
                    spec.domainname(),
                    Sysctl.length(spec.domainname()));
        }
    }

    private void loopback() {
        Step socket = plan.call("to bring the loopback up", Sys.SOCKET, 2, 2 | Inside.O_CLOEXEC, 0);
        Blob request =
                Blob.room(40, "{lo, IFF_UP|IFF_RUNNING}").u8(0, 'l').u8(1, 'o').u16(16, 0x41);
        plan.call("bring the loopback up", Sys.IOCTL, socket, SIOCSIFFLAGS, request);
        plan.call("done with it", Sys.CLOSE, socket);
    }
}
