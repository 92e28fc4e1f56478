package dev.carafe.oci.runtime;

import org.jspecify.annotations.Nullable;

/**
 * Where a process started by exec may run (config.md, "execCPUAffinity").
 *
 * @param initial CPU list, e.g. "0-3,7", until the process is in its cgroup
 * @param final_ the property "final": CPU list from then on
 */
public record CpuAffinity(@Nullable String initial, @Nullable String final_) {}
