package dev.carafe.runtime.cgroup;

import dev.carafe.linux.Errno;
import dev.carafe.linux.ErrnoException;
import dev.carafe.linux.Plan;
import dev.carafe.linux.PlanException;
import dev.carafe.linux.PlanRun;
import dev.carafe.oci.runtime.Resources;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The control group of one container: a directory of one path in each tree that is needed.
 *
 * <p>On cgroup v1 each tree costs some 90 us in the life of a container, so one without limits
 * joins few: {@code memory} (usage, and whose process dies when memory is out), {@code devices}
 * (without it root in a container can make and open the node of a host's disk), and {@code cpuacct}
 * (time used). Others, on a hybrid host also the tree of v2, are joined for a limit in them; the
 * freezer of v1 only when a container is first paused.
 *
 * <p>The order of use: {@link #plan}, {@link #prepare} into the plan that runs before clone, {@link
 * #join} into the plan of the child; after the end {@link #oomKilled}, {@link #remove}. All but the
 * first three look at the kernel alone, so any process can {@link #open} the group by its path.
 * Thread-safe.
 */
public final class Cgroup {
    private final CgroupHost host;
    private final CgroupFs fs;
    private final String path;
    private final List<Limit> limits;
    private final List<Hierarchy> joined;
    private final @Nullable Devices devices;

    private Cgroup(
            CgroupHost host,
            CgroupFs fs,
            String path,
            List<Limit> limits,
            List<Hierarchy> joined,
            @Nullable Devices devices) {
        this.host = host;
        this.fs = fs;
        this.path = path;
        this.limits = limits;
        this.joined = joined;
        this.devices = devices;
    }

    /**
     * The group for a container to be started. Where no group can be made and no limit is asked for
     * it is empty: see {@link CgroupHost#warning}. Device rules need root; in a user namespace the
     * kernel itself lets nobody make or open device nodes beyond those that are bind-mounted.
     *
     * @param path below the base of every tree, such as {@code /carafe/ID}
     * @throws CgroupException when a limit can't be had here
     */
    public static Cgroup plan(CgroupHost host, String path, Resources resources)
            throws CgroupException, IOException {
        return plan(host, CgroupFs.kernel(), path, resources);
    }

    static Cgroup plan(CgroupHost host, CgroupFs fs, String path, Resources resources)
            throws CgroupException, IOException {
        checkPath(path);
        List<Limit> limits = Limits.of(host, resources);
        List<Hierarchy> joined = new ArrayList<>();
        Devices devices =
                host.privileged() && devicesTree(host) != null
                        ? Devices.of(resources.devices())
                        : null;
        for (Hierarchy tree : host.hierarchies()) {
            if (tree.writable() && (byDefault(host, tree) || limited(tree, limits))) {
                joined.add(tree);
            }
        }
        for (int i = 0; joined.isEmpty() && i < host.hierarchies().size(); i++) {
            // any tree at all is enough to find the processes again
            if (host.hierarchies().get(i).writable()) {
                joined.add(host.hierarchies().get(i));
            }
        }
        return new Cgroup(host, fs, path, limits, joined, devices);
    }

    /**
     * The group of a container that was started before, perhaps by another process; {@link #join}
     * then joins every tree that it is in. One that is gone is empty.
     */
    public static Cgroup open(CgroupHost host, String path) throws CgroupException {
        checkPath(path);
        CgroupFs fs = CgroupFs.kernel();
        List<Hierarchy> joined = new ArrayList<>();
        for (Hierarchy tree : host.hierarchies()) {
            if (tree.writable() && fs.exists(tree.base() + path)) {
                joined.add(tree);
            }
        }
        return new Cgroup(host, fs, path, List.of(), joined, null);
    }

    private static void checkPath(String path) throws CgroupException {
        boolean good =
                path.startsWith("/")
                        && path.length() > 1
                        && path.indexOf('\n') < 0
                        && path.indexOf('\0') < 0;
        if (!good
                || (path + "/").contains("//")
                || (path + "/").contains("/./")
                || (path + "/").contains("/../")) {
            throw new CgroupException(
                    "cgroup path " + path + ": must be absolute, with no empty part and no dots");
        }
    }

    private static boolean byDefault(CgroupHost host, Hierarchy tree) {
        if (tree.unified()) {
            // moving a process takes a lock of all thread groups there, for milliseconds at times
            return host.mode() == CgroupHost.Mode.V2;
        }
        return tree.controllers().contains("memory")
                || tree.controllers().contains("devices") && host.privileged()
                || tree.controllers().contains("cpuacct");
    }

    private static boolean limited(Hierarchy tree, List<Limit> limits) {
        for (Limit limit : limits) {
            if (limit.hierarchy().equals(tree)) {
                return true;
            }
        }
        return false;
    }

    /** The tree that can confine devices: v1's controller, else v2's, where a program does it. */
    private static @Nullable Hierarchy devicesTree(CgroupHost host) {
        Hierarchy tree = host.find("devices").or(host::unified).orElse(null);
        return tree == null || !tree.writable() ? null : tree;
    }

    /** The path below the base of every tree. */
    public String path() {
        return path;
    }

    /** Whether the container's access to device nodes is confined; if not, drop CAP_MKNOD. */
    public boolean confinesDevices() {
        return devices != null;
    }

    /**
     * Appends the steps that make the group and set its limits. They run before the clone, in the
     * JVM.
     *
     * @throws CgroupException when device rules have no form in cgroup v1
     */
    public void prepare(Plan launch) throws CgroupException, IOException {
        for (Hierarchy tree : joined) {
            make(launch, tree, limits);
        }
        if (devices != null && !devices.unrestricted()) {
            Hierarchy tree = devicesTree(host);
            if (tree != null && tree.unified()) {
                Steps.attach(launch, DeviceProgram.of(devices), tree.base() + path);
            } else if (tree != null) {
                Steps.classicDevices(launch, devices.classic(), tree.base() + path);
            }
        }
    }

    private void make(Plan plan, Hierarchy tree, List<Limit> limits) throws IOException {
        List<String> controllers = tree.unified() ? enabled(tree, limits) : List.of();
        if (tree.occupied() && !controllers.isEmpty()) {
            Steps.evacuate(plan, tree, fs.read(tree.base() + "/cgroup.procs"));
        }
        String dir = tree.base();
        for (int slash = 0; slash >= 0; ) {
            if (!controllers.isEmpty()) {
                Steps.enable(plan, dir, controllers);
            }
            slash = path.indexOf('/', slash + 1);
            String child = tree.base() + (slash < 0 ? path : path.substring(0, slash));
            Steps.mkdir(plan, child);
            if (!tree.unified() && tree.controllers().contains("cpuset")) {
                Steps.inheritCpuset(plan, fs, tree, child);
            }
            dir = child;
        }
        for (Limit limit : limits) {
            if (limit.hierarchy().equals(tree)) {
                Steps.write(plan, dir, limit);
            }
        }
    }

    /**
     * Those that limits need, and those that count; on v2 a controller more costs next to nothing.
     */
    private static List<String> enabled(Hierarchy tree, List<Limit> limits) {
        List<String> enabled = new ArrayList<>(List.of("memory", "pids", "io"));
        enabled.retainAll(tree.controllers());
        for (Limit limit : limits) {
            String controller = limit.controller();
            if (limit.hierarchy().equals(tree)
                    && !controller.equals("cgroup")
                    && !enabled.contains(controller)) {
                enabled.add(controller);
            }
        }
        return enabled;
    }

    /**
     * Appends the steps by which the child moves itself into the group. They come before its root,
     * its ids or its cgroup namespace change: what it sees as the root of a cgroup namespace is the
     * group it is in when it unshares.
     */
    public void join(Plan container) {
        for (Hierarchy tree : joined) {
            String file = tree.base() + path + "/" + tree.joinFile();
            container.writeFile("join the cgroup in " + tree.mountPoint(), file, "0");
        }
    }

    /**
     * The mounts for a container with a cgroup namespace of its own; none where it has no group.
     */
    public List<CgroupMount> mounts() {
        List<CgroupMount> mounts = new ArrayList<>();
        if (joined.isEmpty()) {
            return mounts;
        }
        if (host.mode() == CgroupHost.Mode.V2) {
            mounts.add(new CgroupMount("/sys/fs/cgroup", "cgroup2", ""));
            return mounts;
        }
        mounts.add(new CgroupMount("/sys/fs/cgroup", "tmpfs", "mode=755"));
        for (Hierarchy tree : joined) {
            // a tree that the container has not joined would show it the groups of the whole host
            mounts.add(
                    tree.unified()
                            ? new CgroupMount("/sys/fs/cgroup/unified", "cgroup2", "")
                            : new CgroupMount(
                                    "/sys/fs/cgroup/" + tree.name(),
                                    "cgroup",
                                    String.join(",", tree.controllers())));
        }
        return mounts;
    }

    /** The group's directories by controller, the empty name for v2's; only those that exist. */
    private Map<String, String> directories() {
        Map<String, String> dirs = new LinkedHashMap<>();
        for (Hierarchy tree : host.hierarchies()) {
            String dir = tree.base() + path;
            if (tree.writable() && fs.exists(dir)) {
                if (tree.unified()) {
                    dirs.put("", dir);
                }
                for (String controller : tree.controllers()) {
                    dirs.put(controller, dir);
                }
            }
        }
        return dirs;
    }

    /** What the container has used. */
    public Stats stats() {
        return new Reading(fs, directories()).stats();
    }

    /** Whether the kernel killed a process of the group for want of memory. */
    public boolean oomKilled() {
        Reading reading = new Reading(fs, directories());
        return Reading.field(reading.text("memory", "memory.events"), "oom_kill") > 0
                || Reading.field(reading.text("memory", "memory.oom_control"), "oom_kill") > 0;
    }

    /** The ids of the processes in the group and in those that they made below it. */
    public List<Integer> processes() throws IOException {
        return Processes.in(directories().values());
    }

    /** Kills every process in the group, whatever PID namespace it is in; paused ones too. */
    public void kill() throws IOException {
        Map<String, String> dirs = directories();
        String unified = dirs.get("");
        if (unified != null && fs.exists(unified + "/cgroup.kill")) {
            CgroupFs.Kernel.INSTANCE.write("kill the cgroup", unified + "/cgroup.kill", "1");
        } else {
            Processes.kill(dirs.values());
        }
        String freezer = dirs.get("freezer");
        if (freezer != null) {
            // version 1 keeps even SIGKILL from a frozen process
            CgroupFs.Kernel.INSTANCE.write("thaw", freezer + "/freezer.state", "THAWED");
        }
    }

    /**
     * Stops every process of the group where it is.
     *
     * @throws CgroupException when this host has no freezer
     */
    public void freeze() throws CgroupException, IOException {
        String unified = directories().get("");
        if (unified != null) {
            Freezer.unified(unified, true);
            return;
        }
        Hierarchy tree = host.require("freezer", "pause");
        String dir = tree.base() + path;
        List<String> others = new ArrayList<>(directories().values());
        if (!fs.exists(dir)) {
            run(plan -> make(plan, tree, List.of()));
        }
        Freezer.classic(dir, others);
    }

    /** Lets the processes go on. */
    public void thaw() throws CgroupException, IOException {
        Map<String, String> dirs = directories();
        String unified = dirs.get("");
        if (unified != null) {
            Freezer.unified(unified, false);
        } else if (dirs.get("freezer") != null) {
            CgroupFs.Kernel.INSTANCE.write(
                    "thaw", dirs.get("freezer") + "/freezer.state", "THAWED");
        }
    }

    /** Whether the processes are stopped by {@link #freeze}. */
    public boolean frozen() {
        Reading reading = new Reading(fs, directories());
        return Reading.field(reading.text("", "cgroup.events"), "frozen") > 0
                || reading.text("freezer", "freezer.state").startsWith("FROZEN");
    }

    /**
     * Changes limits of a running container; what is absent stays. A tree that the container had no
     * need of is joined now.
     *
     * @throws CgroupException when a limit can't be had, or the kernel refuses it: limits before it
     *     in the order cpu, memory, pids, io, hugepages, network, rdma are then changed
     */
    public void update(Resources resources) throws CgroupException, IOException {
        if (!resources.devices().isEmpty()) {
            throw new CgroupException("device rules: they can't change while the container runs");
        }
        Update update = new Update(fs, directories());
        List<Limit> changes = update.order(Limits.of(host, resources), resources);
        for (Hierarchy tree : host.hierarchies()) {
            if (!limited(tree, changes)) {
                continue;
            }
            List<String> others = new ArrayList<>(directories().values());
            boolean fresh = !fs.exists(tree.base() + path);
            run(plan -> make(plan, tree, changes));
            if (fresh) {
                Processes.move(others, tree.base() + path);
            }
        }
    }

    private interface Script {
        void append(Plan plan) throws IOException;
    }

    private static void run(Script script) throws CgroupException, IOException {
        Plan plan = new Plan();
        script.append(plan);
        try {
            PlanRun.of(plan).close();
        } catch (PlanException e) {
            throw new CgroupException(
                    e.step().why()
                            + ": "
                            + Errno.text(e.errno())
                            + " ("
                            + Errno.name(e.errno())
                            + ")");
        }
    }

    /**
     * Removes the group, with the groups that the container made in it. Processes that are left are
     * killed and waited for, some seconds at most.
     *
     * @throws ErrnoException EBUSY when a process does not die
     */
    public void remove() throws IOException {
        Removal.of(this, trees());
    }

    private List<String> trees() {
        List<String> dirs = new ArrayList<>();
        for (Hierarchy tree : host.hierarchies()) {
            if (tree.writable()) {
                dirs.add(tree.base() + path);
            }
        }
        return dirs;
    }
}
