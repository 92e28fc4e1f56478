package dev.carafe.bench;

import dev.carafe.engine.image.DirectoryTree;
import dev.carafe.oci.runtime.Spec;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;

/** Commands from a shell's point of view: each start is a process that begins with nothing. */
final class ColdStarts {
    private static final String IMAGE = "localhost/bench:1";
    private static final List<String> LIMITS =
            // a root without CAP_SYS_RESOURCE can't raise its limits to Podman's defaults
            List.of("--ulimit", "nofile=1024:1024", "--ulimit", "nproc=4096:4096");

    private final Workspace workspace;
    private final BenchOptions options;
    private final Consumer<String> notes;
    private final Checkout checkout = Checkout.find();
    private final Map<String, String> environment = new HashMap<>();
    private boolean imported;
    private boolean podman;

    ColdStarts(Workspace workspace, BenchOptions options, Consumer<String> notes)
            throws IOException {
        this.workspace = workspace;
        this.options = options;
        this.notes = notes;
        environment.put("PATH", "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin");
        environment.put("HOME", System.getProperty("user.home"));
        environment.put("CARAFE_ROOT", workspace.file("carafe").toString());
        prepare();
    }

    private void prepare() throws IOException {
        imported = works(carafe("import", options.rootfs().toString(), IMAGE));
        podman =
                !Spawn.which("podman").isEmpty()
                        && works(podman("import", options.rootfs().toString(), IMAGE))
                        && works(podmanRun("none"));
    }

    private boolean works(List<String> argv) throws IOException {
        int status = spawn(argv).run();
        if (status != 0) {
            notes.accept(
                    String.join(" ", argv)
                            + ": exit code "
                            + status
                            + ": "
                            + workspace.lastWords());
        }
        return status == 0;
    }

    /** With a network namespace or on the host's network. */
    Comparison containers(boolean network) throws IOException {
        String net = network ? "none" : "host";
        List<Starter> all = new ArrayList<>();
        all.add(
                starter(
                        "carafe run --rm host true",
                        carafe("run", "--rm", "--network", net, "host", "true")));
        if (imported) {
            all.add(
                    starter(
                            "carafe run --rm busybox true",
                            carafe("run", "--rm", "--network", net, IMAGE, "true")));
        }
        if (podman) {
            all.add(starter("podman run --rm busybox true", podmanRun(net)));
        }
        if (!Spawn.which("crun").isEmpty()) {
            Variant variant = new Variant(network, true, true);
            Spec spec =
                    variant.spec(
                            workspace.root(), workspace.cgroup() + "/cold", List.of("/bin/true"));
            Path bundle = Files.createDirectories(workspace.file("cold-" + variant.key()));
            Files.writeString(bundle.resolve("config.json"), spec.json().toString());
            all.add(
                    starter(
                            "crun run",
                            List.of(
                                    Spawn.which("crun"),
                                    "--root",
                                    workspace.file("state-cold").toString(),
                                    "--cgroup-manager=cgroupfs",
                                    "run",
                                    "--bundle",
                                    bundle.toString(),
                                    "bench-cold")));
        }
        return Comparison.run("cold, --network " + net, all, options.coldRuns());
    }

    /** The command that does nothing, beside a JVM that does nothing. */
    Comparison jvm() throws IOException {
        List<Starter> all = new ArrayList<>();
        all.add(starter("carafe --version", carafe("--version")));
        List<String> java = checkout.java();
        Path classes = Path.of(System.getProperty("java.class.path").split(":", 2)[0]);
        String jar = workspace.file("hello.jar").toString();
        String tool = Path.of(java.getFirst()).resolveSibling("jar").toString();
        works(
                List.of(
                        tool,
                        "--create",
                        "--file",
                        jar,
                        "-C",
                        classes.toString(),
                        "dev/carafe/bench/Hello.class"));
        String cache = workspace.file("hello.aot").toString();
        works(hello(java, "-XX:AOTCacheOutput=" + cache, jar));
        all.add(
                starter(
                        "hello, the same flags and an AOT cache",
                        hello(java, "-XX:AOTCache=" + cache, jar)));
        all.add(
                starter(
                        "JVM with the same flags, no AOT cache",
                        hello(java, "-XX:-UsePerfData", jar)));
        return Comparison.run("cold, nothing to do", all, options.coldRuns());
    }

    private static List<String> hello(List<String> java, String option, String jar) {
        List<String> argv = new ArrayList<>(java);
        argv.addAll(List.of(option, "-cp", jar, Hello.class.getName()));
        return argv;
    }

    List<String> carafe(String... args) {
        List<String> argv = new ArrayList<>(List.of(checkout.command().toString()));
        argv.addAll(List.of(args));
        return argv;
    }

    boolean hasPodman() {
        return podman;
    }

    List<String> podman(String... args) {
        List<String> argv = new ArrayList<>(List.of(Spawn.which("podman")));
        argv.addAll(List.of("--root", workspace.file("podman").toString()));
        // its length is limited
        argv.addAll(List.of("--runroot", runroot().toString()));
        argv.add("--cgroup-manager=cgroupfs");
        argv.addAll(List.of(args));
        return argv;
    }

    private List<String> podmanRun(String network) {
        List<String> argv = podman("run", "--rm", "--network", network);
        argv.addAll(LIMITS);
        argv.addAll(List.of(IMAGE, "true"));
        return argv;
    }

    List<String> podmanSleep(Path pid, Path conmon) {
        List<String> argv =
                podman("run", "-d", "--rm", "--network", "none", "--name", "bench-idle");
        argv.addAll(List.of("--conmon-pidfile", conmon.toString(), "--pidfile", pid.toString()));
        argv.addAll(LIMITS);
        argv.addAll(List.of(IMAGE, "sleep", "1000"));
        return argv;
    }

    Spawn spawn(List<String> argv) {
        return new Spawn(argv, environment, workspace.log(), Path.of(""));
    }

    private Starter starter(String name, List<String> argv) {
        Spawn spawn = spawn(argv);
        return Starter.of(
                name,
                () -> {
                    int status = spawn.run();
                    if (status != 0) {
                        throw new IOException("exit code " + status + ": " + workspace.lastWords());
                    }
                    return status;
                });
    }

    private static Path runroot() {
        return Path.of("/run/carafe-bench-" + ProcessHandle.current().pid());
    }

    /** Takes away what Podman keeps. */
    void close() throws IOException {
        if (!Spawn.which("podman").isEmpty()) {
            spawn(podman("rm", "--all", "--force", "--time", "0")).run();
            spawn(
                            List.of(
                                    "/bin/sh",
                                    "-c",
                                    "umount -l \"$1\" 2>/dev/null || true",
                                    "sh",
                                    workspace.file("podman/overlay").toString()))
                    .run();
            DirectoryTree.delete(runroot());
        }
    }
}
