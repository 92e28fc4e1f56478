package dev.carafe.bench;

import dev.carafe.engine.Container;
import dev.carafe.engine.Engine;
import dev.carafe.engine.EngineException;
import dev.carafe.engine.Roots;
import dev.carafe.engine.RunOptions;
import dev.carafe.engine.image.DirectoryTree;
import dev.carafe.linux.Memory;
import dev.carafe.linux.Native;
import dev.carafe.linux.Sys;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.stream.Stream;

/**
 * The starts of one JVM, through the engine's API, while another thread allocates; and the look
 * around before and after: descriptors, threads, heap, mounts, cgroups, directories, processes.
 */
final class StressRun {
    static final List<String> COLUMNS =
            List.of(
                    "in a row",
                    "median ms",
                    "at once",
                    "all up ms",
                    "failed",
                    "fds",
                    "threads",
                    "heap kB",
                    "mounts",
                    "left");

    private static final long HEAP_SLACK = 2 << 20;
    private static final int ROUNDS = 4;

    private final int starts;
    private final int atOnce;
    private final Path root;
    private final String cgroup = "/carafe-stress-" + ProcessHandle.current().pid();
    private final ConcurrentLinkedQueue<String> failures = new ConcurrentLinkedQueue<>();
    private volatile boolean allocate = true;
    private volatile Object garbage = "";

    StressRun(int starts, int atOnce) throws IOException {
        this.starts = starts;
        this.atOnce = atOnce;
        this.root = Files.createTempDirectory(Path.of("/var/tmp"), "carafe-stress");
    }

    /** What there is of everything that a start could leave behind. */
    private record Look(long fds, long pooled, int threads, long heap, long mounts) {
        static Look around() throws IOException {
            System.gc();
            System.gc();
            long fds = 0;
            long pooled = 0;
            try (Stream<Path> all = Files.list(Path.of("/proc/self/fd"))) {
                for (Path fd : all.toList()) {
                    if (Files.exists(fd) || Files.isSymbolicLink(fd)) {
                        // plans lie in memory that is kept for the next start: one piece for each
                        // start that there ever was at once
                        boolean plan =
                                Files.readSymbolicLink(fd).toString().contains("carafe-plan");
                        pooled += plan ? 1 : 0;
                        fds += plan ? 0 : 1;
                    }
                }
            }
            Runtime runtime = Runtime.getRuntime();
            return new Look(
                    fds,
                    pooled,
                    ManagementFactory.getThreadMXBean().getThreadCount(),
                    runtime.totalMemory() - runtime.freeMemory(),
                    Files.readAllLines(Path.of("/proc/self/mountinfo")).size());
        }
    }

    int run(Path report) throws IOException, InterruptedException {
        List<String> violations = new ArrayList<>();
        StringBuilder line = new StringBuilder();
        try (Engine engine = Engine.open(Roots.under(root))) {
            Samples warm = new Samples("warm", 100);
            inRow(engine, 100, warm);
            together(engine);
            together(engine);
            Look before = Look.around();
            Thread churn = Thread.ofPlatform().daemon().start(this::churn);
            Samples samples = new Samples("in a row", starts);
            inRow(engine, starts, samples);
            Samples rounds = new Samples("at once", ROUNDS);
            for (int i = 0; i < ROUNDS; i++) {
                rounds.add(together(engine));
            }
            allocate = false;
            churn.join();
            garbage = "";
            Look after = Look.around();
            List<String> left = left();
            line.append(samples.good())
                    .append('\t')
                    .append(Comparison.decimal(samples.millis(0.5)));
            line.append('\t').append(ROUNDS).append(" x ").append(atOnce);
            line.append('\t').append(Comparison.decimal(rounds.millis(0.5)));
            line.append('\t').append(failures.size());
            line.append('\t').append(change(before.fds, after.fds));
            line.append('\t').append(change(before.threads, after.threads));
            line.append('\t').append(change(before.heap >> 10, after.heap >> 10));
            line.append('\t').append(change(before.mounts, after.mounts));
            line.append('\t').append(left.size());
            failures.stream().limit(5).forEach(violations::add);
            grown("descriptors", before.fds, after.fds, 0, violations);
            grown("descriptors of plans", 0, after.pooled, atOnce, violations);
            grown("threads", before.threads, after.threads, 0, violations);
            grown("bytes of heap", before.heap, after.heap, HEAP_SLACK, violations);
            grown("mounts", before.mounts, after.mounts, 0, violations);
            left.forEach(what -> violations.add("left: " + what));
        } finally {
            removeCgroups();
            DirectoryTree.delete(root);
        }
        Files.writeString(
                report,
                line + "\n" + (violations.isEmpty() ? "" : String.join("\n", violations) + "\n"));
        return violations.isEmpty() ? 0 : 1;
    }

