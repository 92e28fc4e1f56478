package dev.carafe.engine.build;

import dev.carafe.engine.image.Draft;
import dev.carafe.engine.image.Image;
import dev.carafe.engine.image.Layer;
import dev.carafe.oci.OciException;
import dev.carafe.oci.image.Digest;
import dev.carafe.oci.image.ImageConfig;
import dev.carafe.oci.json.Fields;
import dev.carafe.oci.json.Json;
import dev.carafe.oci.json.JsonArray;
import dev.carafe.oci.json.JsonObject;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * A cache as an image: the layers are steps' results, and a label has the records. Whoever names
 * one with {@code --cache-from} trusts who made it.
 */
final class CacheImage {
    static final String LABEL = "dev.carafe.build.cache";

    private static final int MOST = 100_000;

    private CacheImage() {}

    /** The records of those steps whose layers a stage has. */
    static String records(BuildCache cache, State state) {
        Set<Digest> layers = new HashSet<>();
        for (Layer layer : state.layers()) {
            layers.add(layer.diffId());
        }
        return records(cache, layers);
    }

    /** The records of those steps whose layers there are, and the keys that stand for theirs. */
    static String records(BuildCache cache, Set<Digest> layers) {
        List<Json> records = new ArrayList<>();
        for (Map.Entry<String, BuildCache.Entry> one : cache.all().entrySet()) {
            BuildCache.Entry entry = one.getValue();
            if (entry.diffId() == null || layers.contains(entry.diffId())) {
                records.add(
                        JsonObject.builder()
                                .put("key", one.getKey())
                                .put(
                                        "diffId",
                                        entry.diffId() == null ? null : entry.diffId().toString())
                                .put("alias", entry.alias())
                                .put("step", entry.step())
                                .put("created", entry.created())
                                .build());
            }
        }
        JsonArray all = new JsonArray(records);
        return JsonObject.builder().put("records", all).build().toString();
    }

    /** Makes an image of all layers that this build has had anything to do with; its id. */
    static String write(Work work, Draft draft, State state, List<String> names)
            throws IOException {
        List<Layer> layers = new ArrayList<>();
        Set<Digest> digests = new LinkedHashSet<>();
        for (BuildCache.Entry entry : work.cache().all().values()) {
            Digest diffId = entry.diffId();
            if (diffId != null && digests.add(diffId)) {
                draft.existing(diffId).ifPresent(layers::add);
            }
        }
        State cache = new State("cache", state.platform(), ImageConfig.Config.EMPTY, state.key());
        cache.config(cache.edit().labels(Map.of(LABEL, records(work.cache(), digests))));
        return draft.commit(cache.image(work.created()), layers, names).id();
    }

    /** Offers an image's records and layers to a build; false when it has none. */
    static boolean read(Image image, Draft draft, BuildCache cache) throws IOException {
        String label = image.config().config().labels().get(LABEL);
        if (label == null) {
            return false;
        }
        Map<Digest, Layer> layers = new HashMap<>();
        for (Layer layer : draft.base(image.id())) {
            layers.put(layer.diffId(), layer);
        }
        try {
            Fields fields = Fields.parse("label " + LABEL, label.getBytes(StandardCharsets.UTF_8));
            List<Fields> records = fields.children("records");
            for (int i = 0; i < records.size() && i < MOST; i++) {
                offer(records.get(i), layers, cache);
            }
        } catch (OciException e) {
            throw new BuildException("cache " + image.id() + ": " + e.getMessage(), e);
        }
        return true;
    }

    private static void offer(Fields record, Map<Digest, Layer> layers, BuildCache cache) {
        String diffId = record.string("diffId");
        String step = record.string("step");
        BuildCache.Entry entry =
                new BuildCache.Entry(
                        diffId == null ? null : Digest.parse(diffId),
                        record.string("alias"),
                        step == null ? "" : step,
                        record.string("created"));
        Layer layer = entry.diffId() == null ? null : layers.get(entry.diffId());
        if (layer != null || entry.alias() != null) {
            cache.offer(record.needString("key"), entry, layer);
        }
    }
}
