package dev.carafe.engine.image;

import java.util.OptionalLong;

/**
 * How a layer is written.
 *
 * @param compression of the blob in the store; NONE is fast, and pushing and saving compress anyway
 * @param newest what times after it become, in seconds since 1970: SOURCE_DATE_EPOCH
 */
public record LayerOptions(Compression compression, OptionalLong newest) {
    /** A plain tar with the times that the files have. */
    public static final LayerOptions PLAIN =
            new LayerOptions(Compression.NONE, OptionalLong.empty());

    /** A plain tar in which no time is later. */
    public static LayerOptions clampedTo(long seconds) {
        return new LayerOptions(Compression.NONE, OptionalLong.of(seconds));
    }
}
