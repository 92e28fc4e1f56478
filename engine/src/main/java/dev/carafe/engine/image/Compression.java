package dev.carafe.engine.image;

import dev.carafe.oci.image.MediaType;

/** How a layer's tar is compressed. */
public enum Compression {
    NONE(MediaType.LAYER),
    GZIP(MediaType.LAYER_GZIP),
    ZSTD(MediaType.LAYER_ZSTD);

    private final String mediaType;

    Compression(String mediaType) {
        this.mediaType = mediaType;
    }

    /** The media type of a layer that is compressed so. */
    public String mediaType() {
        return mediaType;
    }
}
