package dev.carafe.engine.build;

import dev.carafe.engine.image.Draft;
import dev.carafe.engine.image.ImageStore;
import dev.carafe.engine.image.Layer;
import dev.carafe.oci.OciException;
import dev.carafe.oci.image.Digest;
import dev.carafe.oci.json.Fields;
import dev.carafe.oci.json.JsonObject;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Which layer a step had made: {@code cache/build/KEY} in the store's root, a small file each. Only
 * builds write there, and a key holds everything that the layer came from, so an image that someone
 * else made is never taken for a step's result (CVE-2024-24557). A record whose layer is gone from
 * the store is a miss.
 */
final class BuildCache {
    private static final FileAttribute<Set<PosixFilePermission>> PRIVATE =
            PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------"));

    private final Path directory;
    private final Draft draft;
    private final Map<String, Entry> fresh = new LinkedHashMap<>();
    private final Map<String, Entry> imported = new LinkedHashMap<>();
    private final Map<Digest, Layer> layers = new HashMap<>();
    private final Map<String, Entry> used = new LinkedHashMap<>();

    /**
     * What a record says: a layer, or another key under which there is one.
     *
     * @param step what made it, for people
     * @param created when, RFC 3339, so that an image of the same steps is the same image
     */
    record Entry(
            @Nullable Digest diffId,
            @Nullable String alias,
            String step,
            @Nullable String created) {
        static Entry read(String where, byte[] utf8) {
            Fields fields = Fields.parse(where, utf8);
            String diffId = fields.string("diffId");
            String step = fields.string("step");
            return new Entry(
                    diffId == null ? null : Digest.parse(diffId),
                    fields.string("alias"),
                    step == null ? "" : step,
                    fields.string("created"));
        }

        JsonObject json() {
            return JsonObject.builder()
                    .put("diffId", diffId == null ? null : diffId.toString())
                    .put("alias", alias)
                    .put("step", step)
                    .put("created", created)
                    .build();
        }
    }

    BuildCache(Path root, Draft draft) throws IOException {
        this.directory = directory(root);
        this.draft = draft;
        if (!Files.exists(directory)) {
            Files.createDirectories(directory, PRIVATE);
        }
    }

    static Path directory(Path root) {
        return root.resolve("cache").resolve("build");
    }

    /** The layer of a step with this key. */
    Optional<Layer> find(String key) throws IOException {
        Entry entry = entry(key);
        if (entry == null || entry.diffId() == null) {
            return Optional.empty();
        }
        Optional<Layer> layer = draft.existing(entry.diffId());
        if (layer.isEmpty()) {
            layer = Optional.ofNullable(layers.get(entry.diffId()));
        }
        if (layer.isPresent()) {
            synchronized (this) {
                used.put(key, entry);
            }
        }
        return layer;
    }

    private @Nullable Entry entry(String key) throws IOException {
        synchronized (this) {
            Entry known = fresh.get(key);
            if (known != null) {
                return known;
            }
        }
        if (!isKey(key)) {
            return null;
        }
        Path file = directory.resolve(key);
        try {
            return Entry.read("cache record " + key, Files.readAllBytes(file));
        } catch (NoSuchFileException e) {
            return imported.get(key);
        } catch (OciException e) {
            // cut short by a full disk: as good as none
            return null;
        }
    }

    /** An alias is what another cache's record says, and may be anything. */
    private static boolean isKey(String key) {
        boolean hex = key.length() == 64;
        for (int i = 0; i < key.length(); i++) {
            hex &= Character.digit(key.charAt(i), 16) >= 0;
        }
        return hex;
    }

    /** Remembers a layer; the record is written once the layer is in the store for good. */
    synchronized void put(String key, Layer layer, String step, String created) {
        fresh.put(key, new Entry(layer.diffId(), null, step, created));
    }

    /** When a step that was found had been made; null when the record does not say. */
    synchronized @Nullable String created(String key) {
        Entry entry = fresh.containsKey(key) ? fresh.get(key) : used.get(key);
        return entry == null ? null : entry.created();
    }

    /** The key that another one stands for; null when that is not known. */
    @Nullable String alias(String key) throws IOException {
        Entry entry = entry(key);
        if (entry == null || entry.alias() == null) {
            return null;
        }
        synchronized (this) {
            used.put(key, entry);
        }
        return entry.alias();
    }

    /** Remembers that a key, which is cheap to find, stands for another one. */
    synchronized void alias(String key, String other) {
        fresh.put(key, new Entry(null, other, "", null));
    }

    /** Another cache's record, good for this build, and its layer, which the draft holds. */
    void offer(String key, Entry entry, @Nullable Layer layer) {
        imported.put(key, entry);
        if (layer != null) {
            layers.put(layer.diffId(), layer);
        }
    }

    /** Whether there is anything that the store does not know yet. */
    synchronized boolean hasNews() {
        return !fresh.isEmpty();
    }

    /** All records of this build, for another cache. */
    synchronized Map<String, Entry> all() {
        Map<String, Entry> all = new LinkedHashMap<>(used);
        all.putAll(fresh);
        return all;
    }

    /** Writes what is new. The layers must be in the store by now. */
    synchronized void save() throws IOException {
        for (Map.Entry<String, Entry> one : fresh.entrySet()) {
            Path file = directory.resolve(one.getKey());
            Path temporary =
                    directory.resolve("." + one.getKey() + "." + ProcessHandle.current().pid());
            Files.write(temporary, one.getValue().json().bytes());
            Files.move(temporary, file, StandardCopyOption.ATOMIC_MOVE);
        }
        FileTime now = FileTime.fromMillis(System.currentTimeMillis());
        for (String key : used.keySet()) {
            touch(directory.resolve(key), now);
        }
    }

    private static void touch(Path file, FileTime now) throws IOException {
        try {
            Files.setLastModifiedTime(file, now);
        } catch (NoSuchFileException e) {
            return; // imported, or pruned meanwhile
        }
    }

    /**
     * Forgets everything that builds have kept, but what running ones use.
     *
     * @return the bytes of cache mounts; layers go with the store's next clean-up
     */
    static long prune(ImageStore store) throws IOException {
        Path root = store.root();
        Path directory = directory(root);
        if (Files.exists(directory)) {
            try (DirectoryStream<Path> records = Files.newDirectoryStream(directory)) {
                for (Path record : records) {
                    Files.deleteIfExists(record);
                }
            }
        }
        Files.deleteIfExists(root.resolve("cache").resolve("files"));
        store.forget(store.kept().keySet());
        return new CacheMounts(root.resolve("cache").resolve("mounts")).prune();
    }
}
