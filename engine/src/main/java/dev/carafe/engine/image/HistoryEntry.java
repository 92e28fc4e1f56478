package dev.carafe.engine.image;

import org.jspecify.annotations.Nullable;

/**
 * An instruction that made an image, as docker history shows it.
 *
 * @param id the image's id at the uppermost entry, {@code <missing>} below it
 * @param created RFC 3339, or null when nobody wrote it down
 * @param createdBy the instruction, or empty
 * @param size of the layer's tar in bytes, 0 where there is no layer
 * @param comment or empty
 */
public record HistoryEntry(
        String id, @Nullable String created, String createdBy, long size, String comment) {}
