package dev.carafe.oci.image;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What a blob is and how to know it (image-spec 1.1, descriptor.md).
 *
 * @param size bytes
 * @param data the blob itself in Base64
 * @param artifactType media type of the artifact that a manifest stands for
 */
public record Descriptor(
        String mediaType,
        Digest digest,
        long size,
        List<String> urls,
        Map<String, String> annotations,
        @Nullable String data,
        @Nullable Platform platform,
        @Nullable String artifactType) {
    /** Copies the lists and maps; maps keep their order. */
    public Descriptor {
        urls = List.copyOf(urls);
        annotations = Collections.unmodifiableMap(new LinkedHashMap<>(annotations));
    }

    /** A descriptor with nothing beside the required properties. */
    public Descriptor(String mediaType, Digest digest, long size) {
        this(mediaType, digest, size, List.of(), Map.of(), null, null, null);
    }
}
