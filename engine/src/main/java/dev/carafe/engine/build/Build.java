package dev.carafe.engine.build;

import dev.carafe.engine.dockerfile.Dockerfile;
import dev.carafe.engine.dockerfile.Globals;
import dev.carafe.engine.dockerfile.Scope;
import dev.carafe.engine.dockerfile.Stage;
import dev.carafe.engine.dockerfile.Warning;
import dev.carafe.engine.dockerfile.Words;
import dev.carafe.engine.image.Draft;
import dev.carafe.engine.image.Image;
import dev.carafe.engine.image.ImageStore;
import dev.carafe.engine.image.Layer;
import dev.carafe.linux.Native;
import dev.carafe.linux.Sys;
import dev.carafe.oci.image.Platform;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.OptionalLong;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * One build: from a Dockerfile and a context to an image. Stages that the wanted one does not need
 * are not looked at; those that do not need each other are built at the same time.
 */
public final class Build implements Inputs.Stages {
    private static final int MOST_THREADS = 64;

    private final ImageStore store;
    private final BuildOptions options;
    private final BuildListener listener;
    private final StepRunner runner;
    private final Bases bases;
    private final Platform platform;
    private final Map<Integer, CompletableFuture<Built>> stages = new ConcurrentHashMap<>();
    private final Map<String, State> images = new ConcurrentHashMap<>();
    private final Draft draft;
    private final Dockerfile file;
    private final Globals globals;
    private final Inputs inputs;
    private final Work work;

    /** Images of registries. */
    public interface Bases {
        /**
         * The id of an image for a platform, in the store when this returns.
         *
         * @param reference its name
         * @param newest whether a registry is asked even when the store has it
         */
        String find(String reference, Platform platform, boolean newest) throws IOException;

        /** Sends an image of the store to the registry that its name says. */
        void push(String name) throws IOException;
    }

    /** A finished stage and the variables at its end, which a stage on top of it inherits. */
    private record Built(State state, Scope scope) {}

    private Build(
            ImageStore store,
            BuildOptions options,
            BuildListener listener,
            StepRunner runner,
            Bases bases,
            Draft draft)
            throws IOException {
        this.store = store;
        this.options = options;
        this.listener = listener;
        this.runner = runner;
        this.bases = bases;
        this.draft = draft;
        this.platform = Platforms.parse(options.platform());
        Prepared prepared = Prepared.of(options, draft);
        this.file = prepared.dockerfile();
        this.inputs = new Inputs(prepared.context(), prepared.named(), this);
        String target = options.target() == null ? "" : options.target();
        this.globals = Globals.of(file, options.buildArgs(), Platforms.host(), platform, target);
        this.work =
                new Work(
                        options,
                        draft,
                        new BuildCache(store.root(), draft),
                        listener,
                        runner,
                        store.root(),
                        inputs,
                        epoch());
    }

    private OptionalLong epoch() throws BuildException {
        String argument = options.buildArgs().get("SOURCE_DATE_EPOCH");
        if (argument == null) {
            return options.sourceDateEpoch();
        }
        try {
            return OptionalLong.of(Long.parseLong(argument));
        } catch (NumberFormatException e) {
            throw new BuildException(
                    "SOURCE_DATE_EPOCH is " + argument + ", not a number of seconds", e);
        }
    }

    /**
     * Builds.
     *
     * @return the image, in the store; null when the outputs asked for none there
     */
    public static @Nullable Image run(
            ImageStore store,
            BuildOptions options,
            BuildListener listener,
            StepRunner runner,
            Bases bases)
            throws IOException {
        if (Native.syscall(Sys.GETEUID) != 0) {
            throw new BuildException(
                    "a build from a Dockerfile mounts layers, which takes root or a user namespace"
                            + " with one; for a jar, build --jar takes neither");
        }
        try (Draft draft = store.draft()) {
            Build build = new Build(store, options, listener, runner, bases, draft);
            try (Inputs _ = build.inputs) {
                return build.all();
            }
        }
    }

