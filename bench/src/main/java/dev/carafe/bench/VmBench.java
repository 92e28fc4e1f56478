package dev.carafe.bench;

import dev.carafe.engine.Accelerator;
import dev.carafe.engine.Container;
import dev.carafe.engine.Engine;
import dev.carafe.engine.Isolation;
import dev.carafe.engine.Roots;
import dev.carafe.engine.RunOptions;
import dev.carafe.engine.image.DirectoryTree;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintStream;
import java.lang.ProcessBuilder.Redirect;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;

/** {@code bench vm}: what a virtual machine costs, beside QEMU with nothing around it. */
final class VmBench {
    private static final int ROUNDS = 15;
    private static final int QUICK = 3;
    private static final int MEBIBYTES = 512;
    private static final long LIMIT_SECONDS = 60;
    private static final byte[] LINE = "hello\n".getBytes(StandardCharsets.US_ASCII);

    private final PrintStream out;
    private final int rounds;
    private final Accelerator accelerator;
    private final Path command;

    private VmBench(PrintStream out, int rounds, Accelerator accelerator, Path command) {
        this.out = out;
        this.rounds = rounds;
        this.accelerator = accelerator;
        this.command = command;
    }

    static VmBench parse(List<String> args, PrintStream out) {
        int rounds = ROUNDS;
        Accelerator accelerator = Accelerator.TCG;
        Path command = Checkout.find().command();
        for (int i = 0; i < args.size(); i++) {
            String arg = args.get(i);
            switch (arg) {
                case "--quick" -> rounds = QUICK;
                case "--runs" -> rounds = BenchOptions.number(arg, args, ++i);
                case "--accel" ->
                        accelerator = Accelerator.parse(BenchOptions.value(arg, args, ++i));
                case "--carafe" ->
                        command = Path.of(BenchOptions.value(arg, args, ++i)).toAbsolutePath();
                default -> throw new IllegalArgumentException("unknown option " + arg);
            }
        }
        return new VmBench(out, rounds, accelerator, command);
    }

    /** When a start's first line was there, and when all was over, in ns since its beginning. */
    private record Times(long line, long end) {}

    private interface Action {
        Times run() throws IOException, InterruptedException;
    }

    private record Row(String name, Action action) {}

    int run() throws IOException, InterruptedException {
        HostFactsText.print(out);
        out.println("load average before: " + load());
        Path root = Files.createTempDirectory(Path.of("/var/tmp"), "carafe-bench");
        try (Engine engine = Engine.open(Roots.under(root))) {
            VmFloor floor = new VmFloor(root, accelerator.text(), MEBIBYTES);
            out.println("guest kernel: " + floor.kernel().getFileName());
            load(root);
            List<String> cold = carafe("echo", "hello");
            String how = accelerator.text() + (accelerator == Accelerator.TCG ? ", emulated" : "");
            times(
                    how,
                    List.of(
                            new Row("floor q35", () -> process(root, floor.argv(false, false))),
                            new Row("floor microvm", () -> process(root, floor.argv(true, false))),
                            new Row("carafe, cold JVM", () -> process(root, cold)),
                            new Row("carafe, warm JVM", () -> warm(engine))));
            memory(how, root, floor);
        } finally {
            DirectoryTree.delete(root);
        }
        out.println("load average after: " + load());
        return 0;
    }

    private List<String> carafe(String... program) {
        List<String> argv =
                new ArrayList<>(List.of(command.toString(), "run", "--rm", "--isolation", "vm"));
        argv.addAll(List.of("--accel", accelerator.text(), "-m", MEBIBYTES + "m", "busybox"));
        argv.addAll(List.of(program));
        return argv;
    }

    private void load(Path root) throws IOException, InterruptedException {
        Path images =
                Path.of(
                        System.getenv()
                                .getOrDefault("CARAFE_TEST_IMAGES", "/var/tmp/carafe-test-images"));
        Process load =
                builder(
                                root,
                                List.of(
                                        command.toString(),
                                        "load",
                                        "-i",
                                        images.resolve("busybox.docker.tar").toString()))
                        .start();
        load.getInputStream().readAllBytes();
        if (load.waitFor() != 0) {
            throw new IOException(command + " load: exit code " + load.exitValue());
        }
    }

    /** Interleaved, in an order drawn anew for each round; the first round is dropped. */
    private void times(String how, List<Row> rows) throws InterruptedException {
        List<Samples> lines = new ArrayList<>();
        List<Samples> ends = new ArrayList<>();
        List<Integer> order = new ArrayList<>();
        for (Row row : rows) {
            order.add(lines.size());
            lines.add(new Samples(row.name(), rounds));
            ends.add(new Samples(row.name(), rounds));
        }
        Random random = new Random(20);
        for (int round = -1; round < rounds; round++) {
            Collections.shuffle(order, random);
            for (int i : order) {
                try {
                    Times times = rows.get(i).action().run();
                    if (round >= 0) {
                        lines.get(i).add(times.line());
                        ends.get(i).add(times.end());
                    }
                } catch (IOException | RuntimeException e) {
                    if (round >= 0) {
                        lines.get(i).fail(String.valueOf(e.getMessage()));
                        ends.get(i).fail(String.valueOf(e.getMessage()));
                    }
                }
            }
        }
        out.println();
        out.print(new Comparison("to the first line (" + how + ")", lines).table());
        out.println();
        out.print(new Comparison("to the end (" + how + ")", ends).table());
        out.flush();
    }

