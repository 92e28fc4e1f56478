package dev.carafe.bench;

import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * {@code bench stress}: a thousand starts in a row and fifty at once, under each collector, each in
 * a JVM of its own; see {@link StressRun} for what is looked at.
 */
final class Stress {
    private static final List<String> COLLECTORS =
            List.of("UseSerialGC", "UseParallelGC", "UseG1GC", "UseZGC");

    private final int starts;
    private final int atOnce;
    private final List<String> collectors;

    private Stress(int starts, int atOnce, List<String> collectors) {
        this.starts = starts;
        this.atOnce = atOnce;
        this.collectors = collectors;
    }

    static Stress parse(List<String> args) {
        int starts = 1000;
        int atOnce = 50;
        List<String> collectors = new ArrayList<>();
        for (int i = 0; i < args.size(); i++) {
            switch (args.get(i)) {
                case "--quick" -> starts = 100;
                case "--runs" -> starts = BenchOptions.number("--runs", args, ++i);
                case "--at-once" -> atOnce = BenchOptions.number("--at-once", args, ++i);
                case "--gc" -> collectors.add("Use" + BenchOptions.value("--gc", args, ++i) + "GC");
                default -> throw new IllegalArgumentException("unknown option " + args.get(i));
            }
        }
        return new Stress(starts, atOnce, collectors.isEmpty() ? COLLECTORS : collectors);
    }

    /** Returns 1 when any JVM found a violation. */
    int run(PrintStream out) throws IOException, InterruptedException {
        List<List<String>> lines = new ArrayList<>();
        List<String> violations = new ArrayList<>();
        for (String collector : collectors) {
            Path report = Files.createTempFile("carafe-stress", ".txt");
            List<String> argv =
                    PrivateMounts.java(
                            "-XX:+" + collector,
                            "-Xmx512m",
                            "-Xlog:disable",
                            "-Xlog:all=error:stderr");
            argv.addAll(
                    List.of(
                            Main.class.getName(),
                            "stress-run",
                            "" + starts,
                            "" + atOnce,
                            report.toString()));
            int status = new ProcessBuilder(argv).inheritIO().start().waitFor();
            List<String> said = Files.readAllLines(report);
            Files.delete(report);
            if (said.isEmpty()) {
                violations.add(collector + ": the JVM ended with exit code " + status);
                continue;
            }
            List<String> line = new ArrayList<>(List.of(collector));
            line.addAll(Arrays.asList(said.getFirst().split("\t", -1)));
            lines.add(line);
            said.stream()
                    .skip(1)
                    .forEach(violation -> violations.add(collector + ": " + violation));
            if (status != 0 && said.size() == 1) {
                violations.add(collector + ": exit code " + status);
            }
        }
        List<String> head = new ArrayList<>(List.of("collector"));
        head.addAll(StressRun.COLUMNS);
        out.print(Table.of(head, lines));
        violations.forEach(out::println);
        out.println(
                violations.isEmpty()
                        ? "nothing was left behind"
                        : violations.size() + " violations");
        return violations.isEmpty() ? 0 : 1;
    }
}