    private @Nullable Image all() throws IOException {
        for (Warning warning : file.warnings()) {
            listener.warning(
                    file.name() + ":" + warning.location().line() + ": " + warning.message());
        }
        for (String name : unused()) {
            listener.warning("--build-arg " + name + ": no ARG asks for it");
        }
        importCaches();
        int target = target();
        State state;
        try {
            start(new Graph(file, globals, this).needed(target), target);
            state = stage(target);
        } catch (IOException | RuntimeException e) {
            work.stop();
            awaitAll();
            keep();
            throw e;
        }
        awaitAll();
        return new Outcome(store, work, draft, bases).finish(state);
    }

    /** A cache that can't be had only makes the build slower. */
    private void importCaches() throws IOException {
        for (BuildOptions.CacheSpec one : options.cacheFrom()) {
            try {
                for (Image image : cacheImages(one)) {
                    if (!CacheImage.read(image, draft, work.cache())) {
                        listener.warning("--cache-from " + one.where() + ": it holds no cache");
                    }
                }
            } catch (IOException e) {
                listener.warning("--cache-from " + one.where() + ": " + e.getMessage());
            }
        }
    }

    private List<Image> cacheImages(BuildOptions.CacheSpec cache) throws IOException {
        if (cache.type().equals("local")) {
            return store.loadDirectory(Path.of(cache.where()));
        }
        String name = cache.where();
        try {
            return List.of(store.resolve(bases.find(name, platform, true)));
        } catch (IOException e) {
            if (store.has(name)) {
                // never pushed, or no way to the registry: then this is the newest there is
                return List.of(store.resolve(name));
            }
            throw e;
        }
    }

    private List<String> unused() {
        return options.buildArgs().isEmpty() ? List.of() : new ArrayList<>(globals.unused(file));
    }

    /**
     * Removes what builds keep to be faster the next time: records, layers that no image has, and
     * the directories of cache mounts. What a running build uses stays.
     *
     * @return the bytes of the cache mounts; the layers' go with {@link ImageStore#prune}
     */
    public static long prune(ImageStore store) throws IOException {
        return BuildCache.prune(store);
    }

    /** What was finished stays for the next build. */
    private void keep() throws IOException {
        if (work.cache().hasNews()) {
            draft.keep();
            work.cache().save();
        }
        work.digests().save();
    }

    private int target() throws BuildException {
        String wanted = options.target();
        if (wanted == null || wanted.isEmpty()) {
            return file.stages().size() - 1;
        }
        int index = index(wanted);
        if (index < 0) {
            throw new BuildException("the target stage " + wanted + " is not in " + file.name());
        }
        return index;
    }

    @Override
    public int index(String name) {
        if (options.buildContexts().containsKey(name)) {
            return -1;
        }
        String lower = name.toLowerCase(Locale.ROOT);
        for (Stage stage : file.stages()) {
            if (lower.equals(stage.name())) {
                return stage.index();
            }
        }
        try {
            int number = Integer.parseInt(name);
            return number >= 0 && number < file.stages().size() ? number : -1;
        } catch (NumberFormatException e) {
            return -1;
        }
    }

    /** One stage is built here; of several each has a thread, since RUN's dies with its starter. */
    private void start(Set<Integer> needed, int target) throws BuildException {
        if (needed.size() > MOST_THREADS * 8) {
            throw new BuildException("the target needs more than 512 stages");
        }
        for (int index : needed) {
            stages.put(index, new CompletableFuture<>());
        }
        if (needed.size() == 1) {
            build(target);
            return;
        }
        for (int index : needed) {
            Thread.ofPlatform().daemon().name("stage " + index).start(() -> build(index));
        }
    }

    private void build(int index) {
        CompletableFuture<Built> result =
                stages.computeIfAbsent(index, i -> new CompletableFuture<>());
        try {
            result.complete(built(index));
        } catch (IOException | RuntimeException | Error e) {
            work.stop();
            result.completeExceptionally(e);
        }
    }

    /** A trigger of a base image may need a stage that nobody saw coming: it is built here. */
    private CompletableFuture<Built> promised(int index) {
        CompletableFuture<Built> mine = new CompletableFuture<>();
        CompletableFuture<Built> result = stages.putIfAbsent(index, mine);
        if (result == null) {
            build(index);
            return mine;
        }
        return result;
    }

