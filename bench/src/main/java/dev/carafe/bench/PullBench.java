package dev.carafe.bench;

import dev.carafe.engine.image.DirectoryTree;
import dev.carafe.linux.Pidfd;
import dev.carafe.oci.image.Descriptor;
import dev.carafe.oci.image.Index;
import dev.carafe.oci.image.Manifest;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * An image of eight layers from a registry on loopback into an empty store, and the same layers
 * unpacked, beside other engines and tar. Emptying a store is not measured.
 */
final class PullBench implements AutoCloseable {
    private static final int SIGTERM = 15;
    private static final int STEPS = 200;
    private static final long STEP_MILLIS = 50;
    private static final long LOOK_MILLIS = 10;

    private final Workspace workspace;
    private final Consumer<String> notes;
    private final Map<String, String> environment = new HashMap<>();
    private final Path layout;
    private final Manifest manifest;
    private final Pidfd registry;
    private final String image;
    private final String carafe = Checkout.find().command().toString();

    /** Podman takes no path of more than 50 characters here. */
    private final Path podmanRun = Files.createTempDirectory(Path.of("/run"), "carafe-bench");

    private @Nullable Dockerd daemon;
    private long peak;

    PullBench(Workspace workspace, Path layout, Consumer<String> notes) throws IOException {
        this.workspace = workspace;
        this.notes = notes;
        this.layout = layout;
        if (!Files.isDirectory(layout)) {
            throw new IOException("no image at " + layout + ": it/images bench builds it, as root");
        }
        environment.put("PATH", "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin");
        environment.put("HOME", System.getProperty("user.home"));
        environment.put("CARAFE_ROOT", workspace.file("carafe").toString());
        Index index = Index.parse("index.json", Files.readAllBytes(layout.resolve("index.json")));
        Descriptor entry = index.manifests().getFirst();
        manifest = Manifest.parse("manifest", Files.readAllBytes(blob(entry)));
        int port = freePort();
        image = "localhost:" + port + "/bench:1";
        registry = startRegistry(port);
        run(
                "skopeo",
                "copy",
                "-q",
                "--dest-tls-verify=false",
                "oci:" + layout + ":latest",
                "docker://" + image);
        long bytes = 0;
        for (Descriptor layer : manifest.layers()) {
            bytes += layer.size();
        }
        notes.accept(manifest.layers().size() + " layers, " + bytes / 1_000_000 + " MB of gzip");
    }

    private Path blob(Descriptor descriptor) {
        return layout.resolve("blobs/sha256").resolve(descriptor.digest().hex());
    }

    private static int freePort() throws IOException {
        try (ServerSocket socket = new ServerSocket()) {
            socket.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
            return socket.getLocalPort();
        }
    }

