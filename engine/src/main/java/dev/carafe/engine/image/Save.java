package dev.carafe.engine.image;

import dev.carafe.oci.OciException;
import dev.carafe.oci.image.Descriptor;
import dev.carafe.oci.image.Digest;
import dev.carafe.oci.image.ImageConfig;
import dev.carafe.oci.image.ImageReference;
import dev.carafe.oci.image.Index;
import dev.carafe.oci.image.Manifest;
import dev.carafe.oci.image.Platform;
import dev.carafe.oci.json.Json;
import dev.carafe.oci.json.JsonArray;
import dev.carafe.oci.json.JsonObject;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Writes images out: as one tar that Docker, podman, skopeo and others load, or as the directory of
 * an OCI layout. The same images give the same bytes.
 */
final class Save {
    private static final String CONTAINERD_NAME = "io.containerd.image.name";
    private static final String VERSION = "{\"imageLayoutVersion\":\"1.0.0\"}";
    private static final int MAX_NESTING = 4;

    private final Layout layout;
    private final Lease lease;
    private final Names names;
    private final Map<Digest, Item> items = new LinkedHashMap<>();

    /** A file of what is written: a blob of the store, or bytes. */
    private sealed interface Content {
        record Blob(Path file, long size) implements Content {}

        record Text(String utf8) implements Content {}
    }

    /** An image, by its manifest. */
    private static final class Item {
        final Descriptor entry;
        final Manifest manifest;
        final ImageConfig config;
        final Content content;
        final Set<String> names = new LinkedHashSet<>();

        Item(Descriptor entry, Manifest manifest, ImageConfig config, Content content) {
            this.entry = entry;
            this.manifest = manifest;
            this.config = config;
            this.content = content;
        }
    }

    Save(Layout layout, Lease lease) throws ImageException {
        this.layout = layout;
        this.lease = lease;
        this.names = new Names(layout.readIndex().manifests());
    }

    /** Finds the images; the store keeps them while the lease lasts. */
    void add(Saved saved) throws IOException {
        for (String reference : saved.references()) {
            List<String> tags = tags(reference);
            for (String tag : tags.isEmpty() ? List.of(reference) : tags) {
                Item item = item(tag, saved.platform(), saved.compression());
                if (!saved.names().isEmpty()) {
                    for (String name : saved.names()) {
                        item.names.add(ImageReference.parse(name).toString());
                    }
                } else if (isName(tag)) {
                    item.names.add(ImageReference.parse(tag).toString());
                }
            }
        }
    }

    /** All tags of a repository, when the word is one and has no tag itself. */
    private List<String> tags(String word) {
        List<String> found = new ArrayList<>();
        try {
            ImageReference reference = ImageReference.parse(word);
            if (reference.digest() != null || word.endsWith(":" + reference.tag())) {
                return found;
            }
            for (Descriptor entry : names.entries()) {
                String name = Names.name(entry);
                if (name != null && name.startsWith(reference.name() + ":")) {
                    found.add(name);
                }
            }
        } catch (OciException e) {
            // an id, or nothing: the search for it will tell
        }
        found.sort(null);
        return found;
    }

    /** Whether the word found its image by a name with a tag. */
    private boolean isName(String word) {
        try {
            ImageReference reference = ImageReference.parse(word);
            for (Descriptor entry : names.entries()) {
                if (reference.digest() == null && reference.toString().equals(Names.name(entry))) {
                    return true;
                }
            }
        } catch (OciException e) {
            return false;
        }
        return false;
    }

    private Item item(String word, @Nullable Platform platform, Compression compression)
            throws IOException {
        Image held = lease.image(word);
        Descriptor entry = names.find(word);
        if (platform == null || Platforms.fits(platform, held.config())) {
            byte[] stored = Files.readAllBytes(layout.blob(entry.digest()));
            Manifest manifest = Manifest.parse("manifest " + entry.digest(), stored);
            List<Digest> diffIds = held.config().rootfs().diffIds();
            if (compression != Compression.NONE
                    && manifest.layers().stream().anyMatch(Compressed::isPlain)) {
                manifest = Compressed.manifest(layout, manifest, diffIds, compression, lease);
                String text = manifest.json().compact();
                byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
                Digest digest = Digest.sha256(bytes);
                Descriptor changed = new Descriptor(entry.mediaType(), digest, bytes.length);
                return add(changed, manifest, held.config(), new Content.Text(text));
            }
            return add(entry, manifest, held.config(), blob(entry));
        }
        Descriptor other = child(Names.index(entry), platform, 0);
        if (other == null) {
            throw new ImageException(
                    "image "
                            + word
                            + " is not in the store for "
                            + Platforms.text(platform)
                            + "; it is there for "
                            + Platforms.text(held.config())
                            + ": pull it with --platform or --all-platforms");
        }
        Manifest manifest = layout.readManifest(other.digest());
        ImageConfig config = layout.readConfig(manifest.config().digest());
        return add(other, manifest, config, blob(other));
    }

    private Item add(Descriptor entry, Manifest manifest, ImageConfig config, Content content) {
        return items.computeIfAbsent(
                entry.digest(), _ -> new Item(entry, manifest, config, content));
    }

    /** The manifest for a platform below an index, when the store has it. */
    private @Nullable Descriptor child(@Nullable Digest index, Platform platform, int depth)
            throws IOException {
        if (index == null || depth > MAX_NESTING || !Files.exists(layout.blob(index))) {
            return null;
        }
        byte[] bytes = Files.readAllBytes(layout.blob(index));
        List<Descriptor> entries = Index.parse("index " + index, bytes).manifests();
        List<Descriptor> here = new ArrayList<>();
        for (Descriptor entry : entries) {
            if (Files.exists(layout.blob(entry.digest()))) {
                here.add(entry);
            }
        }
        return Platforms.choose(here, platform);
    }

