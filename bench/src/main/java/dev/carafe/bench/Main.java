package dev.carafe.bench;

import java.io.IOException;
import java.util.Arrays;
import java.util.List;

/** The entry point: {@code bench start} measures, {@code bench stress} looks for leftovers. */
public final class Main {
    private static final String USAGE =
            """
            Usage: ./dev bench start [OPTIONS]    container starts beside other engines
                   ./dev bench stress [OPTIONS]   thousands of starts; looks for what they leave behind

            Options of start:
              --runs N        rounds of each comparison (200)
              --cold-runs N   rounds of the cold ones (as --runs)
              --quick         20 rounds
              --part PART     warm, cold, idle or profile; can be repeated (all)
              --json PATH     write the results to a file too
              --rootfs TAR    the root file system, with /bin/true and /bin/sleep
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
