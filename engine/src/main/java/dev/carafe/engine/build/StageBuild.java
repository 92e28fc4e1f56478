package dev.carafe.engine.build;

import dev.carafe.engine.dockerfile.Command;
import dev.carafe.engine.dockerfile.Dockerfile;
import dev.carafe.engine.dockerfile.DockerfileException;
import dev.carafe.engine.dockerfile.Instruction;
import dev.carafe.engine.dockerfile.Pair;
import dev.carafe.engine.dockerfile.Port;
import dev.carafe.engine.dockerfile.Scope;
import dev.carafe.engine.dockerfile.Stage;
import dev.carafe.engine.dockerfile.Word;
import dev.carafe.engine.dockerfile.Words;
import dev.carafe.engine.image.Layer;
import dev.carafe.engine.image.LayerOptions;
import dev.carafe.oci.image.ConfigEditor;
import dev.carafe.oci.image.Healthcheck;
import dev.carafe.oci.image.ImageConfig;
import dev.carafe.oci.json.JsonArray;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;

/** Builds one stage: its instructions one after the other. */
final class StageBuild {
    private static final String COMMENT = "carafe.dockerfile";

    private final Work work;
    private final Stage stage;
    private final State state;
    private final Scope scope;
    private final String label;
    private final int steps;
    private final boolean anew;
    private int step = 1;
    private boolean cmd;

    /** Makes files for a layer. */
    @FunctionalInterface
    interface Change {
        /** Writes into an upper directory; {@code overlay} is overlayfs's own, beside it. */
        void make(int number, Path upper, Path overlay) throws IOException;
    }

    /**
     * @param state where the base ends; this goes on from there
     * @param label what progress calls the stage
     */
    StageBuild(Work work, Stage stage, State state, Scope scope, String label) {
        this.work = work;
        this.stage = stage;
        this.state = state;
        this.scope = scope;
        this.label = label;
        this.anew =
                work.options().noCache()
                        || label.length() > 0 && work.options().noCacheFilter().contains(label);
        this.steps = steps(stage);
    }

    /** How many of a stage's instructions have a line of their own in the progress. */
    static int steps(Stage stage) {
        int count = 1;
        for (Instruction one : stage.instructions()) {
            count += isStep(one) ? 1 : 0;
        }
        return count;
    }

    private static boolean isStep(Instruction one) {
        return one instanceof Instruction.Run
                || one instanceof Instruction.Copy
                || one instanceof Instruction.Add
                || one instanceof Instruction.Workdir;
    }

    Scope scope() {
        return scope;
    }

    Work work() {
        return work;
    }

    State state() {
        return state;
    }

    /** Runs the base image's triggers and the stage's own instructions. */
    State run() throws IOException {
        List<String> triggers = state.config().onBuild();
        if (!triggers.isEmpty()) {
            state.config(state.edit().onBuild(List.of()));
            for (String trigger : triggers) {
                run(Dockerfile.trigger("ONBUILD of " + stage.from().base().raw(), trigger));
            }
        }
        for (Instruction one : stage.instructions()) {
            run(one);
        }
        return state;
    }

    private void run(Instruction one) throws IOException {
        work.checkGoing();
        try {
            dispatch(one);
        } catch (DockerfileException e) {
            throw e;
        } catch (IOException e) {
            throw work.at(one, e);
        }
    }

    // a pattern switch makes a class at run time: milliseconds of a cold start
    @SuppressWarnings("IfChainToSwitch")
    private void dispatch(Instruction one) throws IOException {
        if (one instanceof Instruction.Run run) {
            new RunStep(this, run).run();
        } else if (one instanceof Instruction.Copy copy) {
            new CopyStep(this, copy).run();
        } else if (one instanceof Instruction.Add add) {
            new AddStep(this, add).run();
        } else if (one instanceof Instruction.Workdir workdir) {
            workdir(workdir);
        } else if (one instanceof Instruction.Env env) {
            env(env);
        } else if (one instanceof Instruction.Arg arg) {
            arg(arg);
        } else if (one instanceof Instruction.Cmd set) {
            cmd = true;
            state.config(state.edit().cmd(words(set.command())));
            note("CMD " + shown(words(set.command())));
        } else if (one instanceof Instruction.Entrypoint set) {
            entrypoint(set);
        } else if (one instanceof Instruction.Label set) {
            label(set);
        } else if (one instanceof Instruction.Expose expose) {
            expose(expose);
        } else if (one instanceof Instruction.Volume volume) {
            volume(volume);
        } else if (one instanceof Instruction.User user) {
            String name = expand(user.user());
            state.config(state.edit().user(name));
            note("USER " + name);
        } else if (one instanceof Instruction.Stopsignal signal) {
            String name = expand(signal.signal());
            state.config(state.edit().stopSignal(name));
            note("STOPSIGNAL " + name);
        } else if (one instanceof Instruction.Healthcheck check) {
            healthcheck(check);
        } else if (one instanceof Instruction.Shell shell) {
            state.config(state.edit().shell(shell.words()));
            note("SHELL " + shown(shell.words()));
        } else if (one instanceof Instruction.Onbuild onbuild) {
            List<String> all = new ArrayList<>(state.config().onBuild());
            all.add(onbuild.expression());
            state.config(state.edit().onBuild(all));
            note("ONBUILD " + onbuild.expression());
        } else if (one instanceof Instruction.Maintainer maintainer) {
            state.author(maintainer.name());
            note("MAINTAINER " + maintainer.name());
        } else {
            throw new BuildException(one.keyword() + " can't be here");
        }
    }

