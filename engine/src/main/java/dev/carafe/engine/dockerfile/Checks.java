package dev.carafe.engine.dockerfile;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** The check directive: {@code skip=RULE,RULE;error=true}, {@code skip=all}. */
record Checks(Set<String> skip, boolean error) {
    static Checks of(@Nullable String directive) {
        Set<String> skip = new HashSet<>();
        boolean error = false;
        for (String part : directive == null ? new String[0] : directive.split(";", -1)) {
            String[] pair = part.trim().split("=", 2);
            String value = pair.length == 2 ? pair[1].trim().toLowerCase(Locale.ROOT) : "";
            switch (pair[0].trim().toLowerCase(Locale.ROOT)) {
                case "skip" -> List.of(value.split(",", -1)).forEach(r -> skip.add(r.trim()));
                case "error" -> error = value.equals("true");
                default -> {
                    // rules of other builders
                }
            }
        }
        return new Checks(Set.copyOf(skip), error);
    }

    /** The warnings that are wanted, in order; under {@code error=true} the first one is thrown. */
    List<Warning> filter(String file, SourceLines lines, List<Warning> warnings)
            throws DockerfileException {
        List<Warning> wanted = new ArrayList<>(warnings);
        wanted.removeIf(
                w -> skip.contains("all") || skip.contains(w.rule().toLowerCase(Locale.ROOT)));
        wanted.sort((a, b) -> a.location().compareTo(b.location()));
        if (error && !wanted.isEmpty()) {
            Warning first = wanted.getFirst();
            String text = lines.texts().get(first.location().line() - 1);
            throw new DockerfileException(file, first.location(), first.message(), text);
        }
        return List.copyOf(wanted);
    }
}
