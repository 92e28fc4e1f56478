package dev.carafe.oci.runtime;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Network class and priorities, cgroup v1 (config-linux.md, "Network").
 *
 * @param classID 32 bit, unsigned
 */
public record NetworkLimit(@Nullable Long classID, List<InterfacePriority> priorities) {
    /** Copies the lists and maps; maps keep their order. */
    public NetworkLimit {
        priorities = List.copyOf(priorities);
    }

    /** The priority of the traffic that leaves by one interface; 32 bit, unsigned. */
    public record InterfacePriority(String name, long priority) {}
}