    private static String change(long before, long after) {
        return before == after ? "" + after : before + " to " + after;
    }

    private static void grown(
            String what, long before, long after, long slack, List<String> violations) {
        if (after > before + slack) {
            violations.add(what + " grew from " + before + " to " + after);
        }
    }

    private void inRow(Engine engine, int count, Samples samples) {
        for (int i = 0; i < count; i++) {
            long from = System.nanoTime();
            if (one(engine)) {
                samples.add(System.nanoTime() - from);
            } else {
                samples.fail("");
            }
        }
    }

    /** Returns how long it took until all had ended. */
    private long together(Engine engine) throws InterruptedException {
        CountDownLatch go = new CountDownLatch(1);
        List<Thread> threads = new ArrayList<>();
        for (int i = 0; i < atOnce; i++) {
            threads.add(
                    Thread.ofPlatform()
                            .start(
                                    () -> {
                                        try {
                                            go.await();
                                            one(engine);
                                        } catch (InterruptedException e) {
                                            Thread.currentThread().interrupt();
                                        }
                                    }));
        }
        long from = System.nanoTime();
        go.countDown();
        for (Thread thread : threads) {
            thread.join();
        }
        return System.nanoTime() - from;
    }

    private boolean one(Engine engine) {
        RunOptions options =
                RunOptions.of("host", "true").remove(true).cgroupParent(cgroup).pidsLimit(64);
        try (Container container = engine.run(options)) {
            int status = container.waitFor();
            if (status != 0) {
                failures.add("exit code " + status);
            }
            return status == 0;
        } catch (EngineException | IllegalStateException e) {
            failures.add(String.valueOf(e.getMessage()));
            return false;
        }
    }

    /** Keeps the collector busy. */
    private void churn() {
        byte[][] kept = new byte[64][];
        for (int i = 0; allocate; i++) {
            kept[i % kept.length] = new byte[64 << 10];
            garbage = kept;
            if (i % 256 == 0) {
                try {
                    Thread.sleep(2);
                } catch (InterruptedException e) {
                    return;
                }
            }
        }
    }

    private List<String> left() throws IOException {
        List<String> left = new ArrayList<>();
        for (Path group : cgroups()) {
            children(group, left, true);
        }
        children(root.resolve("containers"), left, false);
        ProcessHandle.current().descendants().forEach(p -> left.add("process " + p.pid()));
        return left;
    }

    private static void children(Path directory, List<String> to, boolean directoriesOnly)
            throws IOException {
        try (Stream<Path> all = Files.list(directory)) {
            all.filter(path -> !directoriesOnly || Files.isDirectory(path))
                    .forEach(path -> to.add(path.toString()));
        }
    }

    private List<Path> cgroups() throws IOException {
        List<Path> found = new ArrayList<>();
        Path top = Path.of("/sys/fs/cgroup");
        found.add(Path.of(top + cgroup));
        try (Stream<Path> trees = Files.list(top)) {
            trees.forEach(tree -> found.add(Path.of(tree + cgroup)));
        }
        found.removeIf(path -> !Files.isDirectory(path));
        return found;
    }

    private void removeCgroups() throws IOException {
        try (Memory memory = Memory.borrow()) {
            for (Path group : cgroups()) {
                Native.syscall(Sys.UNLINKAT, -100, memory.string(group.toString()), 0x200);
            }
        }
    }
}
