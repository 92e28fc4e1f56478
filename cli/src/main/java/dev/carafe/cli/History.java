package dev.carafe.cli;

import dev.carafe.engine.Engine;
import dev.carafe.engine.image.HistoryEntry;
import dev.carafe.oci.json.JsonObject;
import java.io.IOException;
import java.time.Instant;
import java.util.List;

/** {@code carafe history}: how an image came to be. */
final class History {
    private static final int COMMAND = 45;

    private History() {}

    static Verb verb() {
        return new Verb(
                "history",
                "[OPTIONS] IMAGE",
                "Show how an image came to be",
                "Lists the instructions that made an image, the last first, with the size of each one's layer.",
                Given.options(
                        Option.takes(
                                "format",
                                "FORMAT",
                                "json, an object a line, or the default, table"),
                        Option.flag('H', "human", "Sizes and times to read, which is the default"),
                        Option.flag("no-trunc", "Show whole ids and commands"),
                        Option.missing("platform", "an image has one platform here"),
                        Option.flag('q', "quiet", "Show ids only")),
                "carafe history debian:bookworm\ncarafe history --no-trunc --human=false app:1\n");
    }

    static int run(String[] args, Console console) throws UsageException, IOException {
        Given given = Given.read(verb(), args, 1, 1, console);
        if (given == null) {
            return 0;
        }
        boolean json = given.json();
        boolean whole = given.has("no-trunc");
        boolean human = given.get("human") == null || given.has("human");
        try (Engine engine = Engine.open()) {
            List<HistoryEntry> entries = engine.images().history(given.arguments().getFirst());
            if (given.has("quiet")) {
                for (HistoryEntry entry : entries) {
                    console.println(id(entry, whole));
                }
            } else if (json) {
                for (HistoryEntry entry : entries) {
                    console.println(json(entry, whole, human).compact());
                }
            } else {
                console.print(table(entries, whole, human));
            }
        }
        return 0;
    }

    private static JsonObject json(HistoryEntry entry, boolean whole, boolean human) {
        return JsonObject.builder()
                .put("Comment", entry.comment())
                .put("CreatedAt", entry.created())
                .put("CreatedBy", command(entry, whole))
                .put("CreatedSince", Images.ago(entry.created(), Instant.now()))
                .put("ID", id(entry, whole))
                .put("Size", size(entry, human))
                .build();
    }

    private static String table(List<HistoryEntry> entries, boolean whole, boolean human) {
        Table table =
                new Table(
                        "IMAGE", human ? "CREATED" : "CREATED AT", "CREATED BY", "SIZE", "COMMENT");
        Instant now = Instant.now();
        for (HistoryEntry entry : entries) {
            String created = entry.created();
            table.row(
                    id(entry, whole),
                    human ? Images.ago(created, now) : created == null ? "N/A" : created,
                    command(entry, whole),
                    size(entry, human),
                    entry.comment());
        }
        return table.toString();
    }

    private static String id(HistoryEntry entry, boolean whole) {
        String id = entry.id();
        return whole || !id.startsWith("sha256:") ? id : id.substring(7, 19);
    }

    private static String size(HistoryEntry entry, boolean human) {
        return human ? Units.size(entry.size()) : Long.toString(entry.size());
    }

    /** On one line, and in the table no longer than Docker's. */
    private static String command(HistoryEntry entry, boolean whole) {
        String command = entry.createdBy().replace('\t', ' ').replace('\n', ' ');
        return whole || command.length() <= COMMAND
                ? command
                : command.substring(0, COMMAND - 1) + "…";
    }
}
