package dev.carafe.bench;

import dev.carafe.engine.image.DirectoryTree;
import dev.carafe.linux.Fd;
import dev.carafe.linux.Memory;
import dev.carafe.linux.Named;
import dev.carafe.linux.Native;
import dev.carafe.linux.Sys;
import dev.carafe.oci.runtime.Spec;
import dev.carafe.runtime.Rootfs;
import dev.carafe.runtime.cgroup.CgroupHost;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * Starts of /bin/true from a JVM that runs already, beside the peers that this JVM spawns. All use
 * one plain directory as the root, and the same config.json where they take one.
 */
final class WarmStarts implements AutoCloseable {
    /** Enough for the JIT to have compiled what a start runs. */
    private static final int WARM_UPS = 40;

    private static final List<String> TRUE = List.of("/bin/true");
    private static final int O_RDWR_CLOEXEC = 0x80002;

    private final Workspace workspace;
    private final CgroupHost host;
    private final Fd devNull;
    private final List<Named> stdio = new ArrayList<>();

    WarmStarts(Workspace workspace) throws IOException {
        this.workspace = workspace;
        this.host = CgroupHost.detect();
        try (Memory memory = Memory.borrow()) {
            long path = memory.string("/dev/null");
            devNull =
                    new Fd(
                            (int)
                                    Native.check(
                                            "open /dev/null",
                                            Sys.OPENAT,
                                            Fd.AT_FDCWD,
                                            path,
                                            O_RDWR_CLOEXEC));
        }
        for (String name : List.of("stdin", "stdout", "stderr")) {
            stdio.add(new Named(name, devNull.number()));
        }
    }

    Comparison compare(Variant variant, int runs) throws IOException {
        return Comparison.run(variant.title(), starters(variant), Math.min(WARM_UPS, runs), runs);
    }

    Profile profile(Variant variant, int runs) throws IOException {
        Profile profile = new Profile(carafe("carafe", variant, TRUE), variant.cloneFlags(), stdio);
        profile.run(Math.min(WARM_UPS, runs), runs);
        return profile;
    }

    private List<Starter> starters(Variant variant) throws IOException {
        List<Starter> all = new ArrayList<>();
        all.add(carafe("carafe", variant, TRUE));
        all.add(overlay(variant));
        Spec spec = variant.spec(workspace.root(), workspace.cgroup() + "/peer", TRUE);
        Path bundle = Files.createDirectories(workspace.file("bundle-" + variant.key()));
        Files.writeString(bundle.resolve("config.json"), spec.json().toString());
        if (has("crun")) {
            all.add(
                    peer(
                            "crun run",
                            Spawn.which("crun"),
                            "--root",
                            state("crun"),
                            "--cgroup-manager=" + (variant.cgroup() ? "cgroupfs" : "disabled"),
                            "run",
                            "--bundle",
                            bundle.toString(),
                            "bench-crun"));
        }
        // it can't go without a cgroup
        if (has("runc") && variant.cgroup()) {
            all.add(
                    peer(
                            "runc run",
                            Spawn.which("runc"),
                            "--root",
                            state("runc"),
                            "run",
                            "--bundle",
                            bundle.toString(),
                            "bench-runc"));
        }
        if (has("bwrap")) {
            all.add(bwrap(variant, spec));
        }
        if (has("unshare")) {
            all.add(unshare(variant));
        }
        all.add(peer("spawn of /bin/true, no container", workspace.root() + "/bin/true"));
        return all;
    }

    CarafeStarter carafe(String name, Variant variant, List<String> args) {
        return new CarafeStarter(
                name,
                variant,
                new Rootfs.Directory(workspace.root()),
                workspace,
                host,
                stdio,
                args);
    }

    /** The root as an engine makes it: the writable layer is new each time, and goes with it. */
    private Starter overlay(Variant variant) {
        Path upper = workspace.file("upper");
        Path work = workspace.file("work");
        CarafeStarter starter =
                new CarafeStarter(
                        "",
                        variant,
                        new Rootfs.Overlay(List.of(workspace.root()), upper, work, true, false),
                        workspace,
                        host,
                        stdio,
                        TRUE);
        return Starter.of(
                "carafe, makes and mounts an overlay too",
                () -> {
                    Files.createDirectory(upper);
                    Files.createDirectory(work);
                    int status = starter.start();
                    DirectoryTree.delete(upper);
                    DirectoryTree.delete(work);
                    return status;
                });
    }

    private Starter bwrap(Variant variant, Spec spec) throws IOException {
        List<String> argv =
                new ArrayList<>(List.of(Spawn.which("bwrap"), "--unshare-pid", "--unshare-ipc"));
        argv.addAll(
                List.of(
                        "--unshare-uts",
                        "--hostname",
                        "bench",
                        "--as-pid-1",
                        "--new-session",
                        "--clearenv"));
        if (variant.network()) {
            argv.add("--unshare-net");
        }
        if (variant.cgroup()) {
            argv.add("--unshare-cgroup");
        }
        argv.addAll(
                List.of(
                        "--bind",
                        workspace.root().toString(),
                        "/",
                        "--proc",
                        "/proc",
                        "--dev",
                        "/dev"));
        argv.addAll(List.of("--ro-bind", "/sys", "/sys", "--tmpfs", "/sys/firmware"));
        for (String path : List.of("/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys")) {
            argv.addAll(List.of("--ro-bind", path, path));
        }
        argv.addAll(List.of("--cap-drop", "ALL"));
        if (spec.process() != null && spec.process().capabilities() != null) {
            for (String capability : spec.process().capabilities().bounding()) {
                argv.addAll(List.of("--cap-add", capability));
            }
        }
        Path filter = Path.of("");
        if (variant.seccomp()) {
            filter = workspace.file("seccomp.bpf");
            Files.write(filter, CarafeStarter.filter(spec).orElseThrow().program());
            argv.addAll(List.of("--seccomp", "3"));
        }
        argv.addAll(TRUE);
        return checked(
                "bwrap" + (variant.cgroup() ? ", makes no cgroup" : ""),
                new Spawn(argv, Map.of(), workspace.log(), filter));
    }

    private Starter unshare(Variant variant) {
        List<String> argv =
                new ArrayList<>(
                        List.of(
                                Spawn.which("unshare"),
                                "--mount",
                                "--uts",
                                "--ipc",
                                "--pid",
                                "--fork"));
        if (variant.network()) {
            argv.add("--net");
        }
        if (variant.cgroup()) {
            argv.add("--cgroup");
        }
        argv.addAll(List.of("--root=" + workspace.root(), "--mount-proc"));
        argv.addAll(TRUE);
        return checked(
                "unshare, namespaces and /proc only",
                new Spawn(argv, Map.of(), workspace.log(), Path.of("")));
    }

    private Starter peer(String name, String... argv) {
        return checked(name, workspace.spawn(List.of(argv)));
    }

    private Starter checked(String name, Spawn spawn) {
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

    private String state(String name) {
        return workspace.file("state-" + name).toString();
    }

    private static boolean has(String program) {
        return !Spawn.which(program).isEmpty();
    }

    /** How cgroups look to Carafe here. */
    String cgroupMode() {
        return host.mode().toString().toLowerCase(java.util.Locale.ROOT);
    }

    @Override
    public void close() {
        devNull.close();
    }
}
