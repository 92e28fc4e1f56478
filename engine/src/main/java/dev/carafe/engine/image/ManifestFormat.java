package dev.carafe.engine.image;

import dev.carafe.oci.image.Descriptor;
import dev.carafe.oci.image.Manifest;
import dev.carafe.oci.image.MediaType;
import java.util.List;
import java.util.Map;

/** By whose names a manifest calls things. */
public enum ManifestFormat {
    /** OCI image-spec 1.1. */
    OCI(MediaType.MANIFEST, MediaType.CONFIG),
    /** Docker image manifest version 2, schema 2; it has no name for zstd. */
    DOCKER(MediaType.DOCKER_MANIFEST, MediaType.DOCKER_CONFIG);

    private final String manifest;
    private final String config;

    ManifestFormat(String manifest, String config) {
        this.manifest = manifest;
        this.config = config;
    }

    String manifest() {
        return manifest;
    }

    String config() {
        return config;
    }

    Manifest manifest(Descriptor configEntry, List<Descriptor> layers) {
        return new Manifest(2, manifest, null, configEntry, layers, null, Map.of());
    }

    /**
     * The same layer by this format's name.
     *
     * @throws ImageException when it has none
     */
    Descriptor layer(Descriptor layer) throws ImageException {
        return new Descriptor(
                type(layer.mediaType()),
                layer.digest(),
                layer.size(),
                layer.urls(),
                layer.annotations(),
                null,
                null,
                null);
    }

    private String type(String type) throws ImageException {
        boolean docker = this == DOCKER;
        return switch (type) {
            case MediaType.LAYER, MediaType.DOCKER_LAYER ->
                    docker ? MediaType.DOCKER_LAYER : MediaType.LAYER;
            case MediaType.LAYER_GZIP, MediaType.DOCKER_LAYER_GZIP ->
                    docker ? MediaType.DOCKER_LAYER_GZIP : MediaType.LAYER_GZIP;
            case MediaType.LAYER_ZSTD -> {
                if (docker) {
                    throw new ImageException(
                            "a layer in zstd can't be in an image of Docker's format; use the OCI"
                                    + " format or gzip");
                }
                yield type;
            }
            default -> type;
        };
    }
}
