package dev.carafe.runtime.cgroup;

/**
 * A mount through which a container with a cgroup namespace of its own sees its own groups; in the
 * order of mounting, the directories to be made before.
 *
 * @param target such as {@code /sys/fs/cgroup/memory}
 * @param fstype {@code tmpfs}, {@code cgroup} or {@code cgroup2}; also good as the source
 * @param data options for the file system, such as {@code cpu,cpuacct}; may be empty
 */
public record CgroupMount(String target, String fstype, String data) {}
