package dev.carafe.runtime;

import dev.carafe.linux.Blob;
import dev.carafe.linux.Errno;
import dev.carafe.linux.Label;
import dev.carafe.linux.Plan;
import dev.carafe.linux.Stage;
import dev.carafe.linux.Step;
import dev.carafe.linux.Sys;
import dev.carafe.oci.runtime.Capabilities;
import dev.carafe.oci.runtime.Device;
import dev.carafe.oci.runtime.Linux;
import dev.carafe.oci.runtime.Mount;
import dev.carafe.oci.runtime.Namespace;
import dev.carafe.oci.runtime.Process;
import dev.carafe.oci.runtime.Rlimit;
import dev.carafe.oci.runtime.Spec;
import dev.carafe.oci.runtime.TimeOffset;
import dev.carafe.oci.runtime.User;
import dev.carafe.runtime.cgroup.Cgroup;
import dev.carafe.runtime.cgroup.CgroupMount;
import dev.carafe.runtime.seccomp.SeccompFilter;
import dev.carafe.runtime.seccomp.SeccompSteps;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The container's start sequence: from the first step of the stage to the execve of the container's
 * process, in kernel order, in {@link #write}.
 */
final class StartPlan {
    private static final long CLONE_PARENT = 0x8000;
    private static final int SIG_SETMASK = 2;
    private static final long MS_REC = 1 << 14;
    private static final int MNT_DETACH = 2;
    private static final int F_SETFD = 2;
    private static final int FD_CLOEXEC = 1;
    private static final int PR_SET_DUMPABLE = 4;
    private static final int PR_SET_NO_NEW_PRIVS = 38;
    private static final int O_WRONLY = 1;
    private static final int O_RDWR = 2;
    private static final int O_NOCTTY = 0x100;
    private static final int SIOCSIFFLAGS = 0x8914;
    private static final int TIOCSPTLCK = 0x40045431;
    private static final int TIOCGPTPEER = 0x5441;
    private static final int TIOCSCTTY = 0x540E;

    private final Spec spec;
    private final Linux linux;
    private final Process process;
    private static final int PR_SET_PDEATHSIG = 1;
    private static final int SIGKILL = 9;

    private final Host host;
    private final Plan plan;
    private final List<Step> execs = new ArrayList<>();
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
            boolean tied) {}

    StartPlan(Plan plan, Spec spec, Linux linux, Process process, Host host) {
        this.plan = plan;
        this.spec = spec;
        this.linux = linux;
        this.process = process;
        this.host = host;
    }

    Plan plan() {
        return plan;
    }

    /**
     * The tries to execute the process, one for each entry of PATH; the last one fails the plan.
     */
    List<Step> execs() {
        return execs;
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
        resetSignals();
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
        MountSteps mounts = new MountSteps(plan, inside);
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
        oomScore();

        plan.call("go to the new root", Sys.FCHDIR, root);
        plan.call("swap the roots", Sys.PIVOT_ROOT, ".", ".");
        plan.call("the host's tree goes", Sys.UMOUNT2, ".", MNT_DETACH);
        plan.call("at the root", Sys.CHDIR, "/");
        // before any path of the container is followed: nothing of the host stays reachable
        // (CVE-2024-21626)
        plan.call(
                "no descriptor of the host stays",
                Sys.CLOSE_RANGE,
                Stage.ALIVE + 1,
                0xFFFFFFFFL,
                0);
        plan.call("nor the plan's", Sys.CLOSE, Stage.PLAN);
        plan.call("the engine's pipe ends at exec", Sys.FCNTL, Stage.ALIVE, F_SETFD, FD_CLOEXEC);

        names();
        if (isNew(Namespace.Type.NETWORK)) {
            loopback();
        }
        rlimits();
        if (linux.personality() != null) {
            plan.call(
                    "personality",
                    Sys.PERSONALITY,
                    "LINUX32".equals(linux.personality().domain()) ? 8 : 0);
        }
        plan.call("the working directory " + process.cwd(), Sys.CHDIR, process.cwd());
        if (!process.noNewPrivileges()) {
            // without no_new_privs it takes CAP_SYS_ADMIN, which is gone after the next steps
            filter();
        }
        becomeUser();
        if (host.tied()) {
            // after the user changed, which would undo it
            plan.call("it dies with its starter", Sys.PRCTL, PR_SET_PDEATHSIG, SIGKILL);
        }
        if (process.noNewPrivileges()) {
            // as close to execve as can be: the filter need allow nothing of the above
            filter();
        }
        execute();
    }

    /** Those in /dev and the like come after what is mounted there. */
    private void attach(MountSteps mounts, boolean kernels) {
        for (Start.Attachment attachment : host.attachments()) {
            if (Inside.isKernels(attachment.destination()) == kernels) {
                mounts.attach(attachment);
            }
        }
    }

    private void resetSignals() {
        plan.call(
                "no signal stays blocked",
                Sys.RT_SIGPROCMASK,
                SIG_SETMASK,
                Blob.room(8, "none"),
                0,
                8);
        Blob defaults = Blob.room(32, "SIG_DFL");
        for (int signal : new int[] {1, 2, 3, 13, 15, 17, 20, 21, 22}) {
            plan.call(
                    "what the JVM's parent ignored is not",
                    Sys.RT_SIGACTION,
                    signal,
                    defaults,
                    0,
                    8);
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
            Blob args = Blob.room(88, "{CLONE_PARENT}").u64(0, CLONE_PARENT);
            pid =
                    plan.call("only a child is in the PID namespace", Sys.CLONE3, args, 88)
                            .child(child);
            plan.call("leave it alone", Sys.EXIT_GROUP, 0);
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
        Step master = inside.openStrict("a terminal", "/dev/pts/ptmx", O_RDWR | O_NOCTTY);
        plan.call("unlock it", Sys.IOCTL, master, TIOCSPTLCK, Blob.room(8, "0"));
        Step slave = plan.call("its other end", Sys.IOCTL, master, TIOCGPTPEER, O_RDWR | O_NOCTTY);
        plan.call("the user's", Sys.FCHOWN, slave, process.user().uid(), 5).ignore();
        Step devices =
                inside.openStrict(
                        "where it has its name", "/dev/pts", Inside.O_PATH | Inside.O_DIRECTORY);
        mounts.bindDevice(devices, "0", "/dev/console");
        for (int i = 0; i < 3; i++) {
            plan.call("standard stream " + i, Sys.DUP3, slave, i, 0);
        }
        plan.call("the session's terminal", Sys.IOCTL, 0, TIOCSCTTY, 0);
        int fixed = 63;
        plan.call("a number that the message can name", Sys.DUP3, master, fixed, Inside.O_CLOEXEC);
        plan.call(
                "hand the terminal to the engine",
                Sys.SENDMSG,
                Stage.CONSOLE,
                descriptorMessage(fixed),
                0);
    }

    /** A msghdr that carries one descriptor (SCM_RIGHTS, unix(7)). */
    private static Blob descriptorMessage(int fd) {
        Blob payload = Blob.of(new byte[] {0}, "one byte");
        Blob iov = Blob.room(16, "iovec").pointer(0, payload).u64(8, 1);
        Blob control = Blob.room(24, "SCM_RIGHTS").u64(0, 20).u32(8, 1).u32(12, 1).u32(16, fd);
        return Blob.room(56, "{SCM_RIGHTS, [terminal]}")
                .pointer(16, iov)
                .u64(24, 1)
                .pointer(32, control)
                .u64(40, 24);
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

    private void oomScore() {
        Integer score = process.oomScoreAdj();
        if (score != null) {
            plan.writeFile(
                    "how soon the kernel kills it when memory is short",
                    "/proc/self/oom_score_adj",
                    "" + score);
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

    private void rlimits() {
        for (Rlimit limit : process.rlimits()) {
            Blob value =
                    Blob.room(
                                    16,
                                    "{"
                                            + Rlimits.text(limit.soft())
                                            + ", "
                                            + Rlimits.text(limit.hard())
                                            + "}")
                            .u64(0, limit.soft())
                            .u64(8, limit.hard());
            plan.call(
                    "limit " + limit.type(),
                    Sys.PRLIMIT64,
                    0,
                    Rlimits.number(limit.type()),
                    value,
                    0);
        }
    }

    private void filter() {
        host.seccomp().ifPresent(filter -> SeccompSteps.install(plan, filter));
    }

    private void becomeUser() {
        plan.call("nobody inside may trace the last steps", Sys.PRCTL, PR_SET_DUMPABLE, 0);
        Capabilities capabilities = process.capabilities();
        if (capabilities != null) {
            CapabilitySteps.bounding(plan, capabilities);
            CapabilitySteps.keep(plan);
        }
        User user = process.user();
        List<Long> groups = user.additionalGids();
        Blob list = Blob.room(Math.max(4, 4 * groups.size()), groups.toString());
        for (int i = 0; i < groups.size(); i++) {
            list.u32(4 * i, groups.get(i));
        }
        Step setgroups = plan.call("the groups, or none", Sys.SETGROUPS, groups.size(), list);
        if (host.newUser() && groups.isEmpty()) {
            setgroups.accept(Errno.EPERM); // denied where one id is mapped without a helper
        }
        plan.call("the group", Sys.SETRESGID, user.gid(), user.gid(), user.gid());
        plan.call("the user", Sys.SETRESUID, user.uid(), user.uid(), user.uid());
        if (capabilities != null) {
            CapabilitySteps.sets(plan, capabilities, host.capabilities());
        }
        plan.call(
                "new files are not for everybody",
                Sys.UMASK,
                user.umask() == null ? 022 : user.umask());
        if (process.noNewPrivileges()) {
            plan.call("no program may gain privileges", Sys.PRCTL, PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
        }
    }

    private void execute() {
        String name = process.args().getFirst();
        Blob argv = Blob.strings(process.args(), process.args().toString());
        Blob envp = Blob.strings(process.env(), process.env().size() + " variables");
        List<String> paths = Executable.candidates(name, process.env());
        for (int i = 0; i < paths.size(); i++) {
            Step exec = plan.call("the container's process", Sys.EXECVE, paths.get(i), argv, envp);
            execs.add(i == paths.size() - 1 ? exec : exec.ignore());
        }
    }
}
