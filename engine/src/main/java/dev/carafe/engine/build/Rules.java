package dev.carafe.engine.build;

import dev.carafe.engine.dockerfile.IgnoreRules;
import java.util.HashMap;
import java.util.Map;

/** The rules of a .dockerignore or of {@code --exclude} as a filter. Safe for several threads. */
final class Rules implements Filter {
    private final Map<String, IgnoreRules.Folder> folders = new HashMap<>();

    private Rules(IgnoreRules rules) {
        folders.put("", rules.top());
    }

    /** Nothing at all costs nothing. */
    static Filter of(IgnoreRules rules) {
        return rules.isEmpty() ? Filter.NONE : new Rules(rules);
    }

    @Override
    public synchronized boolean excludes(String path, boolean directory) {
        return !path.isEmpty() && entry(path).ignored();
    }

    @Override
    public synchronized boolean excludesAllOf(String directory) {
        return !directory.isEmpty() && entry(directory).skipsAll();
    }

    private IgnoreRules.Entry entry(String path) {
        return folder(At.parent(path)).entry(At.text(At.last(path)));
    }

    private IgnoreRules.Folder folder(String path) {
        IgnoreRules.Folder known = folders.get(path);
        if (known == null) {
            known = entry(path).folder();
            folders.put(path, known);
        }
        return known;
    }
}
