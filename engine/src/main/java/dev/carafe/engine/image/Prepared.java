package dev.carafe.engine.image;

import dev.carafe.oci.image.Descriptor;
import dev.carafe.oci.image.Digest;
import dev.carafe.oci.image.ImageConfig;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * An image whose blobs are staged and checked, ready to be unpacked and published.
 *
 * @param layers the blobs, lowest first, as many as the configuration has diff ids
 * @param names full names to give it
 * @param exact whether the names must lead to this very manifest; else an image with the same
 *     configuration, which is there already, gets them
 * @param index the index that named the manifest, where one did
 * @param others blobs to keep beside it: that index, and what it has for other platforms
 */
record Prepared(
        Descriptor entry,
        Staging.Spooled manifest,
        Staging.Spooled config,
        ImageConfig imageConfig,
        List<Staging.Spooled> layers,
        List<String> names,
        boolean exact,
        @Nullable Digest index,
        List<Staging.Spooled> others) {
    Prepared(
            Descriptor entry,
            Staging.Spooled manifest,
            Staging.Spooled config,
            ImageConfig imageConfig,
            List<Staging.Spooled> layers,
            List<String> names) {
        this(entry, manifest, config, imageConfig, layers, names, false, null, List.of());
    }

    String id() {
        return config.digest().toString();
    }
}
