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

/** {@code bench image}: what it costs to move and to make images, beside other engines. */
final class ImageBench {
    /** What can be measured. */
    static final List<String> PARTS = List.of("pull", "unpack", "build");

    private static final int ROUNDS = 11;
    private static final int QUICK = 3;

    private final PrintStream out;
    private final int rounds;
    private final List<String> parts;
    private final Path json;
    private final List<Json> tables = new ArrayList<>();
    private final List<Json> notes = new ArrayList<>();

    private ImageBench(PrintStream out, int rounds, List<String> parts, Path json) {
        this.out = out;
        this.rounds = rounds;
        this.parts = parts;
        this.json = json;
    }

    static ImageBench parse(List<String> args, PrintStream out) {
        int rounds = ROUNDS;
        Path json = Path.of("");
        List<String> parts = new ArrayList<>();
        for (int i = 0; i < args.size(); i++) {
            String arg = args.get(i);
            switch (arg) {
                case "--quick" -> rounds = QUICK;
                case "--runs" -> rounds = BenchOptions.number(arg, args, ++i);
                case "--json" ->
                        json = Path.of(BenchOptions.value(arg, args, ++i)).toAbsolutePath();
                case "--part" -> {
                    String part = BenchOptions.value(arg, args, ++i);
                    if (!PARTS.contains(part)) {
                        throw new IllegalArgumentException("--part " + part + ": one of " + PARTS);
                    }
                    parts.add(part);
                }
                default -> throw new IllegalArgumentException("unknown option " + arg);
            }
        }
        return new ImageBench(out, rounds, parts.isEmpty() ? PARTS : List.copyOf(parts), json);
    }

    int run() throws IOException {
        String before = load();
        HostFactsText.print(out);
        note("load average before: " + before);
        try (Workspace workspace = Workspace.of(image("busybox.tar"))) {
            if (parts.contains("build")) {
                try (BuildBench build =
                        new BuildBench(workspace, image("busybox.docker.tar"), this::note)) {
                    show(build.cold(rounds));
                    show(build.cached(rounds));
                    show(build.late(rounds));
                }
            }
        }
        if (parts.contains("pull") || parts.contains("unpack")) {
            try (Workspace workspace = Workspace.of(image("busybox.tar"));
                    PullBench pull = new PullBench(workspace, image("bench.oci"), this::note)) {
                if (parts.contains("pull")) {
                    show(pull.pull(rounds));
                }
                if (parts.contains("unpack")) {
                    show(pull.unpack(rounds));
                }
            }
        }
        String after = load();
        note("load average after: " + after);
        if (!json.toString().isEmpty()) {
            JsonObject results =
                    JsonObject.builder()
                            .put("host", HostFactsText.json())
                            .put("loadBefore", before)
                            .put("loadAfter", after)
                            .put("runs", (long) rounds)
                            .put("notes", new JsonArray(notes))
                            .put("tables", new JsonArray(tables))
                            .build();
            Files.writeString(json, results + "\n");
        }
        return 0;
    }

    private static Path image(String name) {
        return Path.of(
                System.getenv().getOrDefault("CARAFE_TEST_IMAGES", "/var/tmp/carafe-test-images"),
                name);
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
