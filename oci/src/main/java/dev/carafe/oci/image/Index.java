package dev.carafe.oci.image;

import dev.carafe.oci.OciException;
import dev.carafe.oci.json.Fields;
import dev.carafe.oci.json.JsonObject;
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

    /**
     * Reads one. A document that could as well be a manifest is refused: which of the two it is
     * must not depend on the reader (CVE-2021-41190).
     *
     * @param where file name or digest, which begins every error
     * @throws OciException when it is no such document
     */
    public static Index parse(String where, byte[] utf8) {
        Fields f = Fields.parse(where, utf8);
        if (f.has("config") || f.has("layers")) {
            throw f.wrong("layers", "must not be in an index");
        }
        if (!f.has("manifests")) {
            throw f.wrong("manifests", "is missing");
        }
        Fields subject = f.child("subject");
        return new Index(
                (int) f.needInteger("schemaVersion", 2, 2),
                f.string("mediaType"),
                f.string("artifactType"),
                Descriptor.readAll(f.children("manifests")),
                subject == null ? null : Descriptor.read(subject),
                f.stringMap("annotations"));
    }

    /** As a document. */
    public JsonObject json() {
        return JsonObject.builder()
                .put("schemaVersion", schemaVersion)
                .put("mediaType", mediaType)
                .put("artifactType", artifactType)
                .put("manifests", Descriptor.json(manifests))
                .put("subject", subject == null ? null : subject.json())
                .putStrings("annotations", annotations)
                .build();
    }
}
