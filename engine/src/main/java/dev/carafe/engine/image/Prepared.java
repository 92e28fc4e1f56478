package dev.carafe.engine.image;

import dev.carafe.oci.image.Descriptor;
import dev.carafe.oci.image.ImageConfig;
import java.util.List;

/**
 * An image whose blobs are staged and checked, ready to be unpacked and published.
 *
 * @param layers the blobs, lowest first, as many as the configuration has diff ids
 * @param names full names to give it
 */
record Prepared(
        Descriptor entry,
        Staging.Spooled manifest,
        Staging.Spooled config,
        ImageConfig imageConfig,
        List<Staging.Spooled> layers,
        List<String> names) {
    String id() {
        return config.digest().toString();
    }
}
