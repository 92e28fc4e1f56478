package dev.carafe.engine.dockerfile;

import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Names and values in the order in which the names first came, of a bounded size altogether. */
final class Values {
    /** In characters: twice what Linux lets a process have as arguments and environment. */
    private static final int MAX_TOTAL = 1 << 22;

    private final Map<String, String> map = new LinkedHashMap<>();
    private int total;

    Values(Map<String, String> from) {
        from.forEach(this::put);
    }

    private void put(String name, String value) {
        String old = map.put(name, value);
        total += value.length() - (old == null ? -name.length() : old.length());
    }

    /** Puts a value that comes of that word. */
    void put(Word word, String name, String value) throws DockerfileException {
        put(name, value);
        if (total > MAX_TOTAL) {
            throw word.error("the variables have more than " + MAX_TOTAL + " characters");
        }
    }

    void remove(String name) {
        String old = map.remove(name);
        total -= old == null ? 0 : old.length() + name.length();
    }

    @Nullable String get(String name) {
        return map.get(name);
    }

    /** A copy. */
    Map<String, String> map() {
        return new LinkedHashMap<>(map);
    }
}
