package dev.carafe.bench;

import dev.carafe.engine.image.DirectoryTree;
import dev.carafe.linux.Pidfd;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * A Docker daemon of the benchmark's own: private directories and socket, no bridge, no rules of a
 * firewall. Closing it ends it, and the containerd that it started.
 */
final class Dockerd implements AutoCloseable {
    private static final int SIGTERM = 15;
    private static final int STEPS = 300;
    private static final long STEP_MILLIS = 100;

    private final Workspace workspace;
    private final Pidfd process;
    private final Path runtime;

    private Dockerd(Workspace workspace, Pidfd process, Path runtime) {
        this.workspace = workspace;
        this.process = process;
        this.runtime = runtime;
    }

    /** Whether the daemon and a client that speaks to it without plug-ins are installed. */
    static boolean isInstalled() {
        return !Spawn.which("dockerd").isEmpty() && Files.isExecutable(client());
    }

    /** Debian's client: one of another package may need plug-ins to build. */
    private static Path client() {
        return Path.of("/usr/bin/docker");
    }

    static Dockerd start(Workspace workspace) throws IOException {
        // the path of a socket is short
        Path runtime = Files.createTempDirectory(Path.of("/run"), "carafe-bench-docker");
        Pidfd process =
                workspace
                        .spawn(
                                List.of(
                                        Spawn.which("dockerd"),
                                        "--data-root=" + workspace.file("docker"),
                                        "--exec-root=" + runtime.resolve("exec"),
                                        "--pidfile=" + runtime.resolve("pid"),
                                        "--host=unix://" + runtime.resolve("docker.sock"),
                                        "--bridge=none",
                                        "--iptables=false",
                                        "--exec-opt=native.cgroupdriver=cgroupfs",
                                        "--log-level=error"))
                        .start();
        Dockerd daemon = new Dockerd(workspace, process, runtime);
        for (int i = 0; i < STEPS; i++) {
            if (workspace.spawn(daemon.docker("version")).run() == 0) {
                return daemon;
            }
            pause();
        }
        daemon.close();
        throw new IOException("dockerd does not answer: " + workspace.lastWords());
    }

    /** A command of the client. */
    List<String> docker(String... args) {
        List<String> argv = new ArrayList<>();
        argv.add(client().toString());
        argv.add("--host=unix://" + runtime.resolve("docker.sock"));
        argv.addAll(List.of(args));
        return argv;
    }

    private static void pause() throws IOException {
        try {
            Thread.sleep(STEP_MILLIS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted", e);
        }
    }

    @Override
    public void close() throws IOException {
        process.signal(SIGTERM);
        process.await();
        process.close();
        workspace
                .spawn(
                        List.of(
                                "/bin/sh",
                                "-c",
                                "grep -o \" $1[^ ]*\" /proc/self/mountinfo | sort -r |"
                                        + " xargs -r -n1 umount -l",
                                "sh",
                                workspace.file("docker").toString()))
                .run();
        DirectoryTree.delete(runtime);
    }
}
