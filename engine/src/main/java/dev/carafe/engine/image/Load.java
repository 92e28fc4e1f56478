package dev.carafe.engine.image;

import dev.carafe.engine.image.Staging.Spooled;
import dev.carafe.linux.Arch;
import dev.carafe.oci.OciException;
import dev.carafe.oci.image.Descriptor;
import dev.carafe.oci.image.Digest;
import dev.carafe.oci.image.ImageConfig;
import dev.carafe.oci.image.ImageReference;
import dev.carafe.oci.image.Index;
import dev.carafe.oci.image.Manifest;
import dev.carafe.oci.image.MediaType;
import dev.carafe.oci.image.Platform;
import dev.carafe.oci.json.Fields;
import dev.carafe.oci.json.Json;
import dev.carafe.oci.json.JsonArray;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Takes images in: archives of docker save and podman save, OCI archives, OCI layout directories.
 * Compression is told by the first bytes, of the archive and of each layer.
 */
final class Load {
    private static final int MAX_DOCUMENT = 4 << 20;
    private static final int MAX_MEMBERS = 100_000;
    private static final int MAX_NESTING = 4;
    private static final String CONTAINERD_NAME = "io.containerd.image.name";

    private final Staging staging;
    private final Map<String, Prepared> prepared = new LinkedHashMap<>();

    /** The files of an archive or a directory, staged when asked for. */
    @FunctionalInterface
    private interface Contents {
        @Nullable Spooled find(String path) throws IOException;
    }

    Load(Staging staging) {
        this.staging = staging;
    }

    /** Reads an archive. */
    List<Prepared> archive(InputStream in) throws IOException {
        Map<String, Spooled> files = new HashMap<>();
        Map<String, String> links = new HashMap<>();
        TarReader tar = new TarReader(ByteSource.of(Decompression.open(in), 256 * 1024));
        TarEntry entry;
        while ((entry = tar.next()) != null) {
            String path = tidy(entry.path());
            switch (entry.type()) {
                case FILE -> files.put(path, staging.spool(tar::body));
                case HARD_LINK -> links.put(path, tidy(entry.link()));
                case SYMLINK -> links.put(path, tidy(beside(entry.path(), entry.link())));
                case DIRECTORY, CHAR_DEVICE, BLOCK_DEVICE, FIFO -> {}
            }
            if (files.size() + links.size() > MAX_MEMBERS) {
                throw new ImageException(
                        "the archive has more than " + MAX_MEMBERS + " members, so it is no image");
            }
        }
        // docker save stores a layer that occurs twice as a link
        return images(path -> files.get(links.getOrDefault(path, path)));
    }

    /** Reads an OCI layout directory. */
    List<Prepared> directory(Path directory) throws IOException {
        Map<String, Spooled> known = new HashMap<>();
        return images(
                path -> {
                    Spooled found = known.get(path);
                    Path file = directory.resolve(path);
                    if (found == null && Files.isRegularFile(file)) {
                        try (InputStream in = Files.newInputStream(file)) {
                            found = staging.spool(in);
                        }
                        known.put(path, found);
                    }
                    return found;
                });
    }

    private List<Prepared> images(Contents contents) throws IOException {
        Spooled index = contents.find("index.json");
        Spooled docker = contents.find("manifest.json");
        try {
            if (index != null && contents.find("oci-layout") != null) {
                oci(contents, Index.parse("index.json", document(index, "index.json")), 0);
            }
            if (docker != null) {
                docker(contents, document(docker, "manifest.json"));
            }
        } catch (OciException e) {
            throw new ImageException(Layout.message(e), e);
        }
        if (index == null && docker == null) {
            throw new ImageException(
                    "not an image archive: it has neither index.json nor manifest.json;"
                            + " a root file system is taken in with import");
        }
        if (prepared.isEmpty()) {
            throw new ImageException("the archive has no image for linux/" + Arch.host().oci());
        }
        return new ArrayList<>(prepared.values());
    }

