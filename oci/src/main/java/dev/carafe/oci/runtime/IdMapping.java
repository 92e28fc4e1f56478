package dev.carafe.oci.runtime;

/**
 * A range of ids (config-linux.md, "User namespace mappings"; user_namespaces(7)).
 *
 * @param containerID first id inside, 0 to 4294967294
 * @param hostID first id outside, 0 to 4294967294
 * @param size how many, 1 to 4294967295
 */
public record IdMapping(long containerID, long hostID, long size) {}
