package dev.carafe.oci.runtime;

/**
 * The offset of a clock in a time namespace (config-linux.md, "Offset for Time Namespace").
 *
 * @param secs may be negative
 * @param nanosecs 0 to 999999999
 */
public record TimeOffset(long secs, long nanosecs) {}