    private void oci(Contents contents, Index index, int depth) throws IOException {
        if (depth > MAX_NESTING) {
            throw new ImageException("indexes nested more than " + MAX_NESTING + " deep");
        }
        for (Descriptor entry : matching(index.manifests())) {
            Spooled blob = blob(contents, entry);
            String where = entry.digest().toString();
            switch (entry.mediaType()) {
                case MediaType.INDEX, MediaType.DOCKER_INDEX -> {
                    int before = prepared.size();
                    oci(contents, Index.parse(where, document(blob, where)), depth + 1);
                    if (prepared.size() == before + 1) {
                        addNames(last(), names(entry));
                    }
                }
                case MediaType.MANIFEST, MediaType.DOCKER_MANIFEST ->
                        manifest(contents, entry, blob);
                default -> throw new ImageException(where + " is no image: " + entry.mediaType());
            }
        }
    }

    private Prepared last() {
        return new ArrayList<>(prepared.values()).get(prepared.size() - 1);
    }

    /** Those for this machine; all, when there is but one or none says what it is for. */
    private static List<Descriptor> matching(List<Descriptor> entries) {
        List<Descriptor> matching = new ArrayList<>();
        for (Descriptor entry : entries) {
            Platform platform = entry.platform();
            if (platform == null
                    || platform.os().equals("linux")
                            && platform.architecture().equals(Arch.host().oci())) {
                matching.add(entry);
            }
        }
        return entries.size() == 1 ? entries : matching;
    }

    private void manifest(Contents contents, Descriptor entry, Spooled blob) throws IOException {
        String where = "manifest " + entry.digest();
        Manifest manifest = Manifest.parse(where, document(blob, where));
        String type = manifest.config().mediaType();
        if (!type.equals(MediaType.CONFIG) && !type.equals(MediaType.DOCKER_CONFIG)) {
            throw new ImageException(where + " is no image: its configuration is " + type);
        }
        List<Spooled> layers = new ArrayList<>();
        for (Descriptor layer : manifest.layers()) {
            layers.add(blob(contents, layer));
        }
        add(entry, blob, blob(contents, manifest.config()), layers, names(entry));
    }

    /** A blob, whose digest and size must be what its descriptor says. */
    private static Spooled blob(Contents contents, Descriptor descriptor) throws IOException {
        Digest digest = descriptor.digest();
        if (!digest.algorithm().equals("sha256")) {
            throw new ImageException("blob " + digest + ": only sha256 digests are supported");
        }
        Spooled blob = contents.find("blobs/sha256/" + digest.hex());
        if (blob == null) {
            throw new ImageException("blob " + digest + " is missing");
        }
        if (!blob.digest().equals(digest)) {
            throw new ImageException("blob " + digest + " is corrupt: it holds " + blob.digest());
        }
        if (blob.size() != descriptor.size()) {
            throw new ImageException(
                    "blob "
                            + digest
                            + " has "
                            + blob.size()
                            + " bytes, its descriptor says "
                            + descriptor.size());
        }
        return blob;
    }

    private void docker(Contents contents, byte[] bytes) throws IOException {
        if (!(Json.parse(bytes) instanceof JsonArray images)) {
            throw new ImageException("manifest.json: must be an array");
        }
        for (Json element : images.elements()) {
            Fields image = Fields.of("manifest.json", element);
            List<String> names = new ArrayList<>();
            for (String tag : image.strings("RepoTags")) {
                names.add(ImageReference.parse(tag).toString());
            }
            String configPath = image.needString("Config");
            Spooled config = file(contents, configPath);
            Prepared known = prepared.get(config.digest().toString());
            if (known != null) {
                addNames(known, names);
                continue;
            }
            String stated = Tree.last(configPath).replace(".json", "");
            if (stated.length() == 64 && !stated.equals(config.digest().hex())) {
                throw new ImageException(
                        "image " + stated + " is corrupt: its configuration is " + config.digest());
            }
            List<Spooled> layers = new ArrayList<>();
            for (String path : image.strings("Layers")) {
                layers.add(file(contents, path));
            }
            add(dockerManifest(config, layers), config, layers, names);
        }
    }

    private static Spooled file(Contents contents, String path) throws IOException {
        Spooled file = contents.find(tidy(path));
        if (file == null) {
            throw new ImageException(
                    "the archive lacks "
                            + TarEntry.shown(path)
                            + ", which its manifest.json names");
        }
        return file;
    }

