package dev.carafe.bench;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;

/** The entry point: {@code bench start} measures, {@code bench stress} looks for leftovers. */
public final class Main {
    private static final String USAGE =
            """
            Usage: ./dev bench start [OPTIONS]    container starts beside other engines
                   ./dev bench image [OPTIONS]    images moved and made, beside other engines
                   ./dev bench vm [OPTIONS]       virtual machines beside bare QEMU
                   ./dev bench stress [OPTIONS]   thousands of starts; looks for what they leave behind

            Options of start:
              --runs N        rounds of each comparison (200)
              --cold-runs N   rounds of the cold ones (as --runs)
              --quick         20 rounds
              --part PART     warm, cold, idle or profile; can be repeated (all)
              --json PATH     write the results to a file too
              --rootfs TAR    the root file system, with /bin/true and /bin/sleep

            Options of image:
              --runs N        rounds of each comparison (11)
              --quick         3 rounds
              --part PART     pull, unpack or build; can be repeated (all)
              --json PATH     write the results to a file too

            Options of vm:
              --runs N        rounds (15)
              --quick         3 rounds
              --accel NAME    kvm or tcg (tcg)
              --carafe PATH   the command that is measured (./carafe)

            Options of stress:
              --runs N        starts in a row (1000)
              --at-once N     starts at once (50)
              --quick         100 in a row
              --gc NAME       Serial, Parallel, G1 or Z; can be repeated (all)
            """;

    private Main() {}

    public static void main(String[] args) throws IOException, InterruptedException {
        System.exit(run(Arrays.asList(args)));
    }

    private static int run(List<String> args) throws IOException, InterruptedException {
        if (args.isEmpty()) {
            System.err.print(USAGE);
            return 2;
        }
        List<String> rest = args.subList(1, args.size());
        try {
            return switch (args.getFirst()) {
                case "start" ->
                        PrivateMounts.enter(
                                args,
                                () -> new StartBench(BenchOptions.parse(rest), System.out).run());
                case "image" ->
                        PrivateMounts.enter(args, () -> ImageBench.parse(rest, System.out).run());
                case "vm" -> VmBench.parse(rest, System.out).run();
                case "stress" -> Stress.parse(rest).run(System.out);
                case "stress-run" ->
                        new StressRun(Integer.parseInt(rest.get(0)), Integer.parseInt(rest.get(1)))
                                .run(Path.of(rest.get(2)));
                default -> {
                    System.err.print(USAGE);
                    yield 2;
                }
            };
        } catch (IllegalArgumentException e) {
            System.err.println("bench: " + e.getMessage());
            return 2;
        } catch (IOException e) {
            System.err.println("bench: " + e.getMessage());
            return 1;
        }
    }
}
