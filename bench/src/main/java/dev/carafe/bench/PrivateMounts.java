package dev.carafe.bench;

import dev.carafe.runtime.cgroup.CgroupHost;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.util.ArrayList;
import java.util.List;

/**
 * Runs the benchmark in a mount namespace of its own. On a host with hybrid cgroups the tree of
 * version 2 is taken away there, for crun 1.8 refuses to run where it sees both.
 */
final class PrivateMounts {
    private static final String INSIDE = "dev.carafe.bench.inside";
    private static final String SCRIPT =
            "[ -z \"$1\" ] || umount \"$1\" || exit 1; shift; exec \"$@\"";

    private PrivateMounts() {}

    /** Whether this JVM is in such a namespace. */
    static boolean inside() {
        return Boolean.getBoolean(INSIDE);
    }

    /**
     * Does the work in such a namespace: in a JVM that is started there with the same arguments.
     */
    static int enter(List<String> args, Work work) throws IOException, InterruptedException {
        if (inside()) {
            return work.run();
        }
        CgroupHost host = CgroupHost.detect();
        String unified =
                host.mode() == CgroupHost.Mode.HYBRID
                        ? host.unified().orElseThrow().mountPoint()
                        : "";
        List<String> argv =
                new ArrayList<>(List.of("unshare", "--mount", "--propagation", "private"));
        argv.addAll(List.of("sh", "-c", SCRIPT, "sh", unified));
        argv.addAll(java("-D" + INSIDE + "=true"));
        argv.add(Main.class.getName());
        argv.addAll(args);
        return new ProcessBuilder(argv).inheritIO().start().waitFor();
    }

    /** This JVM's own command, with a further option, up to the main class. */
    static List<String> java(String... options) {
        List<String> argv = new ArrayList<>();
        argv.add(System.getProperty("java.home") + "/bin/java");
        for (String option : ManagementFactory.getRuntimeMXBean().getInputArguments()) {
            argv.add(option);
        }
        argv.addAll(List.of(options));
        argv.addAll(List.of("-cp", System.getProperty("java.class.path")));
        return argv;
    }

    /** What to do inside. */
    interface Work {
        int run() throws IOException, InterruptedException;
    }
}
