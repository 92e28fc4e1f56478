package dev.carafe.engine.jar;

import dev.carafe.engine.image.DirectoryTree;
import dev.carafe.engine.image.Draft;
import dev.carafe.engine.image.Image;
import dev.carafe.engine.image.ImageException;
import dev.carafe.engine.image.ImageStore;
import dev.carafe.engine.image.Layer;
import dev.carafe.engine.image.LayerOptions;
import dev.carafe.linux.Arch;
import dev.carafe.oci.image.Digest;
import dev.carafe.oci.image.ImageConfig;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/**
 * Makes the image: layers from what changes least to what changes most, so that a build of changed
 * classes shares all but the last with the build before.
 */
public final class JarBuild {
    private static final String APP = "/app";

    private final JarOptions options;
    private final Notes notes;
    private final Jdk jdk;
    private final RunnableJar jar;
    private final Draft draft;
    private final Records records;
    private final Path temporary;
    private final List<Layer> layers = new ArrayList<>();
    private final List<ImageConfig.History> history = new ArrayList<>();
    private final String created;

    private JarBuild(
            ImageStore store, JarOptions options, Notes notes, RunnableJar jar, Draft draft)
            throws IOException {
        this.options = options;
        this.notes = notes;
        this.jdk = Jdk.at(options.javaHome());
        this.jar = jar;
        this.draft = draft;
        this.records = Records.in(store.root());
        this.temporary = draft.newDirectory("analysis");
        this.created = Instant.ofEpochSecond(options.sourceDateEpoch()).toString();
    }

    /** Fills a directory that becomes a layer. */
    @FunctionalInterface
    private interface Stage {
        void into(Path directory) throws IOException;
    }

    /**
     * Makes an image of a runnable jar.
     *
     * @return the image, with its names
     * @throws ImageException when the jar, the JDK or the base don't do; nothing has changed then
     */
    public static Image run(ImageStore store, JarOptions options, Notes notes) throws IOException {
        try (RunnableJar jar = RunnableJar.open(options.jar());
                Draft draft = store.draft()) {
            return new JarBuild(store, options, notes, jar, draft).run(store);
        }
    }

    private Image run(ImageStore store) throws IOException {
        String mainClass = jar.mainClass(options.mainClass());
        List<String> jvmOptions = jar.jvmOptions();
        List<Library> libraries = jar.libraries(options.libraries(), notes);
        Entries entries =
                Entries.of(
                        jar.path(),
                        jar.zip(),
                        jar.entries(),
                        jar.classes(),
                        jar.isMultiRelease() ? jdk.feature() : 0);

        List<Layer> dependencies = dependencies(libraries);
        List<Path> files = files(libraries, dependencies);
        checkMain(mainClass, entries, files);
        Set<String> modules = modules(entries, libraries, files);
        notes.note("modules: " + String.join(",", modules));
        Layer runtime = runtime(modules);
        Optional<Image> base = base(store, Linkage.of(home(runtime)));

        add("Java " + jdk.feature() + " with " + String.join(",", modules), runtime);
        addAll(libraries, dependencies);
        application(entries);
        return draft.commit(
                config(base, mainClass, jvmOptions, libraries), layers, options.names());
    }

    private static Path home(Layer runtime) {
        return runtime.fs().resolve(RunTimeImage.HOME.substring(1));
    }

    private void add(String what, Layer layer) {
        if (!layer.empty()) {
            layers.add(layer);
            history.add(new ImageConfig.History(created, what, null, "carafe build --jar", false));
        }
    }

    /** A layer of an earlier build of the same, or a new one. */
    private Layer cached(String hint, String key, Stage stage) throws IOException {
        Optional<Layer> known = records.layer(key, draft);
        if (known.isPresent()) {
            notes.note(hint + ": unchanged");
            return known.get();
        }
        Layer layer = written(hint, stage);
        records.write(key, layer.diffId().toString());
        return layer;
    }

