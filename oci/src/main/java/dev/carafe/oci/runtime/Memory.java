package dev.carafe.oci.runtime;

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
        @Nullable Boolean checkBeforeUpdate) {}
