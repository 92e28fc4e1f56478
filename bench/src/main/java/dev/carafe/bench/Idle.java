package dev.carafe.bench;

import dev.carafe.linux.Pidfd;
import dev.carafe.oci.json.Json;
import dev.carafe.oci.json.JsonArray;
import dev.carafe.oci.json.JsonObject;
import dev.carafe.runtime.Running;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/** What a container costs that only sleeps: processes beside its own, and memory. */
final class Idle {
    private static final int SIGKILL = 9;

    /**
     * A row.
     *
     * @param helpers processes beside the container's own
     * @param helpersKb their memory: proportional set size
     * @param containerKb the container's own
     */
    record Row(String name, int helpers, long helpersKb, long containerKb) {}

    private final List<Row> rows = new ArrayList<>();

    void embedded(WarmStarts warm) throws IOException {
        Set<Integer> before = descendants();
        CarafeStarter starter =
                warm.carafe("idle", new Variant(true, false, true), List.of("/bin/sleep", "1000"));
        Running running = starter.begin();
        try {
            settle();
            Set<Integer> now = descendants();
            now.removeAll(before);
            now.remove(running.process().pid());
            rows.add(
                    new Row(
                            "carafe, embedded in a JVM",
                            now.size(),
                            memory(now),
                            memory(Set.of(running.process().pid()))));
        } finally {
            running.process().signal(SIGKILL);
            running.process().await();
            running.process().close();
        }
    }

    void command(ColdStarts cold) throws IOException {
        Set<Integer> before = descendants();
        Pidfd command =
                cold.spawn(cold.carafe("run", "--rm", "--network", "none", "host", "sleep", "1000"))
                        .start();
        try {
            Set<Integer> now = Set.of();
            for (int i = 0; i < 100 && now.size() < 2; i++) {
                settle();
                now = descendants();
                now.removeAll(before);
            }
            if (now.size() < 2) {
                throw new IOException("carafe run host sleep: no container came up");
            }
            settle();
            now = descendants();
            now.removeAll(before);
            Set<Integer> java = Set.of(command.pid());
            Set<Integer> own = new HashSet<>(now);
            own.removeAll(java);
            rows.add(
                    new Row(
                            "carafe run in the foreground: the command itself",
                            1,
                            memory(java),
                            memory(own)));
        } finally {
            // the first process of a PID namespace ignores what it does not handle, SIGTERM too
            ProcessHandle.of(command.pid())
                    .ifPresent(java -> java.children().forEach(ProcessHandle::destroyForcibly));
            command.await();
            command.close();
        }
    }

    void podman(ColdStarts cold, Workspace workspace) throws IOException {
        Path pid = workspace.file("idle.pid");
        Path conmon = workspace.file("conmon.pid");
        if (cold.spawn(cold.podmanSleep(pid, conmon)).run() != 0) {
            throw new IOException("podman run -d: " + workspace.lastWords());
        }
        settle();
        int helper = Integer.parseInt(Files.readString(conmon).trim());
        int own = Integer.parseInt(Files.readString(pid).trim());
        rows.add(new Row("podman run -d: conmon", 1, memory(Set.of(helper)), memory(Set.of(own))));
    }

    private static void settle() throws IOException {
        try {
            Thread.sleep(200);
        } catch (InterruptedException e) {
            throw new IOException(e);
        }
    }

    private static Set<Integer> descendants() {
        Set<Integer> all = new HashSet<>();
        ProcessHandle.current().descendants().forEach(p -> all.add((int) p.pid()));
        return all;
    }

    private static long memory(Set<Integer> pids) throws IOException {
        long sum = 0;
        for (int pid : pids) {
            for (String line : Files.readAllLines(Path.of("/proc/" + pid + "/smaps_rollup"))) {
                if (line.startsWith("Pss:")) {
                    sum += Long.parseLong(line.substring(4, line.length() - 2).trim());
                }
            }
        }
        return sum;
    }

    String table() {
        List<List<String>> lines = new ArrayList<>();
        for (Row row : rows) {
            lines.add(
                    List.of(row.name, "" + row.helpers, "" + row.helpersKb, "" + row.containerKb));
        }
        return Table.of(
                List.of(
                        "idle container (sleep)",
                        "other processes",
                        "their PSS kB",
                        "sleep PSS kB"),
                lines);
    }

    JsonObject json() {
        List<Json> out = new ArrayList<>();
        for (Row row : rows) {
            out.add(
                    JsonObject.builder()
                            .put("name", row.name)
                            .put("otherProcesses", (long) row.helpers)
                            .put("otherPssKb", row.helpersKb)
                            .put("containerPssKb", row.containerKb)
                            .build());
        }
        return JsonObject.builder()
                .put("title", "idle container")
                .put("rows", new JsonArray(out))
                .build();
    }
}