    private Layer written(String hint, Stage stage) throws IOException {
        notes.note(hint + ": writing");
        Path directory = draft.newDirectory(hint);
        stage.into(directory);
        return draft.layer(directory, LayerOptions.clampedTo(options.sourceDateEpoch()));
    }

    /** The released dependencies, and those under development, each if there are any. */
    private List<Layer> dependencies(List<Library> libraries) throws IOException {
        List<Layer> found = new ArrayList<>();
        for (boolean snapshot : new boolean[] {false, true}) {
            List<Library> some =
                    libraries.stream().filter(l -> l.isSnapshot() == snapshot).toList();
            if (!some.isEmpty()) {
                String hint = snapshot ? "snapshot-dependencies" : "dependencies";
                found.add(cached(hint, key(some), layer -> stage(some, layer)));
            }
        }
        return found;
    }

    private String key(List<Library> libraries) {
        StringBuilder text =
                new StringBuilder("dependencies 1\n").append(options.sourceDateEpoch());
        for (Library library : libraries) {
            text.append('\n').append(library.digest()).append(' ').append(library.name());
        }
        return Digest.sha256(text.toString().getBytes(StandardCharsets.UTF_8)).hex();
    }

    private void stage(List<Library> libraries, Path layer) throws IOException {
        Path lib = Files.createDirectories(layer.resolve("app/lib"));
        for (Library library : libraries) {
            library.write(lib.resolve(library.name()));
        }
        FileTimes.set(layer, options.sourceDateEpoch());
    }

    private void addAll(List<Library> libraries, List<Layer> dependencies) {
        boolean released = libraries.stream().anyMatch(l -> !l.isSnapshot());
        for (int i = 0; i < dependencies.size(); i++) {
            add(i == 0 && released ? "dependencies" : "snapshot dependencies", dependencies.get(i));
        }
    }

    private static List<Path> files(List<Library> libraries, List<Layer> layers)
            throws ImageException {
        List<Path> files = new ArrayList<>();
        for (Library library : libraries) {
            for (Layer layer : layers) {
                Path file = layer.fs().resolve("app/lib").resolve(library.name());
                if (Files.exists(file)) {
                    files.add(file);
                }
            }
        }
        if (files.size() != libraries.size()) {
            throw new ImageException(
                    "a layer of dependencies has lost files; prune and build again");
        }
        return files;
    }

    private void checkMain(String mainClass, Entries entries, List<Path> libraries)
            throws IOException {
        String path = mainClass.replace('.', '/') + ".class";
        if (entries.files().containsKey(path)) {
            return;
        }
        for (Path library : libraries) {
            if (RequiredModules.has(library, path)) {
                return;
            }
        }
        throw new ImageException(
                "the main class "
                        + Entries.shown(mainClass)
                        + " is neither in "
                        + jar.path()
                        + " nor in its dependencies; name another with --main-class");
    }

    private Set<String> modules(Entries entries, List<Library> libraries, List<Path> files)
            throws IOException {
        Set<String> found =
                new TreeSet<>(
                        RequiredModules.of(jdk, jar.path(), entries, temporary, records, notes));
        if (!libraries.isEmpty()) {
            String key = RequiredModules.key(jdk, libraries);
            Optional<String> known = records.read(key);
            if (known.isPresent()) {
                found.addAll(List.of(known.get().split(",")));
            } else {
                Set<String> some = RequiredModules.of(jdk, files, temporary, records, notes);
                records.write(key, String.join(",", some));
                found.addAll(some);
            }
        }
        DirectoryTree.delete(temporary);
        return RequiredModules.complete(jdk, found, options.modules());
    }

    private Layer runtime(Set<String> modules) throws IOException {
        return cached(
                "runtime",
                RunTimeImage.key(jdk, modules, options),
                layer -> RunTimeImage.link(jdk, modules, options, layer, notes));
    }

    private Optional<Image> base(ImageStore store, Linkage linkage) throws IOException {
        return switch (options.base()) {
            case JarBase.HostLibc _ -> hostLibc(linkage);
            case JarBase.Scratch _ -> scratch(linkage);
            case JarBase.Named named -> named(store, named.reference(), linkage);
        };
    }

