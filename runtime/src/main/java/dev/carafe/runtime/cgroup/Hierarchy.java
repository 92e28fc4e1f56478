package dev.carafe.runtime.cgroup;

import java.util.List;

/**
 * A mounted tree of cgroups.
 *
 * @param unified whether it is the tree of cgroup v2
 * @param mountPoint where it is mounted
 * @param base the directory under which this process may make groups: the mount point, or the
 *     subtree that was delegated to it
 * @param controllers that a group below the base can have
 * @param writable whether groups can be made at all
 * @param occupied whether processes in the base must leave it before its children can have
 *     controllers (cgroup v2, "No Internal Process Constraint")
 */
public record Hierarchy(
        boolean unified,
        String mountPoint,
        String base,
        List<String> controllers,
        boolean writable,
        boolean occupied) {
    public Hierarchy {
        controllers = List.copyOf(controllers);
    }

    /**
     * The file by which a process moves itself with the least waiting: a thread's move takes no
     * global lock.
     */
    String joinFile() {
        return unified ? "cgroup.procs" : "tasks";
    }

    /** The last part of the mount point, such as {@code cpu,cpuacct}. */
    String name() {
        return mountPoint.substring(mountPoint.lastIndexOf('/') + 1);
    }
}
