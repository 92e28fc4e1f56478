package dev.carafe.oci.runtime;

import org.jspecify.annotations.Nullable;

/** The limit of one RDMA device (config-linux.md, "RDMA"). */
public record Rdma(@Nullable Long hcaHandles, @Nullable Long hcaObjects) {}
