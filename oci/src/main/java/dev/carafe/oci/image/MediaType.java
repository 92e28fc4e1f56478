package dev.carafe.oci.image;

/**
 * Media types of images (image-spec 1.1, media-types.md) and Docker's names for the same things.
 */
public final class MediaType {
    /** {@link Index}. */
    public static final String INDEX = "application/vnd.oci.image.index.v1+json";

    /** {@link Manifest}. */
    public static final String MANIFEST = "application/vnd.oci.image.manifest.v1+json";

    /** {@link ImageConfig}. */
    public static final String CONFIG = "application/vnd.oci.image.config.v1+json";

    /** A layer as a plain tar. */
    public static final String LAYER = "application/vnd.oci.image.layer.v1.tar";

    /** A layer as a tar in gzip. */
    public static final String LAYER_GZIP = "application/vnd.oci.image.layer.v1.tar+gzip";

    /** A layer as a tar in zstd. */
    public static final String LAYER_ZSTD = "application/vnd.oci.image.layer.v1.tar+zstd";

    /** {@code {}}, where an artifact has no configuration. */
    public static final String EMPTY = "application/vnd.oci.empty.v1+json";

    /** Docker's {@link Index}. */
    public static final String DOCKER_INDEX =
            "application/vnd.docker.distribution.manifest.list.v2+json";

    /** Docker's {@link Manifest}. */
    public static final String DOCKER_MANIFEST =
            "application/vnd.docker.distribution.manifest.v2+json";

    /** Docker's {@link ImageConfig}. */
    public static final String DOCKER_CONFIG = "application/vnd.docker.container.image.v1+json";

    /** Docker's layer as a plain tar. */
    public static final String DOCKER_LAYER = "application/vnd.docker.image.rootfs.diff.tar";

    /** Docker's layer as a tar in gzip. */
    public static final String DOCKER_LAYER_GZIP =
            "application/vnd.docker.image.rootfs.diff.tar.gzip";

    private MediaType() {}

    /** Whether it is an {@link Index}, by either name. */
    public static boolean isIndex(String mediaType) {
        return mediaType.equals(INDEX) || mediaType.equals(DOCKER_INDEX);
    }

    /** Whether it is a {@link Manifest}, by either name. */
    public static boolean isManifest(String mediaType) {
        return mediaType.equals(MANIFEST) || mediaType.equals(DOCKER_MANIFEST);
    }
}
