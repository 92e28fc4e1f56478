package dev.carafe.engine.image;

import dev.carafe.oci.OciException;
import dev.carafe.oci.image.Descriptor;
import dev.carafe.oci.image.Digest;
import dev.carafe.oci.image.ImageConfig;
import dev.carafe.oci.image.ImageReference;
import dev.carafe.oci.json.Json;
import dev.carafe.oci.json.JsonArray;
import dev.carafe.oci.json.JsonNumber;
import dev.carafe.oci.json.JsonObject;
import dev.carafe.oci.json.JsonString;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/** What docker images and docker image inspect show. */
final class Inspect {
    private static final String NONE = "<none>";
    private static final String MISSING = "<missing>";

    private final Layout layout;
    private final Names names;

    Inspect(Layout layout) throws ImageException {
        this.layout = layout;
        this.names = new Names(layout.readIndex().manifests());
    }

    /** The newest first, with a line for each name. */
    List<ImageSummary> list(ImageFilter filter) throws ImageException {
        List<ImageSummary> list = new ArrayList<>();
        for (Descriptor entry : names.entries()) {
            ImageConfig config = layout.readConfig(Digest.parse(Names.id(entry)));
            String repository = NONE;
            String tag = NONE;
            String name = Names.name(entry);
            if (name != null) {
                try {
                    ImageReference reference = ImageReference.parse(name);
                    repository = reference.familiarName();
                    tag = reference.tag() == null ? NONE : reference.tag();
                } catch (OciException e) {
                    // another tool's entry: shown as it is
                    repository = name;
                }
            }
            if (!filter.acceptsName(name == null ? null : repository, tag)
                    || !filter.accepts(config)) {
                continue;
            }
            String digest = entry.digest().toString();
            list.add(
                    new ImageSummary(
                            repository,
                            tag,
                            Names.id(entry),
                            digest,
                            config.created(),
                            size(config)));
        }
        list.sort((a, b) -> time(b).compareTo(time(a)));
        return list;
    }

    private static String time(ImageSummary image) {
        return image.created() == null ? "" : image.created();
    }

    /** The sum of the layers' tars. */
    private long size(ImageConfig config) {
        long size = 0;
        List<Digest> diffIds = config.rootfs().diffIds();
        for (int i = 0; i < diffIds.size(); i++) {
            size += layerSize(diffIds, i);
        }
        return size;
    }

    private long layerSize(List<Digest> diffIds, int index) {
        for (String name : new String[] {diffIds.get(index).hex(), Layout.chain(diffIds, index)}) {
            Path file = layout.layer(name).resolve("size");
            if (Files.exists(file)) {
                return readSize(file);
            }
        }
        return 0;
    }

    /** The last instruction first. An image without a history has an entry for each layer. */
    List<HistoryEntry> history(String word) throws ImageException {
        Digest id = Digest.parse(Names.id(names.find(word)));
        ImageConfig config = layout.readConfig(id);
        List<Digest> diffIds = config.rootfs().diffIds();
        List<HistoryEntry> entries = new ArrayList<>();
        int layer = 0;
        for (ImageConfig.History h : config.history()) {
            boolean has = !h.emptyLayer() && layer < diffIds.size();
            entries.add(entry(h, has ? layerSize(diffIds, layer++) : 0));
        }
        while (layer < diffIds.size()) {
            entries.add(
                    new HistoryEntry(
                            MISSING, config.created(), "", layerSize(diffIds, layer++), ""));
        }
        Collections.reverse(entries);
        if (!entries.isEmpty()) {
            HistoryEntry top = entries.get(0);
            entries.set(
                    0,
                    new HistoryEntry(
                            id.toString(),
                            top.created(),
                            top.createdBy(),
                            top.size(),
                            top.comment()));
        }
        return entries;
    }

    private static HistoryEntry entry(ImageConfig.History h, long size) {
        String createdBy = h.createdBy() == null ? "" : h.createdBy();
        return new HistoryEntry(
                MISSING, h.created(), createdBy, size, h.comment() == null ? "" : h.comment());
    }

    /** What a layer's tar had, in bytes; 0 when it is not known. */
    static long readSize(Path file) {
        try {
            return Math.max(0, Numbers.decimal(Files.readString(file).strip()));
        } catch (IOException e) {
            // removed in between: a listing goes on
            return 0;
        }
    }

    /** One image, with the properties' names of Docker's API. */
    JsonObject image(String word) throws ImageException {
        Descriptor entry = names.find(word);
        Digest id = Digest.parse(Names.id(entry));
        ImageConfig config = layout.readConfig(id);
        List<String> tags = new ArrayList<>();
        List<String> digests = new ArrayList<>();
        for (Descriptor one : names.entries()) {
            String name = Names.name(one);
            if (name != null && Names.id(one).equals(id.toString())) {
                addNames(one, name, tags, digests);
            }
        }
        return JsonObject.builder()
                .put("Id", id.toString())
                .put("RepoTags", strings(tags))
                .put("RepoDigests", strings(digests))
                .put("Comment", comment(config))
                .put("Created", config.created())
                .put("Author", config.author() == null ? "" : config.author())
                .put("Config", config.config().json())
                .put("Architecture", config.architecture())
                .put("Variant", config.variant())
                .put("Os", config.os())
                .put("Size", JsonNumber.of(size(config)))
                .put("RootFS", rootFs(config))
                .put(
                        "Descriptor",
                        new Descriptor(entry.mediaType(), entry.digest(), entry.size()).json())
                .build();
    }

    private static void addNames(
            Descriptor entry, String name, List<String> tags, List<String> digests)
            throws ImageException {
        try {
            ImageReference reference = ImageReference.parse(name);
            if (reference.tag() != null) {
                tags.add(reference.familiar());
            }
            Digest index = Names.index(entry);
            String digest =
                    reference.familiarName() + "@" + (index == null ? entry.digest() : index);
            if (!digests.contains(digest)) {
                digests.add(digest);
            }
        } catch (OciException e) {
            tags.add(name); // which another tool wrote
        }
    }

    private static String comment(ImageConfig config) {
        List<ImageConfig.History> history = config.history();
        String comment = history.isEmpty() ? null : history.get(history.size() - 1).comment();
        return comment == null ? "" : comment;
    }

    private static JsonObject rootFs(ImageConfig config) {
        List<String> layers = new ArrayList<>();
        for (Digest diffId : config.rootfs().diffIds()) {
            layers.add(diffId.toString());
        }
        return JsonObject.builder().put("Type", "layers").put("Layers", strings(layers)).build();
    }

    private static JsonArray strings(List<String> texts) {
        List<Json> elements = new ArrayList<>();
        for (String text : texts) {
            elements.add(new JsonString(text));
        }
        return new JsonArray(elements);
    }
}
