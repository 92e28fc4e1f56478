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

    /**
     * Reads one. A document that could as well be an index is refused: which of the two it is must
     * not depend on the reader (CVE-2021-41190).
     *
     * @param where file name or digest, which begins every error
     * @throws OciException when it is no such document
     */
    public static Manifest parse(String where, byte[] utf8) {
        Fields f = Fields.parse(where, utf8);
        if (f.has("manifests")) {
            throw f.wrong("manifests", "must not be in an image manifest");
        }
        if (!f.has("layers")) {
            throw f.wrong("layers", "is missing");
        }
        Fields subject = f.child("subject");
        return new Manifest(
                (int) f.needInteger("schemaVersion", 2, 2),
                f.string("mediaType"),
                f.string("artifactType"),
                Descriptor.read(f.needChild("config")),
                Descriptor.readAll(f.children("layers")),
                subject == null ? null : Descriptor.read(subject),
                f.stringMap("annotations"));
    }

    /** As a document. */
    public JsonObject json() {
        return JsonObject.builder()
                .put("schemaVersion", schemaVersion)
                .put("mediaType", mediaType)
                .put("artifactType", artifactType)
                .put("config", config.json())
                .put("layers", Descriptor.json(layers))
                .put("subject", subject == null ? null : subject.json())
                .putStrings("annotations", annotations)
                .build();
    }
}
