package dev.carafe.engine.build;

import dev.carafe.engine.image.Layer;
import dev.carafe.oci.image.ConfigEditor;
import dev.carafe.oci.image.ImageConfig;
import dev.carafe.oci.image.ImageConfig.History;
import dev.carafe.oci.image.Platform;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A stage as far as it has been built: its layers, its configuration, and the key under which the
 * cache knows its files.
 */
final class State {
    private static final List<String> SHELL = List.of("/bin/sh", "-c");

    private final Platform platform;
    private final List<Layer> layers = new ArrayList<>();
    private final List<History> history = new ArrayList<>();
    private ImageConfig.Config config;
    private String key;
    private @Nullable String author;
    private @Nullable String created;
    private final String baseId;

    /** What an image has. */
    State(String baseId, Platform platform, ImageConfig.Config config, String key) {
        this.baseId = baseId;
        this.platform = platform;
        this.config = config;
        this.key = key;
    }

    /** A stage that begins where this one ends. */
    State copy() {
        State copy = new State(baseId, platform, config, key);
        copy.layers.addAll(layers);
        copy.history.addAll(history);
        copy.author = author;
        copy.created = created;
        return copy;
    }

    /** An image of the store. */
    static State of(ImageConfig image, String id, Platform platform, List<Layer> layers) {
        State state = new State(id, platform, image.config(), new Hash().put(id).hex());
        state.layers.addAll(layers);
        state.history.addAll(image.history());
        state.author = image.author();
        state.created = image.created();
        return state;
    }

    Platform platform() {
        return platform;
    }

    String baseId() {
        return baseId;
    }

    ImageConfig.Config config() {
        return config;
    }

    ConfigEditor edit() {
        return config.edit();
    }

    void config(ConfigEditor edited) {
        config = edited.done();
    }

    void author(String name) {
        author = name;
    }

    /** When the last layer was made, RFC 3339; null for none. */
    @Nullable String created() {
        return created;
    }

    void created(String time) {
        created = time;
    }

    /** What the cache knows these files by. */
    String key() {
        return key;
    }

    List<Layer> layers() {
        return layers;
    }

    List<String> shell() {
        return config.shell().isEmpty() ? SHELL : config.shell();
    }

    String workdir() {
        String dir = config.workingDir();
        return dir == null || dir.isEmpty() ? "/" : dir;
    }

    /** A path against the working directory. */
    String absolute(String path) {
        return path.startsWith("/") ? path : workdir() + "/" + path;
    }

    /** A step that changed no file. */
    void add(History entry) {
        history.add(entry);
    }

    /** A step that made a layer. */
    void add(Layer layer, String newKey, History entry) {
        layers.add(layer);
        key = newKey;
        history.add(entry);
    }

    /** A step that left the files as they were, under a key of its own. */
    void key(String newKey) {
        key = newKey;
    }

    /** The unpacked layers, the uppermost first, each once, as overlayfs wants them. */
    List<Path> lowers() {
        List<Path> lowers = new ArrayList<>();
        for (int i = layers.size() - 1; i >= 0; i--) {
            Path fs = layers.get(i).fs();
            if (!layers.get(i).empty() && !lowers.contains(fs)) {
                lowers.add(fs);
            }
        }
        return lowers;
    }

    /** What the files are, whatever steps made them. */
    String identity() {
        Hash hash = new Hash();
        for (Layer layer : layers) {
            hash.put(layer.diffId().toString());
        }
        return hash.hex();
    }

    /** As an image's configuration; the layers' digests are put in by whoever writes it. */
    ImageConfig image(String otherwise) {
        return new ImageConfig(
                created == null ? otherwise : created,
                author,
                platform.architecture(),
                platform.os(),
                platform.osVersion(),
                platform.osFeatures(),
                platform.variant(),
                config,
                new ImageConfig.RootFs("layers", List.of()),
                history);
    }
}
