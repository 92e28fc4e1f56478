package dev.carafe.oci.runtime;

/**
 * The root file system (config.md, "Root").
 *
 * @param path on the host: absolute, or relative to the bundle
 * @param readonly whether the container sees it read-only
 */
public record Root(String path, boolean readonly) {}
