package dev.carafe.engine.image;

import dev.carafe.oci.OciException;
import dev.carafe.oci.image.Digest;
import dev.carafe.oci.json.Fields;
import dev.carafe.oci.json.Json;
import dev.carafe.oci.json.JsonArray;
import dev.carafe.oci.json.JsonObject;
import dev.carafe.oci.json.JsonString;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Which repositories are known to have a blob: the file {@code sources.json}, by which a push asks
 * the registry to take a layer over from another of its repositories. Only a hint, so a damaged
 * file counts as an empty one.
 */
final class Sources {
    /** Of each blob, the most recent ones. */
    private static final int KEPT = 3;

    private Sources() {}

    private static Path file(Layout layout) {
        return layout.root().resolve("sources.json");
    }

    static List<String> of(Layout layout, Digest blob) throws IOException {
        return read(layout).getOrDefault(blob.toString(), List.of());
    }

    private static Map<String, List<String>> read(Layout layout) throws IOException {
        Map<String, List<String>> sources = new LinkedHashMap<>();
        try {
            byte[] bytes = Files.readAllBytes(file(layout));
            if (Json.parse(bytes) instanceof JsonObject object) {
                Fields fields = Fields.of("sources.json", object);
                for (String digest : object.members().keySet()) {
                    sources.put(digest, fields.strings(digest));
                }
            }
        } catch (NoSuchFileException | OciException e) {
            sources.clear();
        }
        return sources;
    }

    /** Notes that a repository has these; what the store no longer has is forgotten. */
    static void add(Layout layout, String repository, List<Digest> blobs) throws IOException {
        try (StoreLock _ = StoreLock.exclusive(layout.lock())) {
            Map<String, List<String>> sources = read(layout);
            boolean changed = false;
            for (Digest blob : blobs) {
                List<String> known = sources.getOrDefault(blob.toString(), List.of());
                if (known.isEmpty() || !known.get(0).equals(repository)) {
                    sources.put(blob.toString(), with(known, repository));
                    changed = true;
                }
            }
            if (!changed) {
                return;
            }
            sources.keySet().removeIf(digest -> !Files.exists(layout.blob(Digest.parse(digest))));
            JsonObject.Builder out = JsonObject.builder();
            sources.forEach((digest, from) -> out.put(digest, strings(from)));
            Layout.write(file(layout), out.build().bytes());
        } catch (OciException e) {
            Files.deleteIfExists(file(layout));
        }
    }

    private static List<String> with(List<String> known, String repository) {
        List<String> all = new ArrayList<>();
        all.add(repository);
        for (String one : known) {
            if (!one.equals(repository) && all.size() < KEPT) {
                all.add(one);
            }
        }
        return all;
    }

    private static JsonArray strings(List<String> texts) {
        List<Json> elements = new ArrayList<>();
        for (String text : texts) {
            elements.add(new JsonString(text));
        }
        return new JsonArray(elements);
    }
}