    private Optional<Image> hostLibc(Linkage linkage) throws IOException {
        BaseFiles files = BaseFiles.of(linkage, Path.of("/"), notes);
        long epoch = options.sourceDateEpoch();
        add(
                "the host's C library",
                cached("base", files.key(epoch), layer -> files.stage(layer, epoch)));
        return Optional.empty();
    }

    private static Optional<Image> scratch(Linkage linkage) throws ImageException {
        if (linkage.interpreter().isPresent()) {
            throw new ImageException(
                    "the base scratch has no "
                            + linkage.interpreter().get()
                            + ", the dynamic linker of that JDK; use host-libc");
        }
        return Optional.empty();
    }

    private Optional<Image> named(ImageStore store, String name, Linkage linkage)
            throws IOException {
        Image image = store.resolve(name);
        NamedBase.check(name, image, linkage);
        layers.addAll(draft.base(image.id()));
        history.addAll(image.config().history());
        return Optional.of(image);
    }

    /** Resources before classes: they change less often. */
    private void application(Entries entries) throws IOException {
        Path classes = draft.newDirectory("classes");
        Path resources = draft.newDirectory("resources");
        Path classesDirectory = Files.createDirectories(classes.resolve("app/classes"));
        Path resourcesDirectory = Files.createDirectories(resources.resolve("app/resources"));
        entries.explode(classesDirectory, resourcesDirectory);
        LayerOptions clamped = LayerOptions.clampedTo(options.sourceDateEpoch());
        FileTimes.set(resources, options.sourceDateEpoch());
        FileTimes.set(classes, options.sourceDateEpoch());
        add("resources", draft.layer(resources, clamped));
        add("classes", draft.layer(classes, clamped));
    }

    private ImageConfig config(
            Optional<Image> base,
            String mainClass,
            List<String> jvmOptions,
            List<Library> libraries) {
        ImageConfig.Config below =
                base.map(image -> image.config().config()).orElse(ImageConfig.Config.EMPTY);
        List<String> entrypoint = new ArrayList<>();
        entrypoint.add(RunTimeImage.HOME + "/bin/java");
        entrypoint.addAll(jvmOptions);
        entrypoint.add("-cp");
        entrypoint.add(classPath(libraries));
        entrypoint.add(mainClass);
        ImageConfig.Config config =
                below.edit()
                        .user(options.user())
                        .env(env(below.env()))
                        .entrypoint(entrypoint)
                        .cmd(List.of())
                        .workingDir(APP)
                        .healthcheck(null)
                        .onBuild(List.of())
                        .done();
        List<Digest> diffIds = layers.stream().map(Layer::diffId).toList();
        return new ImageConfig(
                created,
                null,
                Arch.host().oci(),
                "linux",
                null,
                List.of(),
                null,
                config,
                new ImageConfig.RootFs("layers", diffIds),
                history);
    }

    private static String classPath(List<Library> libraries) {
        StringBuilder path = new StringBuilder(APP + "/resources:" + APP + "/classes");
        for (Library library : libraries) {
            path.append(':').append(APP).append("/lib/").append(library.name());
        }
        return path.toString();
    }

    private static List<String> env(List<String> base) {
        List<String> env = new ArrayList<>();
        String path = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
        boolean language = false;
        for (String variable : base) {
            language |= variable.startsWith("LANG=") || variable.startsWith("LC_ALL=");
            if (variable.startsWith("PATH=")) {
                path = variable.substring("PATH=".length());
            } else if (!variable.startsWith("JAVA_HOME=")) {
                env.add(variable);
            }
        }
        env.add("PATH=" + RunTimeImage.HOME + "/bin:" + path);
        env.add("JAVA_HOME=" + RunTimeImage.HOME);
        if (!language) {
            // file names are in the locale's encoding, and without one that is ASCII
            env.add("LANG=C.UTF-8");
        }
        return env;
    }
}