    String expand(Word word) throws DockerfileException {
        return Words.expand(word, scope);
    }

    private void env(Instruction.Env env) throws DockerfileException {
        Map<String, String> added = scope.expand(env);
        scope.apply(env);
        // the image's own: an ARG is not part of it
        List<String> all = new ArrayList<>();
        for (Map.Entry<String, String> one : scope.environment().entrySet()) {
            all.add(one.getKey() + "=" + one.getValue());
        }
        state.config(state.edit().env(all));
        StringBuilder text = new StringBuilder("ENV");
        for (Map.Entry<String, String> one : added.entrySet()) {
            text.append(' ').append(one.getKey()).append('=').append(one.getValue());
        }
        note(text.toString());
    }

    private void arg(Instruction.Arg arg) throws DockerfileException {
        scope.apply(arg);
        StringBuilder text = new StringBuilder("ARG");
        for (Instruction.Arg.Definition definition : arg.definitions()) {
            String name = expand(definition.name());
            String value = scope.arguments().get(name);
            text.append(' ').append(name);
            if (value != null) {
                text.append('=').append(value);
            }
        }
        note(text.toString());
    }

    private void entrypoint(Instruction.Entrypoint set) {
        ConfigEditor edit = state.edit().entrypoint(words(set.command()));
        if (!cmd) {
            // the base's arguments were for the base's entry point
            edit.cmd(List.of());
        }
        state.config(edit);
        note("ENTRYPOINT " + shown(words(set.command())));
    }

    private List<String> words(Command.Form command) {
        if (command instanceof Command.Exec exec) {
            return exec.arguments();
        }
        List<String> words = new ArrayList<>(state.shell());
        words.add(((Command.Shell) command).text());
        return words;
    }

    private void label(Instruction.Label set) throws DockerfileException {
        Map<String, String> labels = new LinkedHashMap<>(state.config().labels());
        StringBuilder text = new StringBuilder("LABEL");
        for (Pair pair : set.pairs()) {
            String name = expand(pair.name());
            String value = expand(pair.value());
            labels.put(name, value);
            text.append(' ').append(name).append('=').append(value);
        }
        state.config(state.edit().labels(labels));
        note(text.toString());
    }

    private void expose(Instruction.Expose expose) throws DockerfileException {
        List<String> ports = new ArrayList<>(state.config().exposedPorts());
        StringBuilder text = new StringBuilder("EXPOSE [");
        String separator = "";
        for (Port port : Port.of(expose, scope)) {
            String name = port.toString();
            if (!ports.contains(name)) {
                ports.add(name);
            }
            text.append(separator).append(name);
            separator = " ";
        }
        state.config(state.edit().exposedPorts(ports));
        note(text.append(']').toString());
    }

    private void volume(Instruction.Volume volume) throws IOException {
        List<String> volumes = new ArrayList<>(state.config().volumes());
        List<String> added = new ArrayList<>();
        for (Word word : volume.paths()) {
            String path = expand(word);
            if (path.isBlank()) {
                throw word.error("VOLUME needs a path");
            }
            added.add(path);
            if (!volumes.contains(path)) {
                volumes.add(path);
            }
        }
        state.config(state.edit().volumes(volumes));
        note("VOLUME [" + String.join(" ", added) + "]");
    }

