package dev.carafe.bench;

import dev.carafe.engine.image.DirectoryTree;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * A build of six steps, from nothing, from the cache, and with one late change, beside buildah and
 * dockerd. Steps run without a network, so that no engine pays for a bridge.
 */
final class BuildBench implements AutoCloseable {
    private static final String DOCKERFILE =
            """
            FROM busybox:latest
            ENV STAGE=bench
            COPY library /opt/library
            RUN mkdir -p /srv/data && head -c 8000000 /dev/zero > /srv/data/zeros
            RUN find /opt/library -type f | sort | xargs cat | sha256sum > /srv/data/sums
            RUN for i in 1 2 3 4 5 6 7 8; do cp -r /opt/library /srv/copy$i; done
            COPY app /opt/app
            RUN wc -c /opt/app/* > /srv/data/sizes
            CMD ["cat", "/srv/data/sums"]
            """;
    private static final int FILES = 200;
    private static final int FILE_SIZE = 16_000;

    /** What to build with, and how it is told to use the cache. */
    private record Builder(String name, List<String> argv, List<String> cold, List<String> warm) {}

    private final Workspace workspace;
    private final Consumer<String> notes;
    private final Map<String, String> environment = new HashMap<>();
    private final List<Builder> builders = new ArrayList<>();
    private final Path buildahRun;
    private @Nullable Dockerd daemon;

    BuildBench(Workspace workspace, Path archive, Consumer<String> notes) throws IOException {
        this.workspace = workspace;
        this.notes = notes;
        this.buildahRun = Files.createTempDirectory(Path.of("/run"), "carafe-bench-buildah");
        environment.put("PATH", "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin");
        environment.put("HOME", System.getProperty("user.home"));
        environment.put("CARAFE_ROOT", workspace.file("carafe").toString());
        carafe(archive);
        dockerd(archive);
        buildah(archive);
    }

    private void carafe(Path archive) throws IOException {
        String carafe = Checkout.find().command().toString();
        if (works(List.of(carafe, "load", "-i", archive.toString()))) {
            builders.add(
                    new Builder(
                            "carafe",
                            List.of(carafe, "build", "-q", "--network=none", "-t", "bench:1"),
                            List.of("--no-cache"),
                            List.of()));
        }
    }

    private void dockerd(Path archive) throws IOException {
        if (!Dockerd.isInstalled()) {
            notes.accept("dockerd is left out: it is not installed (apt install docker.io)");
            return;
        }
        Dockerd started = Dockerd.start(workspace);
        daemon = started;
        if (works(started.docker("load", "-i", archive.toString()))) {
            builders.add(
                    new Builder(
                            "dockerd",
                            started.docker("build", "-q", "--network=none", "-t", "bench:1"),
                            List.of("--no-cache"),
                            List.of()));
            List<String> kit = new ArrayList<>(List.of("/usr/bin/env", "DOCKER_BUILDKIT=1"));
            kit.addAll(started.docker("build", "-q", "--network=none", "-t", "bench:2"));
            builders.add(new Builder("dockerd BuildKit", kit, List.of("--no-cache"), List.of()));
        }
    }

    private void buildah(Path archive) throws IOException {
        if (Spawn.which("buildah").isEmpty()) {
            notes.accept("buildah is left out: it is not installed (apt install buildah)");
            return;
        }
        if (works(buildah("pull", "-q", "docker-archive:" + archive))) {
            List<String> argv =
                    buildah(
                            "build",
                            "-q",
                            "--pull-never",
                            "--network=none",
                            "--layers",
                            // a root without CAP_SYS_RESOURCE can't raise its limits
                            "--ulimit=nofile=1024:1024",
                            "--ulimit=nproc=4096:4096",
                            "-t",
                            "bench:1");
            builders.add(new Builder("buildah", argv, List.of("--no-cache"), List.of()));
        }
    }

    private List<String> buildah(String... args) {
        List<String> argv = new ArrayList<>();
        argv.add(Spawn.which("buildah"));
        argv.addAll(List.of("--root", workspace.file("buildah").toString()));
        argv.addAll(List.of("--runroot", buildahRun.toString()));
        argv.addAll(List.of(args));
        return argv;
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

    private Spawn spawn(List<String> argv) {
        return new Spawn(argv, environment, workspace.log(), Path.of(""));
    }

    /** Without any cache. */
    Comparison cold(int rounds) throws IOException {
        List<Starter> all = new ArrayList<>();
        for (Builder builder : builders) {
            Path context = context(builder.name());
            all.add(build(builder, builder.cold(), context, () -> 0));
        }
        return Comparison.run("build of 6 steps, cold", all, 1, rounds);
    }

    /** With nothing changed. */
    Comparison cached(int rounds) throws IOException {
        List<Starter> all = new ArrayList<>();
        for (Builder builder : builders) {
            all.add(build(builder, builder.warm(), context(builder.name()), () -> 0));
        }
        return Comparison.run("build of 6 steps, cached", all, 1, rounds);
    }

    /** With a change in a file that the fifth step copies. */
    Comparison late(int rounds) throws IOException {
        List<Starter> all = new ArrayList<>();
        for (Builder builder : builders) {
            Path context = context(builder.name());
            int[] change = {0};
            Starter.Action edit =
                    () -> {
                        Files.writeString(context.resolve("app/main"), "version " + change[0]++);
                        return 0;
                    };
            all.add(build(builder, builder.warm(), context, edit));
        }
        return Comparison.run("build of 6 steps, one late change", all, 1, rounds);
    }

    private Starter build(
            Builder builder, List<String> options, Path context, Starter.Action before) {
        List<String> argv = new ArrayList<>(builder.argv());
        argv.addAll(options);
        argv.add(context.toString());
        Spawn spawn = spawn(argv);
        return Starter.of(
                builder.name() + " build",
                before,
                () -> {
                    int status = spawn.run();
                    if (status != 0) {
                        throw new IOException("exit code " + status + ": " + workspace.lastWords());
                    }
                    return status;
                });
    }

    /** The same for all, in a directory of each one's own. */
    private Path context(String name) throws IOException {
        Path context = workspace.file("context-" + name.replace(' ', '-'));
        if (Files.isDirectory(context)) {
            return context;
        }
        Random random = new Random(7);
        Path library = Files.createDirectories(context.resolve("library"));
        byte[] bytes = new byte[FILE_SIZE];
        for (int i = 0; i < FILES; i++) {
            random.nextBytes(bytes);
            Path directory = Files.createDirectories(library.resolve("part" + i % 10));
            Files.write(directory.resolve("file" + i), bytes);
        }
        Path app = Files.createDirectories(context.resolve("app"));
        Files.writeString(app.resolve("main"), "version 0");
        Files.writeString(app.resolve("other"), "never changes");
        Files.writeString(context.resolve("Dockerfile"), DOCKERFILE);
        return context;
    }

    @Override
    public void close() throws IOException {
        if (daemon != null) {
            daemon.close();
        }
        if (!Spawn.which("buildah").isEmpty()) {
            spawn(buildah("rm", "--all")).run();
            spawn(
                            List.of(
                                    "/bin/sh",
                                    "-c",
                                    "umount -l \"$1\" 2>/dev/null || true",
                                    "sh",
                                    workspace.file("buildah/overlay").toString()))
                    .run();
        }
        DirectoryTree.delete(buildahRun);
    }
}
