package dev.carafe.oci.image;

import dev.carafe.oci.json.Fields;
import dev.carafe.oci.json.Json;
import dev.carafe.oci.json.JsonArray;
import dev.carafe.oci.json.JsonObject;
import java.util.ArrayList;
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

    static Descriptor read(Fields f) {
        Fields platform = f.child("platform");
        return new Descriptor(
                f.needString("mediaType"),
                Digest.read(f, "digest"),
                f.needInteger("size", 0, Long.MAX_VALUE),
                f.strings("urls"),
                f.stringMap("annotations"),
                f.string("data"),
                platform == null ? null : Platform.read(platform),
                f.string("artifactType"));
    }

    static List<Descriptor> readAll(List<Fields> all) {
        List<Descriptor> out = new ArrayList<>();
        for (Fields f : all) {
            out.add(read(f));
        }
        return out;
    }

    static Json json(List<Descriptor> all) {
        List<Json> out = new ArrayList<>();
        for (Descriptor one : all) {
            out.add(one.json());
        }
        return new JsonArray(out);
    }

    /** As a property of an index or manifest. */
    public JsonObject json() {
        return JsonObject.builder()
                .put("mediaType", mediaType)
                .put("digest", digest.toString())
                .put("size", size)
                .putStrings("urls", urls)
                .putStrings("annotations", annotations)
                .put("data", data)
                .put("platform", platform == null ? null : platform.json())
                .put("artifactType", artifactType)
                .build();
    }
}
