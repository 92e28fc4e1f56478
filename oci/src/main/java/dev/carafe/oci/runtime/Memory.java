package dev.carafe.oci.runtime;

import dev.carafe.oci.json.Fields;
import dev.carafe.oci.json.JsonObject;
import org.jspecify.annotations.Nullable;

/**
 * Memory limits in bytes; -1 for none (config-linux.md, "Memory").
 *
 * @param limit of memory
 * @param reservation soft limit
 * @param swap limit of memory and swap together
 * @param kernel limit of kernel memory (deprecated by the specification)
 * @param kernelTCP limit of kernel memory for TCP buffers
 * @param swappiness 0 to 100
 * @param disableOOMKiller whether an out-of-memory task waits, not dies
 * @param useHierarchy whether child cgroups count (cgroup v1)
 * @param checkBeforeUpdate whether to refuse a new limit below the current usage
 */
public record Memory(
        @Nullable Long limit,
        @Nullable Long reservation,
        @Nullable Long swap,
        @Nullable Long kernel,
        @Nullable Long kernelTCP,
        @Nullable Long swappiness,
        @Nullable Boolean disableOOMKiller,
        @Nullable Boolean useHierarchy,
        @Nullable Boolean checkBeforeUpdate) {
    static Memory read(Fields f) {
        return new Memory(
                bytes(f, "limit"),
                bytes(f, "reservation"),
                bytes(f, "swap"),
                bytes(f, "kernel"),
                bytes(f, "kernelTCP"),
                f.integer("swappiness", 0, Long.MAX_VALUE),
                f.bool("disableOOMKiller"),
                f.bool("useHierarchy"),
                f.bool("checkBeforeUpdate"));
    }

    private static @Nullable Long bytes(Fields f, String name) {
        return f.integer(name, -1, Long.MAX_VALUE);
    }

    JsonObject json() {
        return JsonObject.builder()
                .put("limit", limit)
                .put("reservation", reservation)
                .put("swap", swap)
                .put("kernel", kernel)
                .put("kernelTCP", kernelTCP)
                .put("swappiness", swappiness)
                .put("disableOOMKiller", disableOOMKiller)
                .put("useHierarchy", useHierarchy)
                .put("checkBeforeUpdate", checkBeforeUpdate)
                .build();
    }
}
