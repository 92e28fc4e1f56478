package dev.carafe.engine.build;

import dev.carafe.engine.dockerfile.Instruction;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** COPY. */
final class CopyStep {
    private final StageBuild build;
    private final Work work;
    private final Instruction.Copy copy;
    private final Copying copying;

    CopyStep(StageBuild build, Instruction.Copy copy) throws IOException {
        this.build = build;
        this.work = build.work();
        this.copy = copy;
        this.copying = new Copying(build, copy.copying());
    }

    void run() throws IOException {
        int number = build.begin(copy);
        try {
            run(number);
        } catch (IOException | RuntimeException e) {
            work.listener().failed(number, String.valueOf(e.getMessage()));
            throw e;
        }
    }

    /**
     * A stage's files are known by its layers without reading them; should the layers be others,
     * their contents may still be the same.
     */
    private void run(int number) throws IOException {
        String quick = quickKey();
        String key = quick == null ? null : work.cache().alias(quick);
        if (key != null && build.reuse(number, key, copying.history("COPY"))) {
            return;
        }
        List<Found> sources = find();
        key = contentKey(sources);
        if (!build.reuse(number, key, copying.history("COPY"))) {
            build.make(
                    number,
                    key,
                    copying.history("COPY"),
                    (n, upper, overlay) -> write(sources, upper, overlay));
            work.listener().done(number);
        }
        if (quick != null) {
            work.cache().alias(quick, key);
        }
    }

    /** What a source pattern gave. */
    private record Found(Source source, String pattern, Source.Found file) {}

    private @Nullable String quickKey() throws IOException {
        String identity = work.inputs().identity(copy.from());
        if (identity == null || copying.sources().isEmpty()) {
            return null;
        }
        return copying.key("copy-from")
                .put(copy.parents() ? 1 : 0)
                .put(identity)
                .put(copying.sources())
                .hex();
    }

    private List<Found> find() throws IOException {
        List<Found> found = new ArrayList<>();
        if (copying.sources().isEmpty()) {
            return found;
        }
        Source source = work.inputs().source(copy.from());
        for (String pattern : copying.sources()) {
            for (Source.Found file : Wildcards.find(source, pattern)) {
                found.add(new Found(source, pattern, file));
            }
        }
        return found;
    }

    private String contentKey(List<Found> sources) throws IOException {
        Hash hash = copying.key("copy").put(copy.parents() ? 1 : 0);
        for (Found one : sources) {
            hash.put(one.file.asked()).put(copy.parents() ? one.pattern : "");
            hash.put(
                    new Contents(one.source, copying.excludes(), work.digests())
                            .add(List.of(one.file))
                            .hex());
        }
        return hash.hex();
    }

    private void write(List<Found> sources, Path upper, Path overlay) throws IOException {
        try (Copier copier = copying.open(upper, overlay)) {
            for (Found one : sources) {
                if (copy.parents()) {
                    String kept = kept(one);
                    copier.copyWithParents(
                            one.source, one.file, kept, copying.destination(), copying.excludes());
                } else {
                    copier.copy(
                            one.source,
                            one.file,
                            copying.destination(),
                            copying.slash(),
                            copying.excludes());
                }
            }
            copying.writeInline(copier);
        }
    }

    /** With --parents, what is behind a {@code /./} of the source is kept; else all of it. */
    private static String kept(Found one) {
        String asked = one.file.asked();
        int pivot = one.pattern.indexOf("/./");
        if (pivot < 0) {
            return asked;
        }
        String base = At.bytes(At.clean(one.pattern.substring(0, pivot)));
        int parts = base.isEmpty() ? 0 : base.split("/", -1).length;
        String rest = asked;
        for (int i = 0; i < parts; i++) {
            rest = rest.substring(rest.indexOf('/') + 1);
        }
        return rest;
    }
}
