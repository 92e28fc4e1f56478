package dev.carafe.oci.runtime;

import org.jspecify.annotations.Nullable;

/**
 * A device node to make in the container (config-linux.md, "Devices").
 *
 * @param type "c" or "u" character, "b" block, "p" FIFO
 * @param path absolute path in the container
 * @param major unset only for a FIFO
 * @param minor unset only for a FIFO
 * @param fileMode permission bits, 0 to 07777
 * @param uid owner inside the container
 * @param gid group inside the container
 */
public record Device(
        String type,
        String path,
        @Nullable Long major,
        @Nullable Long minor,
        @Nullable Integer fileMode,
        @Nullable Long uid,
        @Nullable Long gid) {}