    private Pidfd startRegistry(int port) throws IOException {
        Path config = workspace.file("registry.yml");
        Files.writeString(
                config,
                """
                version: 0.1
                log: {level: error, accesslog: {disabled: true}}
                storage: {filesystem: {rootdirectory: %s}}
                http: {addr: "127.0.0.1:%d"}
                """
                        .formatted(workspace.file("registry"), port));
        String program = Spawn.which("docker-registry");
        if (program.isEmpty()) {
            throw new IOException("docker-registry is not installed");
        }
        Pidfd process = spawn(program, "serve", config.toString()).start();
        for (int i = 0; i < STEPS; i++) {
            try (Socket socket = new Socket()) {
                socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), port));
                return process;
            } catch (IOException e) {
                pause(STEP_MILLIS);
            }
        }
        process.signal(SIGTERM);
        process.close();
        throw new IOException("docker-registry does not answer: " + workspace.lastWords());
    }

    /** From the registry into an empty store. */
    Comparison pull(int rounds) throws IOException {
        List<Starter> all = new ArrayList<>();
        all.add(
                Starter.of(
                        "carafe pull",
                        () -> empty("carafe"),
                        () -> watched(spawn(carafe, "pull", "-q", image))));
        podman(all);
        if (!Spawn.which("umoci").isEmpty()) {
            Spawn both =
                    shell(
                            "skopeo copy -q --src-tls-verify=false docker://"
                                    + image
                                    + " oci:skopeo/image:1 && umoci unpack --image skopeo/image:1"
                                    + " skopeo/bundle");
            all.add(
                    Starter.of(
                            "skopeo copy, umoci unpack",
                            () -> {
                                empty("skopeo");
                                Files.createDirectory(workspace.file("skopeo"));
                                return 0;
                            },
                            () -> ended(both)));
        }
        dockerd(all);
        peak = 0;
        Comparison comparison = Comparison.run("pull of 8 layers", all, 1, rounds);
        notes.accept("peak memory of carafe pull: " + peak / 1024 + " MiB");
        return comparison;
    }

    private void podman(List<Starter> all) {
        if (Spawn.which("podman").isEmpty()) {
            notes.accept("podman is left out: it is not installed");
            return;
        }
        String store = workspace.file("podman").toString();
        Spawn pull =
                spawn(
                        Spawn.which("podman"),
                        "--root",
                        store,
                        "--runroot",
                        podmanRun.toString(),
                        "--storage-driver",
                        "overlay",
                        "pull",
                        "-q",
                        "--tls-verify=false",
                        image);
        all.add(
                Starter.of(
                        "podman pull",
                        () -> {
                            unmount(store);
                            DirectoryTree.delete(podmanRun);
                            Files.createDirectory(podmanRun);
                            return empty("podman");
                        },
                        () -> ended(pull)));
    }

    private void dockerd(List<Starter> all) throws IOException {
        if (!Dockerd.isInstalled()) {
            notes.accept("dockerd is left out: it is not installed (apt install docker.io)");
            return;
        }
        Dockerd started = Dockerd.start(workspace);
        daemon = started;
        Spawn pull = spawn(started.docker("pull", "-q", image).toArray(new String[0]));
        Spawn remove = spawn(started.docker("rmi", "-f", image).toArray(new String[0]));
        all.add(Starter.of("dockerd pull", () -> Math.max(0, remove.run()), () -> ended(pull)));
    }

    /** What is on the disk already, into files. */
    Comparison unpack(int rounds) throws IOException {
        StringBuilder blobs = new StringBuilder();
        for (Descriptor layer : manifest.layers()) {
            blobs.append(blob(layer)).append('\n');
        }
        Path list = workspace.file("blobs");
        Files.writeString(list, blobs);
        String tar =
                "xargs -P 2 -I{} sh -c 'mkdir tar/$(basename {}) && tar -C tar/$(basename {})"
                        + " -xzf {}' < blobs";
        List<Starter> all = new ArrayList<>();
        all.add(
                Starter.of(
                        "carafe, blobs at hand",
                        this::blobsAtHand,
                        () -> watched(spawn(carafe, "pull", "-q", image))));
        all.add(Starter.of("tar -xzf, two at a time", this::emptyTar, () -> ended(shell(tar))));
        all.add(
                Starter.of(
                        "synced tar -xzf, two at a time",
                        this::emptyTar,
                        () -> ended(shell(tar + " && sync -f tar"))));
        return Comparison.run("unpack of 8 layers", all, 1, rounds);
    }

    /** As a pull leaves them that was killed when it had fetched the last byte. */
    private int blobsAtHand() throws IOException {
        empty("carafe");
        Path ingest = Files.createDirectories(workspace.file("carafe").resolve("ingest"));
        for (Descriptor layer : manifest.layers()) {
            Files.copy(blob(layer), ingest.resolve("sha256-" + layer.digest().hex()));
        }
        return shell("sync -f .").run();
    }

    private int emptyTar() throws IOException {
        empty("tar");
        Files.createDirectory(workspace.file("tar"));
        return 0;
    }

    private int empty(String directory) throws IOException {
        Path path = workspace.file(directory);
        if (Files.exists(path)) {
            DirectoryTree.delete(path);
        }
        return 0;
    }

    private void unmount(String store) throws IOException {
        shell("umount -l '" + store + "/overlay' 2> log-umount || true").run();
    }

    /** Runs it, and notes the most memory that it had. */
    private int watched(Spawn spawn) throws IOException {
        try (Pidfd process = spawn.start()) {
            Path status = Path.of("/proc/" + process.pid() + "/status");
            while (process.poll().isEmpty()) {
                look(status);
                pause(LOOK_MILLIS);
            }
            int code = process.poll().orElse(-1);
            if (code != 0) {
                throw new IOException("exit code " + code + ": " + workspace.lastWords());
            }
            return code;
        }
    }

    private void look(Path status) {
        try {
            for (String line : Files.readAllLines(status)) {
                if (line.startsWith("VmHWM:")) {
                    String kib = line.substring("VmHWM:".length()).replace("kB", "").strip();
                    peak = Math.max(peak, Long.parseLong(kib));
                }
            }
        } catch (IOException e) {
            return; // it has just ended
        }
    }

    private int ended(Spawn spawn) throws IOException {
        int code = spawn.run();
        if (code != 0) {
            throw new IOException("exit code " + code + ": " + workspace.lastWords());
        }
        return code;
    }

    private void run(String... argv) throws IOException {
        String[] found = argv.clone();
        found[0] = Spawn.which(argv[0]);
        if (found[0].isEmpty()) {
            throw new IOException(argv[0] + " is not installed");
        }
        ended(spawn(found));
    }

    private Spawn spawn(String... argv) {
        return new Spawn(List.of(argv), environment, workspace.log(), Path.of(""));
    }

    private Spawn shell(String script) {
        return spawn("/bin/sh", "-c", "cd '" + workspace.file("") + "' && " + script);
    }

    private static void pause(long millis) throws IOException {
        try {
            Thread.sleep(millis);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted", e);
        }
    }

    @Override
    public void close() throws IOException {
        if (daemon != null) {
            daemon.close();
        }
        unmount(workspace.file("podman").toString());
        DirectoryTree.delete(podmanRun);
        registry.signal(SIGTERM);
        registry.await();
        registry.close();
    }
}