    private Manifest dockerManifest(Spooled config, List<Spooled> layers) throws IOException {
        List<Descriptor> descriptors = new ArrayList<>();
        for (Spooled layer : layers) {
            descriptors.add(new Descriptor(layerType(layer), layer.digest(), layer.size()));
        }
        return new Manifest(
                new Descriptor(MediaType.CONFIG, config.digest(), config.size()), descriptors);
    }

    /** The media type of a layer by its first bytes. */
    static String layerType(Spooled layer) throws IOException {
        try (InputStream in = Files.newInputStream(layer.file())) {
            return switch (Decompression.of(in.readNBytes(6))) {
                case NONE -> MediaType.LAYER;
                case GZIP -> MediaType.LAYER_GZIP;
                case ZSTD -> MediaType.LAYER_ZSTD;
            };
        }
    }

    /** Adds an image for which the manifest is ours. */
    void add(Manifest manifest, Spooled config, List<Spooled> layers, List<String> names)
            throws IOException {
        Spooled blob = staging.spool(new ByteArrayInputStream(manifest.json().bytes()));
        Descriptor entry = new Descriptor(MediaType.MANIFEST, blob.digest(), blob.size());
        add(entry, blob, config, layers, names);
    }

    private void add(
            Descriptor entry,
            Spooled manifest,
            Spooled config,
            List<Spooled> layers,
            List<String> names)
            throws IOException {
        String where = "image " + config.digest();
        ImageConfig imageConfig = ImageConfig.parse(where, document(config, where));
        List<Digest> diffIds = imageConfig.rootfs().diffIds();
        if (diffIds.size() != layers.size()) {
            throw new ImageException(
                    where
                            + " has "
                            + layers.size()
                            + " layers, its configuration says "
                            + diffIds.size());
        }
        for (Digest diffId : diffIds) {
            if (!diffId.algorithm().equals("sha256")) {
                throw new ImageException(
                        where + ": layer " + diffId + ": only sha256 digests are supported");
            }
        }
        Prepared image =
                new Prepared(entry, manifest, config, imageConfig, layers, new ArrayList<>(names));
        Prepared known = prepared.putIfAbsent(image.id(), image);
        if (known != null) {
            addNames(known, names);
        }
    }

    List<Prepared> prepared() {
        return new ArrayList<>(prepared.values());
    }

    private static void addNames(Prepared image, List<String> names) {
        for (String name : names) {
            if (!image.names().contains(name)) {
                image.names().add(name);
            }
        }
    }

    /**
     * The names that an entry of an index gives; a bare tag, as umoci and skopeo write it, is none.
     */
    private static List<String> names(Descriptor entry) {
        List<String> names = new ArrayList<>();
        for (String key : new String[] {CONTAINERD_NAME, Layout.NAME}) {
            String name = entry.annotations().get(key);
            if (name != null
                    && names.isEmpty()
                    && (name.indexOf(':') >= 0 || name.indexOf('/') >= 0)) {
                names.add(ImageReference.parse(name).toString());
            }
        }
        return names;
    }

    private static byte[] document(Spooled file, String where) throws IOException {
        if (file.size() > MAX_DOCUMENT) {
            throw new ImageException(
                    where + " has " + file.size() + " bytes, the limit is " + MAX_DOCUMENT);
        }
        return Files.readAllBytes(file.file());
    }

    /** A link's target, seen from the archive's root. */
    private static String beside(String path, String link) {
        return link.startsWith("/") ? link : Tree.parent(path) + "/" + link;
    }

    /** Names in an archive are only ever keys here, so this need not be safe, just regular. */
    private static String tidy(String path) {
        List<String> parts = new ArrayList<>();
        for (String part : path.split("/", -1)) {
            if (part.equals("..") && !parts.isEmpty()) {
                parts.remove(parts.size() - 1);
            } else if (!part.isEmpty() && !part.equals(".") && !part.equals("..")) {
                parts.add(part);
            }
        }
        return String.join("/", parts);
    }
}
