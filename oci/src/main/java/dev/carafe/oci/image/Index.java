package dev.carafe.oci.image;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A list of manifests, and the layout's index.json (image-spec 1.1, image-index.md).
 *
 * @param schemaVersion always 2
 */
public record Index(
        int schemaVersion,
        @Nullable String mediaType,
        @Nullable String artifactType,
        List<Descriptor> manifests,
        @Nullable Descriptor subject,
        Map<String, String> annotations) {
    /** Copies the lists and maps; maps keep their order. */
    public Index {
        manifests = List.copyOf(manifests);
        annotations = Collections.unmodifiableMap(new LinkedHashMap<>(annotations));
    }

    /** An index of these manifests. */
    public Index(List<Descriptor> manifests) {
        this(2, MediaType.INDEX, null, manifests, null, Map.of());
    }
}
