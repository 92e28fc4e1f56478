package dev.carafe.bench;

import dev.carafe.oci.json.Json;
import dev.carafe.oci.json.JsonArray;
import dev.carafe.oci.json.JsonObject;
import java.io.IOException;
import java.math.BigDecimal;
import java.math.RoundingMode;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;

/**
 * Starters measured in one run, interleaved: each round starts everybody once, in an order drawn
 * anew, so that load from elsewhere and the kernel's deferred work fall on all alike.
 *
 * @param title what they have in common
 */
record Comparison(String title, List<Samples> rows) {
    private static final int WARM_UPS = 3;
    private static final List<String> BASES =
            List.of("crun", "runc", "podman", "hello", "dockerd", "buildah", "skopeo", "tar");

    /**
     * Measures.
     *
     * @param warmUps rounds that are dropped
     */
    static Comparison run(String title, List<Starter> starters, int warmUps, int rounds) {
        List<Samples> rows = new ArrayList<>();
        List<Integer> order = new ArrayList<>();
        for (Starter starter : starters) {
            order.add(rows.size());
            rows.add(new Samples(starter.name(), rounds));
        }
        Random random = new Random(20);
        for (int round = -warmUps; round < rounds; round++) {
            Collections.shuffle(order, random);
            for (int i : order) {
                one(starters.get(i), rows.get(i), round >= 0);
            }
        }
        return new Comparison(title, rows);
    }

    static Comparison run(String title, List<Starter> starters, int rounds) {
        return run(title, starters, WARM_UPS, rounds);
    }

    private static void one(Starter starter, Samples samples, boolean counts) {
        String failure;
        try {
            starter.prepare();
            long from = System.nanoTime();
            int status = starter.start();
            long duration = System.nanoTime() - from;
            if (status == 0) {
                if (counts) {
                    samples.add(duration);
                }
                return;
            }
            failure = "exit code " + status;
        } catch (IOException | RuntimeException e) {
            failure = String.valueOf(e.getMessage());
        }
        if (counts) {
            samples.fail(failure);
        }
    }

    /** A table for people; also Markdown. */
    String table() {
        List<Samples> bases = bases();
        List<String> head = new ArrayList<>(List.of(title, "median ms", "p90", "p99"));
        bases.forEach(base -> head.add("x " + word(base)));
        head.add("starts");
        List<List<String>> lines = new ArrayList<>();
        for (Samples row : rows) {
            List<String> line = new ArrayList<>(List.of(row.name()));
            if (row.good() == 0) {
                line.addAll(List.of("failed", "", ""));
                bases.forEach(base -> line.add(""));
            } else {
                line.addAll(List.of(ms(row, 0.5), ms(row, 0.9), ms(row, 0.99)));
                bases.forEach(base -> line.add(decimal(row.ratio(base))));
            }
            line.add(
                    row.good()
                            + (row.failures() == 0
                                    ? ""
                                    : ", " + row.failures() + " failed: " + row.firstFailure()));
            lines.add(line);
        }
        return Table.of(head, lines);
    }

    /** What others are compared with: the first row, and every peer of whom a target is set. */
    private List<Samples> bases() {
        List<Samples> bases = new ArrayList<>();
        for (Samples row : rows) {
            boolean base = row == rows.getFirst() || BASES.contains(word(row));
            if (base
                    && row.good() > 0
                    && bases.stream().noneMatch(b -> word(b).equals(word(row)))) {
                bases.add(row);
            }
        }
        return bases;
    }

    private static String word(Samples row) {
        int space = row.name().indexOf(' ');
        return space < 0 ? row.name() : row.name().substring(0, space);
    }

    private static String ms(Samples row, double quantile) {
        return decimal(row.millis(quantile));
    }

    static String decimal(double value) {
        return BigDecimal.valueOf(value).setScale(2, RoundingMode.HALF_UP).toPlainString();
    }

    JsonObject json() {
        List<Json> out = new ArrayList<>();
        List<Samples> bases = bases();
        for (Samples row : rows) {
            JsonObject.Builder ratios = JsonObject.builder();
            for (Samples base : bases) {
                if (row.good() > 0) {
                    ratios.put(
                            word(base),
                            JsonObject.builder()
                                    .put("ofMedians", Samples.number(row.ratio(base)))
                                    .put("roundsP25", Samples.number(row.roundRatio(base, 0.25)))
                                    .put("roundsMedian", Samples.number(row.roundRatio(base, 0.5)))
                                    .put("roundsP75", Samples.number(row.roundRatio(base, 0.75)))
                                    .build());
                }
            }
            out.add(
                    JsonObject.builder()
                            .put("samples", row.json())
                            .put("ratios", ratios.build())
                            .build());
        }
        return JsonObject.builder()
                .put("title", title)
                .put("unit", "ms")
                .put("rows", new JsonArray(out))
                .build();
    }

    /** The row of a name, for targets. */
    Samples row(String name) throws IOException {
        for (Samples row : rows) {
            if (row.name().equals(name)) {
                return row;
            }
        }
        throw new IOException("no row " + name + " in " + title);
    }
}
