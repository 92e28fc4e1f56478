package dev.carafe.oci.runtime;

/**
 * The limit of huge pages of one size (config-linux.md, "Huge page limits").
 *
 * @param pageSize e.g. "2MB"
 * @param limit bytes, unsigned
 */
public record HugepageLimit(String pageSize, long limit) {}
