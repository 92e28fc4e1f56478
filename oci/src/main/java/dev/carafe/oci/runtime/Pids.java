package dev.carafe.oci.runtime;

/** The limit of tasks; 0 or less means none (config-linux.md, "PIDs"). */
public record Pids(long limit) {}
