package dev.carafe.oci.runtime;

import org.jspecify.annotations.Nullable;

/** Cache and memory bandwidth allocation through resctrl (config-linux.md, "IntelRdt"). */
public record IntelRdt(
        @Nullable String closID,
        @Nullable String l3CacheSchema,
        @Nullable String memBwSchema,
        boolean enableCMT,
        boolean enableMBM) {}
