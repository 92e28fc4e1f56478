package dev.carafe.engine.build;

import dev.carafe.engine.build.BuildOptions.CacheSpec;
import dev.carafe.engine.build.BuildOptions.OutputSpec;
import dev.carafe.engine.image.Compression;
import dev.carafe.engine.image.Dir;
import dev.carafe.engine.image.DirectoryTree;
import dev.carafe.engine.image.Draft;
import dev.carafe.engine.image.Image;
import dev.carafe.engine.image.ImageStore;
import dev.carafe.engine.image.Layer;
import dev.carafe.engine.image.SaveFormat;
import dev.carafe.engine.image.Saved;
import dev.carafe.engine.image.TreeArchive;
import dev.carafe.oci.image.Digest;
import dev.carafe.oci.image.ImageConfig;
import dev.carafe.oci.image.ImageReference;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import org.jspecify.annotations.Nullable;

/** What becomes of the wanted stage: an image in the store, or files. */
final class Outcome {
    private final ImageStore store;
    private final Work work;
    private final Draft draft;
    private final BuildListener listener;
    private final Build.Bases registries;

    Outcome(ImageStore store, Work work, Draft draft, Build.Bases registries) {
        this.store = store;
        this.work = work;
        this.draft = draft;
        this.listener = work.listener();
        this.registries = registries;
    }

    /** Makes all outputs; the image when one of them is the store's. */
    @Nullable Image finish(State state) throws IOException {
        BuildOptions options = work.options();
        labels(state, options.labels());
        for (CacheSpec cache : options.cacheTo()) {
            if (cache.type().equals("inline")) {
                labels(state, Map.of(CacheImage.LABEL, CacheImage.records(work.cache(), state)));
            }
        }
        Image image = null;
        if (options.outputs().isEmpty()) {
            image = image(state);
        }
        for (OutputSpec output : options.outputs()) {
            Image one = output(output, state);
            image = one == null ? image : one;
        }
        save();
        for (CacheSpec cache : options.cacheTo()) {
            cacheTo(cache, state);
        }
        return image;
    }

    private static void labels(State state, Map<String, String> more) {
        if (!more.isEmpty()) {
            Map<String, String> labels = new LinkedHashMap<>(state.config().labels());
            labels.putAll(more);
            state.config(state.edit().labels(labels));
        }
    }

    private @Nullable Image output(OutputSpec output, State state) throws IOException {
        return switch (output.type()) {
            case "image" -> {
                if (output.compression() != null) {
                    throw new BuildException(
                            "--output type=image: layers lie plain in the store, and carafe push"
                                    + " and save compress them; leave compression= away");
                }
                yield image(state);
            }
            case "local" -> local(output, state);
            case "tar" -> tar(output, state);
            case "oci" -> archive(output, state, SaveFormat.OCI_ARCHIVE, Compression.GZIP);
            case "docker" -> archive(output, state, SaveFormat.DOCKER, Compression.NONE);
            default -> throw new BuildException("--output: there is no type " + output.type());
        };
    }

    /** An archive of the image, which the store has only while it is written. */
    private @Nullable Image archive(
            OutputSpec output, State state, SaveFormat format, Compression usual)
            throws IOException {
        int step = begin("exporting to " + output.type());
        ImageConfig config = state.image(work.created());
        Image known = same(config, state, List.of());
        Image image = known == null ? draft.commit(config, state.layers(), List.of()) : known;
        Compression compression = compression(output.compression(), usual);
        List<String> tags = work.options().tags();
        Saved saved = new Saved(List.of(image.id()), tags, null, compression);
        try (OutputStream out = destination(output)) {
            store.save(saved, format, out);
        }
        if (known == null) {
            store.remove(image.id(), true, id -> List.of());
        }
        listener.done(step);
        return null;
    }

    private static Compression compression(@Nullable String name, Compression usual) {
        return switch (name == null ? "" : name) {
            case "gzip" -> Compression.GZIP;
            case "zstd" -> Compression.ZSTD;
            case "none" -> Compression.NONE;
            default -> usual;
        };
    }

