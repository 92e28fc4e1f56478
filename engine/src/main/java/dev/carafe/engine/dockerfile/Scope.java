package dev.carafe.engine.dockerfile;

import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The variables of one stage at one instruction: those of ENV and of the base image, and those of
 * ARG from its line on. Of an ENV and an ARG of one name the later one is seen, as BuildKit has it:
 * ENV hides an ARG above it, and an ARG hides what the base image set. What goes into the image is
 * always ENV's.
 */
public final class Scope implements Variables {
    private final Globals globals;
    private final Values environment;
    private final Values arguments;

    private Scope(Globals globals, Map<String, String> environment, Map<String, String> arguments) {
        this.globals = globals;
        this.environment = new Values(environment);
        this.arguments = new Values(arguments);
    }

    /** A stage at its FROM of an image with that environment. */
    public static Scope of(Globals globals, Map<String, String> environment) {
        return new Scope(globals, environment, Map.of());
    }

    /** A stage at its FROM of this stage, whose ARGs it inherits. */
    public Scope child() {
        return new Scope(globals, environment.map(), arguments.map());
    }

    @Override
    public @Nullable String get(String name) {
        String value = arguments.get(name);
        return value != null ? value : environment.get(name);
    }

    /**
     * Takes an ARG: the value of {@code --build-arg}, or else the default, or else the global one.
     *
     * @throws DockerfileException when the default is needed and can't be expanded
     */
    public void apply(Instruction.Arg arg) throws DockerfileException {
        for (Instruction.Arg.Definition definition : arg.definitions()) {
            String name = Words.expand(definition.name(), this);
            String value = globals.argument(name);
            if (value == null) {
                Word usual = definition.value();
                value = usual == null ? globals.get(name) : Words.expand(usual, this);
            }
            if (value != null) {
                arguments.put(definition.name(), name, value);
            }
        }
    }

    /**
     * Takes an ENV; its pairs see nothing of each other.
     *
     * @throws DockerfileException when a pair can't be expanded
     */
    public void apply(Instruction.Env env) throws DockerfileException {
        for (Map.Entry<String, String> added : expand(env).entrySet()) {
            Word first = env.pairs().getFirst().name();
            environment.put(first, added.getKey(), added.getValue());
            arguments.remove(added.getKey());
        }
    }

    /**
     * The pairs of an ENV with the variables put in.
     *
     * @throws DockerfileException when a pair can't be expanded
     */
    public Map<String, String> expand(Instruction.Env env) throws DockerfileException {
        Map<String, String> added = new LinkedHashMap<>();
        for (Pair pair : env.pairs()) {
            added.put(Words.expand(pair.name(), this), Words.expand(pair.value(), this));
        }
        return added;
    }

    /** The image's environment, in the order in which its variables first came. */
    public Map<String, String> environment() {
        return environment.map();
    }

    /**
     * The ARGs that have a value and that no later ENV hides. A RUN has them in its environment and
     * in its cache key.
     */
    public Map<String, String> arguments() {
        return arguments.map();
    }

    /** What RUN has as its environment: proxies, ENV and ARGs; the later ones win. */
    public Map<String, String> runEnvironment() {
        Map<String, String> all = globals.proxies();
        all.putAll(environment.map());
        all.putAll(arguments.map());
        return all;
    }
}
