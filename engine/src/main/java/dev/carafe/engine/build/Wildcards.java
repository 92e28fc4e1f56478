package dev.carafe.engine.build;

import dev.carafe.engine.dockerfile.Glob;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/** The files that a source of COPY or ADD means, which may be a pattern. */
final class Wildcards {
    private static final int MOST = 1_000_000;

    private final Source source;
    private final List<Source.Found> found = new ArrayList<>();

    private Wildcards(Source source) {
        this.source = source;
    }

    /**
     * Finds them, in the order of their names.
     *
     * @throws BuildException when a path that is no pattern leads to nothing
     */
    static List<Source.Found> find(Source source, String text) throws IOException {
        String path = At.clean(text);
        if (!Glob.isPattern(text)) {
            Source.Found one = source.find(At.bytes(path));
            if (one == null) {
                throw new BuildException(source.name() + " has no /" + At.shown(At.bytes(path)));
            }
            return List.of(one);
        }
        Wildcards all = new Wildcards(source);
        all.expand("", path);
        return all.found;
    }

    private void expand(String directory, String pattern) throws IOException {
        int slash = pattern.indexOf('/');
        String part = slash < 0 ? pattern : pattern.substring(0, slash);
        if (!Glob.isPattern(part)) {
            // a backslash stands for what follows it
            next(At.join(directory, At.bytes(unescaped(part))), pattern, slash);
            return;
        }
        Glob glob;
        try {
            glob = Glob.of(part);
        } catch (IllegalArgumentException e) {
            throw new BuildException(
                    "the pattern " + At.shown(At.bytes(part)) + ": " + e.getMessage(), e);
        }
        for (String name : source.names(directory)) {
            if (glob.matches(At.text(name))) {
                next(At.join(directory, name), pattern, slash);
            }
        }
    }

    private void next(String path, String pattern, int slash) throws IOException {
        if (slash >= 0) {
            expand(path, pattern.substring(slash + 1));
            return;
        }
        Source.Found one = source.find(path);
        if (one != null) {
            if (found.size() == MOST) {
                throw new BuildException("the pattern matches more than " + MOST + " files");
            }
            found.add(one);
        }
    }

    private static String unescaped(String part) {
        StringBuilder out = new StringBuilder();
        for (int i = 0; i < part.length(); i++) {
            if (part.charAt(i) == '\\' && i + 1 < part.length()) {
                i++;
            }
            out.append(part.charAt(i));
        }
        return out.toString();
    }
}
