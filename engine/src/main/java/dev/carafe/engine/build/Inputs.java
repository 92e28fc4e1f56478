package dev.carafe.engine.build;

import java.io.IOException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Everything that a build takes files from, by the name that {@code from} gives: the context for
 * none, then the named contexts, the stages, and images. Opened when first asked for.
 */
final class Inputs implements RunMounts.From, AutoCloseable {
    private final Context context;
    private final Map<String, Context> named;
    private final Stages stages;
    private final Map<String, Opened> trees = new HashMap<>();

    /** What stages and images there are. */
    interface Stages {
        /** A stage's number by its name or its number as text; -1 when it is none. */
        int index(String name);

        /** A stage's result, waiting for it. */
        State stage(int index) throws IOException;

        /** An image's state. */
        State image(String reference) throws IOException;

        /** An empty directory with an empty directory {@code lower} beside it. */
        Path empty() throws IOException;
    }

    private record Opened(Source source, List<Path> lowers, Merged merged) {}

    Inputs(Context context, Map<String, Context> named, Stages stages) {
        this.context = context;
        this.named = named;
        this.stages = stages;
    }

    @Override
    public Source source(@Nullable String name) throws IOException {
        Context own = contextOf(name);
        return own != null ? own.source() : opened(String.valueOf(name)).source();
    }

    @Override
    public List<Path> layers(@Nullable String name) throws IOException {
        return contextOf(name) != null ? List.of() : opened(String.valueOf(name)).lowers();
    }

    /** What an input's files are, told without reading them; null when only reading tells. */
    @Nullable String identity(@Nullable String name) throws IOException {
        return contextOf(name) != null ? null : state(String.valueOf(name)).identity();
    }

    @Override
    public Path empty() throws IOException {
        return stages.empty();
    }

    private @Nullable Context contextOf(@Nullable String name) {
        return name == null ? context : named.get(name.toLowerCase(Locale.ROOT));
    }

    private State state(String name) throws IOException {
        int index = stages.index(name);
        return index >= 0 ? stages.stage(index) : stages.image(name);
    }

    private Opened opened(String name) throws IOException {
        State state = state(name);
        int index = stages.index(name);
        String key = index >= 0 ? "stage " + index : "image " + name;
        synchronized (trees) {
            Opened known = trees.get(key);
            if (known == null) {
                List<Path> lowers = state.lowers();
                Merged merged = Merged.readOnly(lowers, stages.empty());
                String shown = index >= 0 ? "stage " + name : "image " + name;
                Source source = new Source(merged.root(), Filter.NONE, false, shown);
                known = new Opened(source, lowers, merged);
                trees.put(key, known);
            }
            return known;
        }
    }

    @Override
    public void close() throws IOException {
        for (Opened one : trees.values()) {
            one.merged().close();
        }
        for (Context one : named.values()) {
            one.close();
        }
        context.close();
    }
}