    private static ProcessBuilder builder(Path root, List<String> argv) {
        ProcessBuilder builder =
                new ProcessBuilder(argv)
                        .redirectInput(Redirect.from(Path.of("/dev/null").toFile()))
                        .redirectError(Redirect.INHERIT);
        builder.environment().put("CARAFE_ROOT", root.toString());
        return builder;
    }

    private static Times process(Path root, List<String> argv)
            throws IOException, InterruptedException {
        long from = System.nanoTime();
        Process process = builder(root, argv).start();
        try (InputStream output = process.getInputStream()) {
            awaitLine(output);
            long line = System.nanoTime() - from;
            output.readAllBytes();
            if (!process.waitFor(LIMIT_SECONDS, TimeUnit.SECONDS) || process.exitValue() != 0) {
                throw new IOException(argv.getFirst() + " failed");
            }
            return new Times(line, System.nanoTime() - from);
        } finally {
            process.destroyForcibly();
        }
    }

    private Times warm(Engine engine) throws IOException {
        long from = System.nanoTime();
        try (Container container =
                engine.run(
                        RunOptions.of("busybox", "echo", "hello")
                                .isolation(Isolation.VM)
                                .accel(accelerator)
                                .memory((long) MEBIBYTES << 20)
                                .remove(true))) {
            awaitLine(container.stdout());
            long line = System.nanoTime() - from;
            int status = container.waitFor();
            if (status != 0) {
                throw new IOException("exit code " + status);
            }
            return new Times(line, System.nanoTime() - from);
        }
    }

    /** Reads until the line has come; a console says other things before it. */
    private static void awaitLine(InputStream output) throws IOException {
        int matched = 0;
        while (matched < LINE.length - 1) { // a console ends it with a carriage return
            int read = output.read();
            if (read < 0) {
                throw new IOException("it ended without its line");
            }
            matched = read == LINE[matched] ? matched + 1 : read == LINE[0] ? 1 : 0;
        }
    }

    private void memory(String how, Path root, VmFloor floor)
            throws IOException, InterruptedException {
        List<List<String>> lines = new ArrayList<>();
        VmMemory base = idle(root, floor.argv(false, true));
        memory(lines, "floor q35", base, base);
        memory(lines, "floor microvm", idle(root, floor.argv(true, true)), base);
        memory(
                lines,
                "carafe",
                idle(root, carafe("sh", "-c", "echo hello; exec sleep 1000")),
                base);
        out.println();
        out.print(
                Table.of(
                        List.of(
                                "idle, -m " + MEBIBYTES + "m (" + how + ")",
                                "guest MiB",
                                "overhead MiB",
                                "x floor"),
                        lines));
    }

    private static void memory(
            List<List<String>> lines, String name, VmMemory found, VmMemory base) {
        lines.add(
                List.of(
                        name,
                        Comparison.decimal(found.guest() / 1024.0),
                        Comparison.decimal(found.overhead() / 1024.0),
                        Comparison.decimal((double) found.overhead() / base.overhead())));
    }

    /** The memory of QEMU and the file server while the guest sleeps; the JVM's is not in it. */
    private static VmMemory idle(Path root, List<String> argv)
            throws IOException, InterruptedException {
        Process process = builder(root, argv).start();
        List<ProcessHandle> programs = new ArrayList<>();
        try (InputStream output = process.getInputStream()) {
            awaitLine(output);
            Thread.sleep(1000); // what follows the line
            VmMemory sum = new VmMemory(0, 0);
            programs.addAll(process.descendants().toList());
            programs.add(process.toHandle());
            for (ProcessHandle program : programs) {
                String name = Files.readString(Path.of("/proc/" + program.pid() + "/comm"));
                if (name.startsWith("qemu") || name.startsWith("virtiofsd")) {
                    sum = sum.plus(VmMemory.of(program.pid(), MEBIBYTES));
                }
            }
            if (sum.overhead() == 0) {
                throw new IOException(argv.getFirst() + ": no QEMU among its processes");
            }
            return sum;
        } finally {
            programs.forEach(ProcessHandle::destroyForcibly);
            process.destroyForcibly().waitFor();
        }
    }

    private static String load() throws IOException {
        return Files.readString(Path.of("/proc/loadavg")).trim();
    }
}
