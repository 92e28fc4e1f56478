package dev.carafe.cli;

import dev.carafe.engine.ContainerRecord;
import dev.carafe.engine.Engine;
import dev.carafe.oci.json.JsonObject;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/** {@code carafe ps}: lists containers. */
final class Ps {
    private static final int WIDEST_COMMAND = 20;

    private Ps() {}

    static Verb verb() {
        return new Verb(
                "ps",
                "[OPTIONS]",
                "List containers",
                "Lists the running containers, whichever process started them.",
                Given.options(
                        Option.flag('a', "all", "Show ended ones too"),
                        Option.missing('f', "filter", "use grep"),
                        Option.takes(
                                "format",
                                "FORMAT",
                                "json, an object a line, or the default, table"),
                        Option.flag("no-trunc", "Show whole ids and commands"),
                        Option.flag('q', "quiet", "Show ids only")),
                "carafe ps\ncarafe ps -aq\ncarafe ps -a --format json\n");
    }

    static int run(String[] args, Console console) throws UsageException {
        Given given = Given.read(verb(), args, 0, 0, console);
        if (given == null) {
            return 0;
        }
        boolean json = given.json();
        try (Engine engine = Engine.open()) {
            List<ContainerRecord> containers = new ArrayList<>();
            for (ContainerRecord container : engine.list()) {
                if (given.has("all") || container.isRunning()) {
                    containers.add(container);
                }
            }
            containers.sort(Comparator.comparingLong(ContainerRecord::created).reversed());
            boolean whole = given.has("no-trunc");
            long now = System.currentTimeMillis() / 1000;
            if (given.has("quiet")) {
                containers.forEach(c -> console.println(id(c, whole)));
            } else if (json) {
                containers.forEach(c -> console.println(json(engine, c, whole, now)));
            } else {
                console.print(table(engine, containers, whole, now));
            }
        }
        return 0;
    }

    private static String table(
            Engine engine, List<ContainerRecord> containers, boolean whole, long now) {
        Table table =
                new Table(
                        "CONTAINER ID", "IMAGE", "COMMAND", "CREATED", "STATUS", "PORTS", "NAMES");
        for (ContainerRecord container : containers) {
            table.row(
                    id(container, whole),
                    container.image(),
                    command(container, whole),
                    Units.ago(now - container.created()),
                    status(container, engine.isPaused(container), now),
                    "",
                    container.name());
        }
        return table.toString();
    }

    private static String json(Engine engine, ContainerRecord container, boolean whole, long now) {
        boolean paused = engine.isPaused(container);
        return JsonObject.builder()
                .put("Command", command(container, whole))
                .put("ID", id(container, whole))
                .put("Image", container.image())
                .put("Isolation", container.isolation().text())
                .put("Labels", labels(container))
                .put("Names", container.name())
                .put("State", paused ? "paused" : container.isRunning() ? "running" : "exited")
                .put("Status", status(container, paused, now))
                .build()
                .compact();
    }

    private static String labels(ContainerRecord container) {
        List<String> labels = new ArrayList<>();
        container.labels().forEach((key, value) -> labels.add(key + "=" + value));
        return String.join(",", labels);
    }

    private static String id(ContainerRecord container, boolean whole) {
        return whole ? container.id() : container.id().substring(0, 12);
    }

    private static String command(ContainerRecord container, boolean whole) {
        String command = String.join(" ", container.command());
        boolean cut = !whole && command.length() > WIDEST_COMMAND;
        return "\"" + (cut ? command.substring(0, WIDEST_COMMAND - 1) + "…" : command) + "\"";
    }

    private static String status(ContainerRecord container, boolean paused, long now) {
        if (container.isRunning()) {
            return "Up " + Units.age(now - container.created()) + (paused ? " (Paused)" : "");
        }
        String ago = container.finished() > 0 ? " " + Units.ago(now - container.finished()) : "";
        return container.status().isPresent()
                ? "Exited (" + container.status().getAsInt() + ")" + ago
                : "Exited (unknown: its owner ended first)" + ago;
    }
}
