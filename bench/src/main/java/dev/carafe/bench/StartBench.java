package dev.carafe.bench;

import dev.carafe.oci.json.Json;
import dev.carafe.oci.json.JsonArray;
import dev.carafe.oci.json.JsonObject;
import dev.carafe.oci.json.JsonString;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** {@code bench start}: what it costs to start a container, beside other engines. */
final class StartBench {
    private static final List<Variant> VARIANTS =
            List.of(
                    new Variant(true, true, true),
                    new Variant(true, false, true),
                    new Variant(false, true, true),
                    new Variant(false, false, true),
                    new Variant(true, true, false));

    private final BenchOptions options;
    private final PrintStream out;
    private final List<Json> tables = new ArrayList<>();
    private final List<Json> notes = new ArrayList<>();

    StartBench(BenchOptions options, PrintStream out) {
        this.options = options;
        this.out = out;
    }

    int run() throws IOException {
        String before = load();
        HostFactsText.print(out);
        note("load average before: " + before);
        try (Workspace workspace = Workspace.of(options.rootfs())) {
            if (options.parts().contains("warm")) {
                warm(workspace);
            }
            if (options.parts().contains("profile")) {
                profile(workspace);
            }
            if (options.parts().contains("cold") || options.parts().contains("idle")) {
                cold(workspace);
            }
        }
        String after = load();
        note("load average after: " + after);
        if (!options.json().toString().isEmpty()) {
            JsonObject json =
                    JsonObject.builder()
                            .put("host", HostFactsText.json())
                            .put("loadBefore", before)
                            .put("loadAfter", after)
                            .put("runs", (long) options.runs())
                            .put("coldRuns", (long) options.coldRuns())
                            .put("notes", new JsonArray(notes))
                            .put("tables", new JsonArray(tables))
                            .build();
            Files.writeString(options.json(), json + "\n");
        }
        return 0;
    }

    private void warm(Workspace workspace) throws IOException {
        try (WarmStarts warm = new WarmStarts(workspace)) {
            note("cgroups here: " + warm.cgroupMode());
            for (Variant variant : VARIANTS) {
                show(warm.compare(variant, options.runs()));
            }
        }
    }

    private void profile(Workspace workspace) throws IOException {
        try (WarmStarts warm = new WarmStarts(workspace)) {
            Variant variant = VARIANTS.getFirst();
            Profile profile = warm.profile(variant, options.runs());
            out.println();
            out.print(profile.table(variant.title()));
            tables.add(profile.json(variant.title()));
        }
    }

    private void cold(Workspace workspace) throws IOException {
        ColdStarts cold = new ColdStarts(workspace, options, this::note);
        try {
            if (options.parts().contains("cold")) {
                show(cold.containers(true));
                show(cold.containers(false));
                show(cold.jvm());
            }
            if (options.parts().contains("idle")) {
                idle(workspace, cold);
            }
        } finally {
            cold.close();
        }
    }

    private void idle(Workspace workspace, ColdStarts cold) throws IOException {
        Idle idle = new Idle();
        try (WarmStarts warm = new WarmStarts(workspace)) {
            idle.embedded(warm);
        }
        idle.command(cold);
        if (cold.hasPodman()) {
            idle.podman(cold, workspace);
        }
        out.println();
        out.print(idle.table());
        tables.add(idle.json());
    }

    private void show(Comparison comparison) {
        out.println();
        out.print(comparison.table());
        out.flush();
        tables.add(comparison.json());
    }

    private void note(String text) {
        out.println(text);
        notes.add(new JsonString(text));
    }

    private static String load() throws IOException {
        return Files.readString(Path.of("/proc/loadavg")).trim();
    }
}
