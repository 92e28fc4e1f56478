package dev.carafe.oci.runtime;

import org.jspecify.annotations.Nullable;

/**
 * A rule of the device allow list (config-linux.md, "Allowed Device list").
 *
 * @param type "a" all, "c" character, "b" block; unset: all
 * @param major unset or -1: all
 * @param minor unset or -1: all
 * @param access of "r" read, "w" write, "m" mknod; unset: all
 */
public record DeviceRule(
        boolean allow,
        @Nullable String type,
        @Nullable Long major,
        @Nullable Long minor,
        @Nullable String access) {}
