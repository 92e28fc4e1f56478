package dev.carafe.oci.runtime;

import dev.carafe.oci.json.Fields;
import dev.carafe.oci.json.JsonObject;
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
        @Nullable Long idle) {
    static Cpu read(Fields f) {
        return new Cpu(
                f.integer("shares", 0, Long.MAX_VALUE),
                f.integer("quota", -1, Long.MAX_VALUE),
                f.integer("burst", 0, Long.MAX_VALUE),
                f.integer("period", 0, Long.MAX_VALUE),
                f.integer("realtimeRuntime", -1, Long.MAX_VALUE),
                f.integer("realtimePeriod", 0, Long.MAX_VALUE),
                f.string("cpus"),
                f.string("mems"),
                f.integer("idle", Long.MIN_VALUE, Long.MAX_VALUE));
    }

    JsonObject json() {
        return JsonObject.builder()
                .put("shares", shares)
                .put("quota", quota)
                .put("burst", burst)
                .put("period", period)
                .put("realtimeRuntime", realtimeRuntime)
                .put("realtimePeriod", realtimePeriod)
                .put("cpus", cpus)
                .put("mems", mems)
                .put("idle", idle)
                .build();
    }
}
