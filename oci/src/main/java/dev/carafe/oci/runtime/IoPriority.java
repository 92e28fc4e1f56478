package dev.carafe.oci.runtime;

/**
 * I/O priority (config.md, "ioPriority"; ioprio_set(2)).
 *
 * @param clazz the property "class": IOPRIO_CLASS_RT, IOPRIO_CLASS_BE or IOPRIO_CLASS_IDLE
 * @param priority 0 (highest) to 7
 */
public record IoPriority(String clazz, int priority) {}
