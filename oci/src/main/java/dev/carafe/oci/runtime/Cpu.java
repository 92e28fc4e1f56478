package dev.carafe.oci.runtime;

import org.jspecify.annotations.Nullable;

/**
 * CPU limits (config-linux.md, "CPU").
 *
 * @param shares relative weight, cgroup v1 scale (2 to 262144)
 * @param quota microseconds of CPU time in each period; -1 for no limit
 * @param burst microseconds that may be saved up beyond the quota
 * @param period microseconds
 * @param realtimeRuntime microseconds in each real-time period
 * @param realtimePeriod microseconds
 * @param cpus CPU list, e.g. "0-3,7"
 * @param mems memory node list
 * @param idle 1: SCHED_IDLE for the whole group
 */
public record Cpu(
        @Nullable Long shares,
        @Nullable Long quota,
        @Nullable Long burst,
        @Nullable Long period,
        @Nullable Long realtimeRuntime,
        @Nullable Long realtimePeriod,
        @Nullable String cpus,
        @Nullable String mems,
        @Nullable Long idle) {}