    private static OutputStream destination(OutputSpec output) throws IOException {
        String destination = String.valueOf(output.destination());
        return destination.equals("-")
                ? new FileOutputStream(FileDescriptor.out)
                : Files.newOutputStream(Path.of(destination));
    }

    private Image image(State state) throws IOException {
        int step = begin("exporting to image");
        ImageConfig config = state.image(work.created());
        List<String> tags = work.options().tags();
        Image image = same(config, state, tags);
        if (image == null) {
            image = draft.commit(config, state.layers(), tags);
        }
        listener.note(step, "writing image " + image.id());
        for (String tag : tags) {
            listener.note(step, "naming to " + tag);
        }
        listener.done(step);
        return store.resolve(image.id());
    }

    /** The image of an earlier build, if this one made nothing new; else null. */
    private @Nullable Image same(ImageConfig config, State state, List<String> tags)
            throws IOException {
        List<Digest> diffIds = new ArrayList<>();
        for (Layer layer : state.layers()) {
            diffIds.add(layer.diffId());
        }
        String id = Digest.sha256(config.withDiffIds(diffIds).json().bytes()).toString();
        if (!store.has(id)) {
            return null;
        }
        Image known = store.resolve(id);
        for (String tag : tags) {
            if (!known.names().contains(ImageReference.parse(tag).toString())) {
                return null;
            }
        }
        return known;
    }

    private int begin(String title) {
        int step = work.nextStep();
        listener.started(step, title);
        return step;
    }

    /** The stage's files in a directory of the host, beside what is there. */
    private @Nullable Image local(OutputSpec output, State state) throws IOException {
        Path directory = Path.of(String.valueOf(output.destination()));
        int step = begin("exporting to " + directory);
        Files.createDirectories(directory);
        copy(state, directory);
        listener.done(step);
        return null;
    }

    /** Links that are in the directory already lead nowhere outside of it either. */
    private void copy(State state, Path directory) throws IOException {
        try (Merged merged = Merged.readOnly(state.lowers(), work.empty());
                Copier copier = new Copier(Dir.open(directory), null, OptionalInt.empty())) {
            Source source = new Source(merged.root(), Filter.NONE, false, "the stage");
            Source.Found root = source.find("");
            if (root != null) {
                copier.copy(source, root, "", true, Filter.NONE);
            }
        }
    }

    private @Nullable Image tar(OutputSpec output, State state) throws IOException {
        int step = begin("exporting to a tar");
        Path files = draft.newDirectory("files");
        copy(state, files);
        try (OutputStream out = destination(output)) {
            TreeArchive.write(files, out, work.epoch());
        }
        listener.done(step);
        return null;
    }

    private void cacheTo(CacheSpec cache, State state) throws IOException {
        if (cache.type().equals("inline")) {
            return;
        }
        int step = begin("exporting the cache to " + cache.where());
        if (cache.type().equals("local")) {
            String id = CacheImage.write(work, draft, state, List.of());
            replace(Path.of(cache.where()), Saved.of(List.of(id)));
        } else {
            CacheImage.write(work, draft, state, List.of(cache.where()));
            registries.push(cache.where());
        }
        listener.done(step);
    }

    /** Puts a cache in the place of the one that is there; nothing else is taken away. */
    private void replace(Path directory, Saved saved) throws IOException {
        Path fresh = Path.of(directory + ".new");
        DirectoryTree.delete(fresh);
        store.saveDirectory(saved, fresh);
        if (Files.exists(directory.resolve("oci-layout"))) {
            DirectoryTree.delete(directory);
        } else if (Files.exists(directory)) {
            // fails, and says so, unless it is an empty directory
            Files.delete(directory);
        }
        Files.move(fresh, directory);
    }

    /** Layers first: a record must never be there before its layer. */
    private void save() throws IOException {
        if (work.cache().hasNews()) {
            draft.keep();
            work.cache().save();
        }
        work.digests().save();
    }
}
