package dev.carafe.cli;

import dev.carafe.engine.registry.Registries;
import dev.carafe.engine.registry.SearchResult;
import dev.carafe.oci.json.JsonObject;
import java.io.IOException;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** {@code carafe search}: looks for images in a registry. */
final class Search {
    private static final int USUAL_LIMIT = 25;
    private static final int MAX_LIMIT = 100;
    private static final int SHORT = 45;

    private Search() {}

    static Verb verb() {
        return new Verb(
                "search",
                "[OPTIONS] [REGISTRY/]TERM",
                "Search a registry for images",
                "Looks for a word in the names of images, at Docker Hub unless a registry is named. Most others\n"
                        + "have no search; where they list their repositories, that list is searched.",
                Given.options(
                        Option.missing('f', "filter", "read the columns of --format json"),
                        Option.takes(
                                "format",
                                "FORMAT",
                                "json, an object a line, or the default, table"),
                        Option.takes(
                                "limit", "N", "Show at most so many, 1 to 100; 25 unless given"),
                        Option.flag("no-trunc", "Show whole descriptions")),
                "carafe search debian\ncarafe search --limit 5 localhost:5000/app\n");
    }

    static int run(String[] args, Console console) throws UsageException, IOException {
        Given given = Given.read(verb(), args, 1, 1, console);
        if (given == null) {
            return 0;
        }
        int limit = limit(given.get("limit"));
        boolean json = given.json();
        String term = given.arguments().getFirst();
        int slash = term.indexOf('/');
        boolean named = slash >= 0 && isHost(term.substring(0, slash));
        String host = named ? Registries.host(term.substring(0, slash)) : "docker.io";
        List<SearchResult> found;
        try (Registries registries = Registries.open()) {
            found = registries.search(host, named ? term.substring(slash + 1) : term, limit);
        }
        console.print(json ? json(found) : table(found, given.has("no-trunc")));
        return 0;
    }

    /** As in names of images: what could be no part of a path. */
    private static boolean isHost(String first) {
        return first.equals("localhost") || first.indexOf('.') >= 0 || first.indexOf(':') >= 0;
    }

    private static int limit(@Nullable String text) throws UsageException {
        if (text == null) {
            return USUAL_LIMIT;
        }
        try {
            int limit = Integer.parseInt(text);
            if (limit >= 1 && limit <= MAX_LIMIT) {
                return limit;
            }
        } catch (NumberFormatException e) {
            // told below
        }
        throw new UsageException(
                "invalid argument \"" + text + "\" for \"--limit\" flag: it must be 1 to 100");
    }

    static String table(List<SearchResult> found, boolean whole) {
        Table table = new Table("NAME", "DESCRIPTION", "STARS", "OFFICIAL");
        for (SearchResult one : found) {
            String text = one.description();
            if (!whole && text.codePointCount(0, text.length()) > SHORT) {
                text = text.substring(0, text.offsetByCodePoints(0, SHORT - 1)) + "…";
            }
            String stars = Long.toString(one.stars());
            table.row(one.name(), text, stars, one.official() ? "[OK]" : "");
        }
        return table.toString();
    }

    private static String json(List<SearchResult> found) {
        StringBuilder out = new StringBuilder();
        for (SearchResult one : found) {
            JsonObject object =
                    JsonObject.builder()
                            .put("Description", one.description())
                            .put("IsOfficial", Boolean.toString(one.official()))
                            .put("Name", one.name())
                            .put("StarCount", Long.toString(one.stars()))
                            .build();
            out.append(object.compact()).append('\n');
        }
        return out.toString();
    }
}