    private Content blob(Descriptor descriptor) throws IOException {
        return new Content.Blob(layout.blob(descriptor.digest()), descriptor.size());
    }

    /** Writes an archive. */
    void archive(SaveFormat format, OutputStream out) throws IOException {
        try (ByteSink sink = ByteSink.of(out, 256 * 1024)) {
            TarWriter tar = new TarWriter(sink);
            for (Map.Entry<String, Content> file : files(format).entrySet()) {
                switch (file.getValue()) {
                    case Content.Blob blob -> {
                        tar.member(Members.plain(file.getKey(), 0644, blob.size()));
                        try (InputStream in = Files.newInputStream(blob.file())) {
                            tar.body(in, blob.size(), file.getKey());
                        }
                    }
                    case Content.Text text -> {
                        byte[] bytes = text.utf8().getBytes(StandardCharsets.UTF_8);
                        int mode = file.getKey().endsWith("/") ? 0755 : 0644;
                        tar.member(Members.plain(file.getKey(), mode, bytes.length));
                        tar.body(bytes);
                    }
                }
            }
            tar.end();
        }
    }

    /** Writes the directory of an OCI layout, which must be empty or missing. */
    void directory(Path directory) throws IOException {
        Files.createDirectories(directory);
        try (var inside = Files.newDirectoryStream(directory)) {
            if (inside.iterator().hasNext()) {
                throw new ImageException(directory + " is not empty; name a new directory");
            }
        }
        for (Map.Entry<String, Content> file : files(SaveFormat.OCI_ARCHIVE).entrySet()) {
            Path path = directory.resolve(file.getKey());
            if (file.getKey().endsWith("/")) {
                Files.createDirectories(path);
                continue;
            }
            switch (file.getValue()) {
                case Content.Blob blob -> Files.copy(blob.file(), path);
                case Content.Text text -> Files.writeString(path, text.utf8());
            }
        }
    }

    private Map<String, Content> files(SaveFormat format) throws IOException {
        Map<String, Content> files = new TreeMap<>();
        if (format == SaveFormat.DOCKER_ARCHIVE) {
            files.put("manifest.json", new Content.Text(dockerManifest(files, false).compact()));
            return files;
        }
        Content directory = new Content.Text("");
        files.put("blobs/", directory);
        files.put("blobs/sha256/", directory);
        for (Item item : items.values()) {
            files.put(path(item.entry), item.content);
            files.put(path(item.manifest.config()), blob(item.manifest.config()));
            for (Descriptor layer : item.manifest.layers()) {
                files.put(path(layer), blob(layer));
            }
        }
        files.put("oci-layout", new Content.Text(VERSION));
        files.put("index.json", new Content.Text(index().json().compact()));
        if (format == SaveFormat.DOCKER) {
            files.put("manifest.json", new Content.Text(dockerManifest(files, true).compact()));
        }
        return files;
    }

    private static String path(Descriptor blob) {
        return "blobs/" + blob.digest().algorithm() + "/" + blob.digest().hex();
    }

    private Index index() {
        List<Descriptor> entries = new ArrayList<>();
        for (Item item : items.values()) {
            for (String name : item.names) {
                Map<String, String> annotations = new LinkedHashMap<>();
                annotations.put(CONTAINERD_NAME, name);
                String tag = ImageReference.parse(name).tag();
                annotations.put(Layout.NAME, tag == null ? "latest" : tag);
                entries.add(entry(item, annotations));
            }
            if (item.names.isEmpty()) {
                entries.add(entry(item, Map.of()));
            }
        }
        return new Index(entries);
    }

    private static Descriptor entry(Item item, Map<String, String> annotations) {
        ImageConfig config = item.config;
        return new Descriptor(
                item.entry.mediaType(),
                item.entry.digest(),
                item.entry.size(),
                List.of(),
                annotations,
                null,
                new Platform(
                        config.architecture(),
                        config.os(),
                        config.osVersion(),
                        config.osFeatures(),
                        config.variant()),
                null);
    }

    /**
     * Docker's list of images.
     *
     * @param files gets the files that the list names, unless they are there as {@code blobs}
     */
    private JsonArray dockerManifest(Map<String, Content> files, boolean blobs) throws IOException {
        List<Json> images = new ArrayList<>();
        for (Item item : items.values()) {
            Descriptor config = item.manifest.config();
            String configPath = blobs ? path(config) : config.digest().hex() + ".json";
            files.putIfAbsent(configPath, blob(config));
            List<String> layers = new ArrayList<>();
            for (Descriptor layer : item.manifest.layers()) {
                // whatever the compression: readers look at the first bytes
                String path = blobs ? path(layer) : layer.digest().hex() + ".tar";
                files.putIfAbsent(path, blob(layer));
                layers.add(path);
            }
            List<String> tags = new ArrayList<>();
            for (String name : item.names) {
                // podman takes a short name in an archive of Docker's alone for a local one
                tags.add(blobs ? ImageReference.parse(name).familiar() : name);
            }
            images.add(
                    JsonObject.builder()
                            .put("Config", configPath)
                            .put("RepoTags", JsonArray.ofStrings(tags))
                            .put("Layers", JsonArray.ofStrings(layers))
                            .build());
        }
        return new JsonArray(images);
    }
}
