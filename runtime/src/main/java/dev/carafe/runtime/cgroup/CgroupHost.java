package dev.carafe.runtime.cgroup;

import dev.carafe.linux.MountInfo;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * What this host has of cgroups: the trees that are mounted, the controllers in each, and where
 * this process may make groups.
 *
 * @param hierarchies those with controllers, and the one of cgroup v2 if it is mounted
 * @param privileged whether this process may restrict devices: root in the first user namespace
 */
public record CgroupHost(List<Hierarchy> hierarchies, boolean privileged) {
    /**
     * The leaf that takes the processes of a delegated group, so that its children can have
     * controllers.
     */
    static final String LEAF = "carafe.self";

    private static final List<String> V1_CONTROLLERS =
            List.of(
                    "cpu",
                    "cpuacct",
                    "cpuset",
                    "memory",
                    "devices",
                    "freezer",
                    "blkio",
                    "pids",
                    "hugetlb",
                    "net_cls",
                    "net_prio",
                    "perf_event",
                    "rdma",
                    "misc");

    /** Which versions are in use. */
    public enum Mode {
        /** No cgroup file system is mounted. */
        NONE,
        /** Every controller in a tree of version 1. */
        V1,
        /** The one tree of version 2. */
        V2,
        /** Controllers in trees of version 1, and a tree of version 2 beside them. */
        HYBRID
    }

    public CgroupHost {
        hierarchies = List.copyOf(hierarchies);
    }

    /** Looks at this process's mounts and groups. */
    public static CgroupHost detect() throws IOException {
        CgroupFs fs = CgroupFs.kernel();
        String mounts = cgroupLines(fs.read("/proc/self/mountinfo"));
        return of(MountInfo.parse(mounts), fs.read("/proc/self/cgroup"), fs);
    }

    /**
     * A host of many containers has thousands of other mounts, each slow to take apart in a cold
     * JVM.
     */
    private static String cgroupLines(String mountinfo) {
        StringBuilder lines = new StringBuilder();
        int at = mountinfo.indexOf(" - cgroup");
        while (at >= 0) {
            int end = mountinfo.indexOf('\n', at);
            end = end < 0 ? mountinfo.length() : end;
            lines.append(mountinfo, mountinfo.lastIndexOf('\n', at) + 1, end).append('\n');
            at = mountinfo.indexOf(" - cgroup", end);
        }
        return lines.toString();
    }

    /**
     * The same from texts.
     *
     * @param own the content of {@code /proc/self/cgroup}
     */
    static CgroupHost of(List<MountInfo> mounts, String own, CgroupFs fs) throws IOException {
        List<Hierarchy> found = new ArrayList<>();
        List<String> taken = new ArrayList<>();
        for (MountInfo mount : mounts) {
            if (mount.fstype().equals("cgroup2") && !taken.contains("")) {
                taken.add("");
                found.add(unified(mount, own, fs));
            } else if (mount.fstype().equals("cgroup")) {
                List<String> controllers = v1Controllers(mount);
                if (!controllers.isEmpty() && !taken.contains(controllers.getFirst())) {
                    taken.addAll(controllers);
                    found.add(v1(mount, controllers, own, fs));
                }
            }
        }
        return new CgroupHost(found, fs.privileged());
    }

    private static List<String> v1Controllers(MountInfo mount) {
        List<String> controllers = new ArrayList<>(mount.superOptions());
        controllers.retainAll(V1_CONTROLLERS);
        return controllers;
    }

    private static Hierarchy v1(
            MountInfo mount, List<String> controllers, String own, CgroupFs fs) {
        String top = mount.mountPoint();
        if (delegated(top, fs)) {
            return new Hierarchy(false, top, top, controllers, true, false);
        }
        String mine = below(mount, ownPath(own, controllers.getFirst()));
        return new Hierarchy(false, top, mine, controllers, delegated(mine, fs), false);
    }

    private static Hierarchy unified(MountInfo mount, String own, CgroupFs fs) throws IOException {
        String top = mount.mountPoint();
        String base = base(mount, ownPath(own, ""), fs);
        boolean writable = delegated(base, fs);
        // the first group of all has no type, and is free of the rule
        boolean occupied =
                writable
                        && fs.exists(base + "/cgroup.type")
                        && !fs.read(base + "/cgroup.procs").isBlank();
        List<String> controllers = words(fs.read(base + "/cgroup.controllers"));
        return new Hierarchy(true, top, base, controllers, writable, occupied);
    }

    /**
     * The mount point; else the parent of our own group, which holds no process; else our own
     * group.
     */
    private static String base(MountInfo mount, @Nullable String own, CgroupFs fs) {
        String top = mount.mountPoint();
        String mine = below(mount, own);
        if (mine.endsWith("/" + LEAF)) {
            mine = parent(mine);
        }
        if (delegated(top, fs) || mine.equals(top)) {
            return top;
        }
        return delegated(parent(mine), fs) ? parent(mine) : mine;
    }

    private static String parent(String dir) {
        return dir.substring(0, dir.lastIndexOf('/'));
    }

