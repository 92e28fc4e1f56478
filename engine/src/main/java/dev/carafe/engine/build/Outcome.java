package dev.carafe.engine.build;

import dev.carafe.engine.build.BuildOptions.CacheSpec;
import dev.carafe.engine.build.BuildOptions.OutputSpec;
import dev.carafe.engine.image.Dir;
import dev.carafe.engine.image.Draft;
import dev.carafe.engine.image.Image;
import dev.carafe.engine.image.ImageStore;
import dev.carafe.engine.image.Layer;
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
            case "image" -> image(state);
            case "local" -> local(output, state);
            case "tar" -> tar(output, state);
            default ->
                    throw new BuildException(
                            "--output type="
                                    + output.type()
                                    + " isn't available yet; build with -t, then carafe save");
        };
    }

    private Image image(State state) throws IOException {
        int step = begin("exporting to image");
        ImageConfig config = state.image(work.created());
        List<String> tags = work.options().tags();
        Image image = same(config, state);
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
    private @Nullable Image same(ImageConfig config, State state) throws IOException {
        List<Digest> diffIds = new ArrayList<>();
        for (Layer layer : state.layers()) {
            diffIds.add(layer.diffId());
        }
        String id = Digest.sha256(config.withDiffIds(diffIds).json().bytes()).toString();
        if (!store.has(id)) {
            return null;
        }
        Image known = store.resolve(id);
        for (String tag : work.options().tags()) {
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
        String destination = String.valueOf(output.destination());
        int step = begin("exporting to a tar");
        Path files = draft.newDirectory("files");
        copy(state, files);
        try (OutputStream out =
                destination.equals("-")
                        ? new FileOutputStream(FileDescriptor.out)
                        : Files.newOutputStream(Path.of(destination))) {
            TreeArchive.write(files, out, work.epoch());
        }
        listener.done(step);
        return null;
    }

    private void cacheTo(CacheSpec cache, State state) throws IOException {
        if (cache.type().equals("inline")) {
            return;
        }
        if (!cache.type().equals("registry")) {
            throw new BuildException(
                    "--cache-to type=" + cache.type() + " isn't available yet; use registry");
        }
        int step = begin("exporting the cache to " + cache.where());
        CacheImage.write(work, draft, state, cache.where());
        registries.push(cache.where());
        listener.done(step);
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