    private Built built(int index) throws IOException {
        Stage stage = file.stages().get(index);
        String base = Words.expand(stage.from().base(), globals);
        int below = index(base);
        Built from;
        if (below >= 0 && below < index) {
            from = join(below);
        } else {
            State state;
            try {
                state = base(stage, base);
            } catch (IOException e) {
                throw work.at(stage.from(), e);
            }
            from = new Built(state, Scope.of(globals, environment(state)));
        }
        StageBuild build =
                new StageBuild(work, stage, from.state.copy(), from.scope.child(), label(stage));
        State state = build.run();
        return new Built(state, build.scope());
    }

    private String label(Stage stage) {
        String name = stage.name();
        if (name != null) {
            return name;
        }
        return file.stages().size() == 1 ? "" : "stage-" + stage.index();
    }

    private static Map<String, String> environment(State state) {
        Map<String, String> all = new LinkedHashMap<>();
        for (String one : state.config().env()) {
            int equals = one.indexOf('=');
            all.put(
                    equals < 0 ? one : one.substring(0, equals),
                    equals < 0 ? "" : one.substring(equals + 1));
        }
        return all;
    }

    private State base(Stage stage, String base) throws IOException {
        Platform wanted =
                stage.from().platform() == null
                        ? platform
                        : Platforms.parse(Words.expand(stage.from().platform(), globals));
        if (base.isEmpty()) {
            throw stage.from().base().error("FROM names no image; the variable in it is empty");
        }
        if (base.equals("scratch")) {
            return dated(Platforms.scratch(wanted));
        }
        String named = options.buildContexts().get(base);
        String reference = named == null ? base : Prepared.image(base, named);
        int step = work.nextStep();
        String name = label(stage).isEmpty() ? "" : label(stage) + " ";
        String title = "[" + name + "1/" + StageBuild.steps(stage) + "] FROM " + reference;
        listener.started(step, title);
        try {
            State state = image(reference, wanted);
            listener.done(step);
            return state;
        } catch (IOException e) {
            listener.failed(step, String.valueOf(e.getMessage()));
            throw e;
        }
    }

    @Override
    public State image(String reference) throws IOException {
        String named = options.buildContexts().get(reference);
        return image(named == null ? reference : Prepared.image(reference, named), platform);
    }

    private State image(String reference, Platform wanted) throws IOException {
        String key = reference + " " + wanted.os() + "/" + wanted.architecture();
        State known = images.get(key);
        if (known != null) {
            return known;
        }
        if (reference.equals("host")) {
            throw new BuildException(
                    "the built-in image host shows this machine's own files, so that nothing can"
                            + " be built on it");
        }
        String id = bases.find(reference, wanted, options.pull());
        Image image = store.resolve(id);
        Platforms.check(reference, image.config(), wanted);
        List<Layer> layers = draft.base(image.id());
        State state = dated(State.of(image.config(), image.id(), wanted, layers));
        images.put(key, state);
        return state;
    }

    /** Layers whose times have a limit are others than those without. */
    private State dated(State state) {
        if (work.epoch().isPresent()) {
            state.key(new Hash().put(state.key()).put(work.epoch().getAsLong()).hex());
        }
        return state;
    }

    @Override
    public State stage(int index) throws IOException {
        return join(index).state;
    }

    @Override
    public Path empty() throws IOException {
        return work.empty();
    }

    private Built join(int index) throws IOException {
        try {
            return promised(index).join();
        } catch (CompletionException e) {
            if (e.getCause() instanceof IOException cause) {
                throw cause;
            }
            throw e;
        }
    }

    /**
     * Waits for every stage, and prefers to tell of a failure that is not another's consequence.
     */
    private void awaitAll() throws IOException {
        IOException real = null;
        for (int index : new TreeSet<>(stages.keySet())) {
            IOException failure = failure(index);
            if (real == null && !(failure instanceof Work.Stopped)) {
                real = failure;
            }
        }
        if (real != null) {
            keep();
            throw real;
        }
    }

    private @Nullable IOException failure(int index) {
        try {
            join(index);
            return null;
        } catch (IOException e) {
            return e;
        } catch (RuntimeException e) {
            return new IOException(e);
        }
    }
}
