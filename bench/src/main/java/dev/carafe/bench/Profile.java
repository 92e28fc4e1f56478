package dev.carafe.bench;

import dev.carafe.linux.Named;
import dev.carafe.linux.Pidfd;
import dev.carafe.linux.Plan;
import dev.carafe.linux.PlanException;
import dev.carafe.linux.PlanRun;
import dev.carafe.linux.Stage;
import dev.carafe.linux.Step;
import dev.carafe.linux.Sys;
import dev.carafe.oci.json.Json;
import dev.carafe.oci.json.JsonArray;
import dev.carafe.oci.json.JsonObject;
import dev.carafe.runtime.Start;
import dev.carafe.runtime.StartException;
import dev.carafe.runtime.cgroup.CgroupException;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Where the time of a start goes, from the time stamps that each step of a plan leaves. */
final class Profile {
    private static final int SHOWN = 24;

    private final CarafeStarter starter;
    private final long flags;
    private final List<Named> stdio;
    private final double ticksPerNano;
    private final Map<String, List<Double>> micros = new LinkedHashMap<>();

    /**
     * @param flags the CLONE_NEW* flags of the starter's namespaces
     */
    Profile(CarafeStarter starter, long flags, List<Named> stdio) throws IOException {
        this.starter = starter;
        this.flags = flags;
        this.stdio = stdio;
        this.ticksPerNano = calibrate();
    }

    private static double calibrate() throws IOException {
        long[] ticks = new long[2];
        long[] nanos = new long[2];
        for (int i = 0; i < 2; i++) {
            Plan plan = new Plan();
            Step step = plan.call("a time stamp", Sys.GETPID);
            try (PlanRun run = PlanRun.of(plan)) {
                nanos[i] = System.nanoTime();
                ticks[i] = run.ticks(step);
            } catch (PlanException e) {
                throw new IOException(e.getMessage(), e);
            }
            if (i == 0) {
                try {
                    Thread.sleep(200);
                } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                }
            }
        }
        return (double) (ticks[1] - ticks[0]) / (nanos[1] - nanos[0]);
    }

    void run(int warmUps, int runs) throws IOException {
        for (int i = -warmUps; i < runs; i++) {
            if (i == 0) {
                micros.clear();
            }
            try {
                one();
            } catch (StartException | CgroupException | PlanException e) {
                throw new IOException(e.getMessage(), e);
            }
        }
    }

    private void one() throws IOException, StartException, CgroupException, PlanException {
        long begin = System.nanoTime();
        Start.Request request = starter.next();
        Plan container = Start.explain(request).container();
        long planned = System.nanoTime();
        Plan launch = new Plan();
        if (request.cgroup().isPresent()) {
            request.cgroup().get().prepare(launch);
        }
        try (Stage stage = Stage.of(container)) {
            stage.launch(launch, new Stage.Clone(flags, false, List.of(), stdio, -1));
            long assembled = System.nanoTime();
            try (PlanRun run = PlanRun.of(launch)) {
                Pidfd child = stage.started(run);
                stage.await(run);
                long started = System.nanoTime();
                child.await();
                child.close();
                long ended = System.nanoTime();
                if (request.cgroup().isPresent()) {
                    request.cgroup().get().remove();
                }
                long removed = System.nanoTime();
                add("Java: write the container's plan", (planned - begin) / 1e3);
                add(
                        "Java: write the launch plan, assemble the container's",
                        (assembled - planned) / 1e3);
                add("Java: remove the cgroup", (removed - ended) / 1e3);
                add(
                        "process: from execve seen by the JVM to its end reaped",
                        (ended - started) / 1e3);
                add("all", (removed - begin) / 1e3);
                steps(launch, container, run, stage);
            }
        }
    }

    private void steps(Plan launch, Plan container, PlanRun run, Stage stage) {
        long before = 0;
        boolean child = false;
        boolean parentsEnd = false;
        for (Step step : launch.steps()) {
            if (step.sys() == Sys.CLONE3) {
                parentsEnd = true;
                continue;
            }
            if (parentsEnd) {
                // what the parent does while the child goes on
                parentsEnd = step.sys() != Sys.GETPID;
                child = !parentsEnd;
                continue;
            }
            String name =
                    child ? "clone3 with the namespaces, and the first step inside" : name(step);
            long now = run.ticks(step);
            if (now != 0) {
                if (before != 0) {
                    add(name, micros(now - before));
                }
                before = now;
                child = false;
            }
        }
        boolean first = true;
        for (Step step : container.steps()) {
            long now = stage.ticks(step);
            if (now != 0) {
                add(
                        first ? "execveat of the stage, and mapping its plan" : name(step),
                        micros(now - before));
                before = now;
                first = false;
            }
        }
    }

    private double micros(long ticks) {
        return ticks / ticksPerNano / 1e3;
    }

    private static String name(Step step) {
        return step.sys().call() + ": " + step.why();
    }

    private void add(String name, double value) {
        // steps of one name, such as a masked path's, are one line
        micros.computeIfAbsent(name, n -> new ArrayList<>()).add(value);
    }

    /**
     * Microseconds by step, the dearest first: the median of one, times how often a start does it.
     */
    private List<Map.Entry<String, double[]>> costs() {
        int runs = micros.getOrDefault("all", List.of()).size();
        Map<String, double[]> costs = new LinkedHashMap<>();
        micros.forEach(
                (name, values) -> {
                    double[] sorted =
                            values.stream().mapToDouble(Double::doubleValue).sorted().toArray();
                    double times = Math.rint((double) sorted.length / Math.max(1, runs));
                    double median = sorted[sorted.length / 2];
                    costs.put(
                            name,
                            new double[] {median * times, times, sorted[sorted.length * 9 / 10]});
                });
        List<Map.Entry<String, double[]>> list = new ArrayList<>(costs.entrySet());
        list.sort((a, b) -> Double.compare(b.getValue()[0], a.getValue()[0]));
        return list;
    }

    String table(String title) {
        List<List<String>> lines = new ArrayList<>();
        for (Map.Entry<String, double[]> cost : costs()) {
            if (lines.size() < SHOWN) {
                double[] value = cost.getValue();
                lines.add(
                        List.of(
                                cost.getKey(),
                                "" + Math.round(value[0]),
                                "" + Math.round(value[1]),
                                "" + Math.round(value[2])));
            }
        }
        return Table.of(Arrays.asList("carafe, " + title, "us", "times", "p90 of one"), lines);
    }

    JsonObject json(String title) {
        List<Json> out = new ArrayList<>();
        for (Map.Entry<String, double[]> cost : costs()) {
            out.add(
                    JsonObject.builder()
                            .put("step", cost.getKey())
                            .put("us", Samples.number(cost.getValue()[0]))
                            .put("times", (long) cost.getValue()[1])
                            .build());
        }
        return JsonObject.builder().put("title", title).put("steps", new JsonArray(out)).build();
    }
}
