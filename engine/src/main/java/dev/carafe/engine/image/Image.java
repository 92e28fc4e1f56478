package dev.carafe.engine.image;

import dev.carafe.oci.image.ImageConfig;
import java.nio.file.Path;
import java.util.List;

/**
 * An image that is in the store and unpacked.
 *
 * @param id the digest of its configuration, {@code sha256:...}, as Docker shows it
 * @param layers the unpacked layers' directories, top first, as overlayfs's {@code lowerdir=} wants
 *     them
 * @param names its names, each with a tag, such as {@code docker.io/library/debian:bookworm}; may
 *     be empty
 */
public record Image(String id, ImageConfig config, List<Path> layers, List<String> names) {
    public Image {
        layers = List.copyOf(layers);
        names = List.copyOf(names);
    }

    /** The layers' files as one tree. */
    public LayerView view() {
        return new LayerView(layers);
    }
}