    private void healthcheck(Instruction.Healthcheck set) {
        List<String> test;
        Healthcheck check;
        if (set.check() instanceof Instruction.RunCheck run) {
            test = new ArrayList<>();
            if (run.command() instanceof Command.Exec exec) {
                test.add("CMD");
                test.addAll(exec.arguments());
            } else {
                test.add("CMD-SHELL");
                test.add(((Command.Shell) run.command()).text());
            }
            check =
                    new Healthcheck(
                            test,
                            nanos(run.interval()),
                            nanos(run.timeout()),
                            nanos(run.startPeriod()),
                            nanos(run.startInterval()),
                            run.retries());
        } else {
            test = List.of("NONE");
            check = new Healthcheck(test, 0, 0, 0, 0, 0);
        }
        state.config(state.edit().healthcheck(check));
        note("HEALTHCHECK " + shown(test));
    }

    private static long nanos(Duration duration) {
        return duration.toNanos();
    }

    /** Makes the directory if it is not there, USER's, and goes there. */
    private void workdir(Instruction.Workdir workdir) throws IOException {
        String path = expand(workdir.path());
        if (path.isEmpty()) {
            throw workdir.path().error("WORKDIR needs a path");
        }
        String clean = At.clean(state.absolute(path));
        String absolute = "/" + clean;
        state.config(state.edit().workingDir(absolute));
        String text = "WORKDIR " + absolute;
        String user = state.config().user();
        Copier.Owner owner =
                user == null || user.isEmpty()
                        ? Copier.Owner.ROOT
                        : Copier.Owner.of(user, state.lowers());
        Hash hash = new Hash().put("workdir").put(state.key()).put(absolute);
        String key = hash.put(owner.uid()).put(owner.gid()).hex();
        layer(
                workdir,
                key,
                text,
                (number, upper, overlay) -> {
                    List<Path> lowers = work.lowers(state);
                    Merged merged = Merged.writable(lowers, upper, overlay);
                    try (Copier copier = new Copier(merged.root(), owner, OptionalInt.empty())) {
                        copier.make(Links.follow(merged.root(), At.bytes(clean)));
                    }
                });
    }

    /** A step that has a layer: from the cache, or made. */
    void layer(Instruction one, String key, String history, Change change) throws IOException {
        int number = begin(one);
        try {
            if (reuse(number, key, history)) {
                return;
            }
            make(number, key, history, change);
            work.listener().done(number);
        } catch (IOException | RuntimeException e) {
            work.listener().failed(number, String.valueOf(e.getMessage()));
            throw e;
        }
    }

    /** Tells of a step. */
    int begin(Instruction one) {
        int number = work.nextStep();
        work.listener().started(number, title(one));
        return number;
    }

    private String title(Instruction one) {
        StringBuilder title = new StringBuilder("[");
        if (!label.isEmpty()) {
            title.append(label).append(' ');
        }
        // a base image's triggers come on top of what was counted
        step++;
        title.append(step).append('/').append(Math.max(steps, step)).append("] ");
        String text = one.text();
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            title.append(Character.isISOControl(c) ? ' ' : c);
        }
        return title.toString();
    }

    /**
     * Takes a step's layer from the cache, unless this stage is built anew; whether it was there.
     */
    boolean reuse(int number, String key, String history) throws IOException {
        Optional<Layer> known = anew ? Optional.empty() : work.cache().find(key);
        if (known.isPresent()) {
            work.listener().cached(number);
            add(known.get(), key, history);
        }
        return known.isPresent();
    }

    void make(int number, String key, String history, Change change) throws IOException {
        Path upper = work.draft().newDirectory("upper");
        Path overlay = work.draft().newDirectory("work");
        work.enter();
        Layer layer;
        try {
            change.make(number, upper, overlay);
            layer = work.draft().layer(upper, layerOptions());
        } finally {
            work.leave();
        }
        work.cache().put(key, layer, history, work.created());
        add(layer, key, history);
    }

    private LayerOptions layerOptions() {
        return work.epoch().isPresent()
                ? LayerOptions.clampedTo(work.epoch().getAsLong())
                : LayerOptions.PLAIN;
    }

    /** Puts a step's layer on the stage; what comes after depends on all keys up to here. */
    void add(Layer layer, String key, String history) {
        String next = new Hash().put(state.key()).put(key).hex();
        String created = work.cache().created(key);
        state.created(work.epoch().isPresent() || created == null ? work.created() : created);
        if (layer.empty()) {
            state.key(next);
            note(history);
            return;
        }
        state.add(layer, next, history(history, false));
    }

    private void note(String history) {
        state.add(history(history, true));
    }

    private ImageConfig.History history(String text, boolean empty) {
        return new ImageConfig.History(state.created(), text, null, COMMENT, empty);
    }

    /** A list as JSON, as histories show commands. */
    static String shown(List<String> words) {
        return JsonArray.ofStrings(words).toString();
    }
}