    /**
     * Delegation is the right to make groups in a directory and to move processes into and out of
     * them.
     */
    private static boolean delegated(String dir, CgroupFs fs) {
        return fs.writable(dir) && fs.writable(dir + "/cgroup.procs");
    }

    /** Where a group of the hierarchy lies in the file system; the mount may show a part only. */
    private static String below(MountInfo mount, @Nullable String path) {
        String root = mount.root().equals("/") ? "" : mount.root();
        if (path == null || path.equals("/") || !(path + "/").startsWith(root + "/")) {
            return mount.mountPoint();
        }
        return mount.mountPoint() + path.substring(root.length());
    }

    /** Our own group in the hierarchy of a controller, or of cgroup v2 for an empty text. */
    private static @Nullable String ownPath(String own, String controller) {
        int from = 0;
        while (from < own.length()) {
            int end = own.indexOf('\n', from);
            String line = own.substring(from, end < 0 ? own.length() : end);
            int first = line.indexOf(':');
            int second = line.indexOf(':', first + 1);
            if (second > 0
                    && ("," + line.substring(first + 1, second) + ",")
                            .contains("," + controller + ",")) {
                return line.substring(second + 1);
            }
            from = end < 0 ? own.length() : end + 1;
        }
        return null;
    }

    static List<String> words(String text) {
        List<String> words = new ArrayList<>();
        int start = -1;
        for (int i = 0; i <= text.length(); i++) {
            boolean space = i == text.length() || text.charAt(i) == ' ' || text.charAt(i) == '\n';
            if (!space && start < 0) {
                start = i;
            } else if (space && start >= 0) {
                words.add(text.substring(start, i));
                start = -1;
            }
        }
        return words;
    }

    public Mode mode() {
        boolean v1 = false;
        boolean v2 = false;
        for (Hierarchy hierarchy : hierarchies) {
            v1 |= !hierarchy.unified();
            v2 |= hierarchy.unified();
        }
        return v1 ? v2 ? Mode.HYBRID : Mode.V1 : v2 ? Mode.V2 : Mode.NONE;
    }

    /** The tree that has a controller, whether or not it can be written to. */
    public Optional<Hierarchy> find(String controller) {
        for (Hierarchy hierarchy : hierarchies) {
            if (hierarchy.controllers().contains(controller)) {
                return Optional.of(hierarchy);
            }
        }
        return Optional.empty();
    }

    /** The tree of cgroup v2, whether or not it has controllers or can be written to. */
    public Optional<Hierarchy> unified() {
        for (Hierarchy hierarchy : hierarchies) {
            if (hierarchy.unified()) {
                return Optional.of(hierarchy);
            }
        }
        return Optional.empty();
    }

    /** Whether groups can be made in at least one tree. */
    public boolean usable() {
        for (Hierarchy hierarchy : hierarchies) {
            if (hierarchy.writable()) {
                return true;
            }
        }
        return false;
    }

    /** What a user must know before relying on limits: one line, when no group can be made here. */
    public Optional<String> warning() {
        return usable()
                ? Optional.empty()
                : Optional.of("no cgroup for the container: " + remedy());
    }

    /** Why nothing can be made, and what to do. */
    private String remedy() {
        if (mode() == Mode.NONE) {
            return "no cgroup file system is mounted; mount one: mount -t cgroup2 none /sys/fs/cgroup";
        }
        String base = hierarchies.getFirst().base();
        if (privileged) {
            return base + " is mounted read-only; make it writable: mount -o remount,rw " + base;
        }
        return mode() == Mode.V2
                ? base
                        + " is not delegated to this user; start with: systemd-run --user --scope -p"
                        + " Delegate=yes carafe ..."
                : base
                        + " is not writable by this user; cgroup v1 needs root, or directories that root gave"
                        + " to this user";
    }

    /**
     * The tree for a limit.
     *
     * @param limit what was asked for, such as {@code memory limit}
     * @throws CgroupException when no tree has the controller or it can't be written to
     */
    Hierarchy require(String controller, String limit) throws CgroupException {
        Optional<Hierarchy> found = find(controller);
        if (found.isPresent() && found.get().writable()) {
            return found.get();
        }
        throw new CgroupException(
                limit + ": " + (found.isPresent() ? remedy(found.get()) : missing(controller)));
    }

    private String remedy(Hierarchy hierarchy) {
        return new CgroupHost(List.of(hierarchy), privileged).remedy();
    }

    private String missing(String controller) {
        return switch (mode()) {
            case NONE -> remedy();
            case V2 -> {
                Hierarchy tree = hierarchies.getFirst();
                yield "no "
                        + controller
                        + " controller in "
                        + tree.base()
                        + "/cgroup.controllers; "
                        + (privileged
                                ? "the kernel lacks it or was booted with cgroup_disable="
                                        + controller
                                : "have it delegated: systemctl edit user@.service, [Service] Delegate="
                                        + controller);
            }
            case V1, HYBRID ->
                    "no "
                            + controller
                            + " controller is mounted; mount it: mkdir /sys/fs/cgroup/"
                            + controller
                            + " && mount -t cgroup -o "
                            + controller
                            + " "
                            + controller
                            + " /sys/fs/cgroup/"
                            + controller;
        };
    }
}
