package dev.carafe.oci.runtime;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Limits, set through cgroups (config-linux.md, "Control groups").
 *
 * @param devices rules in order; the last one that matches decides
 * @param rdma by device name
 * @param unified cgroup v2 file name to the text to write to it
 */
public record Resources(
        List<DeviceRule> devices,
        @Nullable Memory memory,
        @Nullable Cpu cpu,
        @Nullable Pids pids,
        @Nullable BlockIo blockIO,
        List<HugepageLimit> hugepageLimits,
        @Nullable NetworkLimit network,
        Map<String, Rdma> rdma,
        Map<String, String> unified) {
    /** Copies the lists and maps; maps keep their order. */
    public Resources {
        devices = List.copyOf(devices);
        hugepageLimits = List.copyOf(hugepageLimits);
        rdma = Collections.unmodifiableMap(new LinkedHashMap<>(rdma));
        unified = Collections.unmodifiableMap(new LinkedHashMap<>(unified));
    }
}
