package dev.carafe.engine.registry;

import java.util.List;
import java.util.TreeSet;

/**
 * What a request wants to do, in the words of token servers (distribution's auth/scope.md).
 *
 * @param path of the repository whose credentials count; empty for the registry as a whole
 * @param texts such as {@code repository:library/debian:pull}; may be empty
 */
record Scope(String path, List<String> texts) {
    static final Scope REGISTRY = new Scope("", List.of());
    static final Scope CATALOG = new Scope("", List.of("registry:catalog:*"));

    static Scope pull(String path) {
        return new Scope(path, List.of("repository:" + path + ":pull"));
    }

    static Scope push(String path) {
        return new Scope(path, List.of("repository:" + path + ":pull,push"));
    }

    static Scope mount(String path, String from) {
        return new Scope(
                path, List.of("repository:" + path + ":pull,push", "repository:" + from + ":pull"));
    }

    /** Together with what a challenge names, which may be the same. */
    List<String> with(String challenge) {
        TreeSet<String> all = new TreeSet<>(texts);
        for (String one : challenge.split(" ", -1)) {
            if (!one.isEmpty() && all.size() < 16) {
                all.add(one);
            }
        }
        return List.copyOf(all);
    }
}
