package dev.carafe.engine.image;

import org.jspecify.annotations.Nullable;

/**
 * One line of {@code carafe images}.
 *
 * @param repository in the familiar short form, such as {@code debian}; {@code <none>} without a
 *     name
 * @param tag {@code <none>} without a name
 * @param id {@code sha256:...}
 * @param digest of the manifest
 * @param created RFC 3339, null when the image doesn't say
 * @param size of the unpacked layers' tars in bytes
 */
public record ImageSummary(
        String repository,
        String tag,
        String id,
        String digest,
        @Nullable String created,
        long size) {}
