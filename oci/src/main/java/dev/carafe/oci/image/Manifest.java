package dev.carafe.oci.image;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * One image: its configuration and its layers, lowest first (image-spec 1.1, manifest.md).
 *
 * @param schemaVersion always 2
 */
public record Manifest(
        int schemaVersion,
        @Nullable String mediaType,
        @Nullable String artifactType,
        Descriptor config,
        List<Descriptor> layers,
        @Nullable Descriptor subject,
        Map<String, String> annotations) {
    /** Copies the lists and maps; maps keep their order. */
    public Manifest {
        layers = List.copyOf(layers);
        annotations = Collections.unmodifiableMap(new LinkedHashMap<>(annotations));
    }

    /** An image of this configuration and these layers, lowest first. */
    public Manifest(Descriptor config, List<Descriptor> layers) {
        this(2, MediaType.MANIFEST, null, config, layers, null, Map.of());
    }
}
