package dev.carafe.it;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/** Images out of a registry, pushed there by others. */
class PullTest {
    private static final String MANIFEST = "application/vnd.oci.image.manifest.v1+json";
    private static final String INDEX = "application/vnd.oci.image.index.v1+json";

    @RegisterExtension final Carafe carafe = new Carafe();
    @TempDir Path directory;
    private Registry registry;

    @BeforeEach
    void start() throws IOException, InterruptedException {
        registry = Registry.start(directory.resolve("registry"));
    }

    @AfterEach
    void stop() {
        registry.close();
    }

    private void skopeoPush(String source, String name, String... options) throws Exception {
        List<String> command =
                new ArrayList<>(List.of("skopeo", "copy", "-q", "--dest-tls-verify=false"));
        command.addAll(List.of(options));
        command.addAll(List.of(source, "docker://" + registry.host() + "/" + name));
        output(command.toArray(new String[0]));
    }

    static String output(String... command) throws IOException, InterruptedException {
        Path out = Files.createTempFile("carafe-it", ".out");
        try {
            Process process =
                    new ProcessBuilder(command)
                            .redirectErrorStream(true)
                            .redirectOutput(out.toFile())
                            .start();
            assertTrue(process.waitFor(90, TimeUnit.SECONDS), () -> "no end: " + List.of(command));
            String text = Files.readString(out);
            assertEquals(0, process.exitValue(), () -> String.join(" ", command) + ": " + text);
            return text;
        } finally {
            Files.delete(out);
        }
    }

    /** The digest that skopeo sees in the registry. */
    private String digest(String name) throws Exception {
        return output(
                        "skopeo",
                        "inspect",
                        "--tls-verify=false",
                        "--format",
                        "{{.Digest}}",
                        "docker://" + registry.host() + "/" + name)
                .strip();
    }

    private static String oci(String name) {
        return "oci-archive:" + Images.file(name);
    }

    @Test
    @Tag("rootless")
    void whatSkopeoPushedRunsAndHasTheSameDigest() throws Exception {
        skopeoPush(oci("layers.oci.tar"), "app:1");
        String name = registry.host() + "/app:1";
        String out = carafe.run("pull", name).ok().out();
        assertTrue(out.contains("Digest: " + digest("app:1") + "\n"), out);
        assertTrue(out.contains(": Pull complete\n"), out);
        assertTrue(out.contains("Status: Downloaded newer image for " + name + "\n"), out);
        assertEquals(
                "two\n", carafe.run("run", "--rm", name, "cat", "/layers/kept/changed").ok().out());
        out = carafe.run("pull", name).ok().out();
        assertTrue(out.contains("Status: Image is up to date for " + name + "\n"), out);
    }

    @Test
    void theStoreIsAnOciLayoutAsItLies() throws Exception {
        skopeoPush(oci("busybox.oci.tar"), "app:1");
        String name = registry.host() + "/app:1";
        carafe.run("pull", "-q", name).ok();
        String found =
                output(
                        "skopeo",
                        "inspect",
                        "--format",
                        "{{.Digest}}",
                        "oci:" + carafe.root() + ":" + name);
        assertEquals(digest("app:1"), found.strip());
    }

    @Test
    void zstdAndDockerFormatAreReadable() throws Exception {
        skopeoPush(oci("busybox.zstd.oci.tar"), "zstd:1");
        skopeoPush("docker-archive:" + Images.file("busybox.docker.tar"), "docker:1", "-f", "v2s2");
        for (String one : List.of("zstd:1", "docker:1")) {
            String name = registry.host() + "/" + one;
            String inspected = "run,--rm," + name + ",sh,-c,echo $FROM_IMAGE";
            assertEquals("yes\n", carafe.run(inspected.split(",")).ok().out());
        }
    }

    @Test
    void runPullsWhatIsMissingUnlessToldNotTo() throws Exception {
        skopeoPush(oci("busybox.oci.tar"), "app:1");
        String name = registry.host() + "/app:1";
        Carafe.Result never = carafe.run("run", "--rm", "--pull", "never", name, "true");
        never.exits(125);
        assertTrue(never.err().contains("no such image"), never.err());
        Carafe.Result first = carafe.run("run", "--rm", name, "echo", "hi").ok();
        assertEquals("hi\n", first.out(), "the progress is not the container's output");
        assertTrue(first.err().contains("Unable to find image '" + name + "' locally"));
        skopeoPush(oci("layers.oci.tar"), "app:1");
        carafe.run("run", "--rm", name, "test", "!", "-e", "/layers").ok();
        carafe.run("run", "--rm", "--pull=always", "-q", name, "test", "-e", "/layers").ok();
    }

    @Test
    void aDigestWinsOverTheTag() throws Exception {
        skopeoPush(oci("busybox.oci.tar"), "app:1");
        String old = digest("app:1");
        skopeoPush(oci("layers.oci.tar"), "app:1");
        String name = registry.host() + "/app:1@" + old;
        carafe.run("pull", name).ok();
        String kept = registry.host() + "/app@" + old;
        carafe.run("run", "--rm", kept, "test", "!", "-e", "/layers").ok();
        String inspected = carafe.run("inspect", kept).ok().out();
        assertTrue(inspected.contains("\"RepoDigests\": ["), inspected);
        assertTrue(inspected.contains("\"" + kept + "\""), inspected);
    }

    @Test
    void everyRefusalIsOneLineAndLeavesTheImagesAlone() throws Exception {
        skopeoPush(oci("busybox.oci.tar"), "app:1");
        String name = registry.host() + "/app:1";
        carafe.run("pull", name).ok();
        String before = carafe.run("images", "--no-trunc").ok().out();
        for (List<String> bad :
                List.of(
                        List.of("pull", registry.host() + "/nosuch:1"),
                        List.of("pull", registry.host() + "/app:2"),
                        List.of("pull", registry.host() + "/app@sha256:" + "0".repeat(64)),
                        List.of("pull", "--platform", "linux/riscv64", name),
                        List.of("pull", "--platform", "nonsense/", name),
                        List.of("pull", "UPPER/case"),
                        List.of("pull", "localhost:1/app"))) {
            Carafe.Result result = carafe.run(bad.toArray(new String[0]));
            assertTrue(result.exit() != 0, result.toString());
            assertTrue(result.err().startsWith("carafe: "), result.toString());
            assertFalse(result.err().contains("internal error"), result.toString());
            assertTrue(result.err().lines().count() <= 2, result.toString());
        }
        assertEquals(before, carafe.run("images", "--no-trunc").ok().out());
        carafe.run("run", "--rm", name, "true").ok();
    }

    @Test
    void aTamperedBlobIsRefused() throws Exception {
        skopeoPush(oci("busybox.oci.tar"), "app:1");
        Path largest = largestBlob();
        byte[] bytes = Files.readAllBytes(largest);
        bytes[bytes.length / 2] ^= 1;
        Files.write(largest, bytes);
        Carafe.Result result = carafe.run("pull", registry.host() + "/app:1").exits(1);
        assertTrue(result.err().contains("is corrupt"), result.err());
        assertEquals("", carafe.run("images", "-q").ok().out());
    }

    private Path largestBlob() throws IOException {
        Path found = null;
        try (var files = Files.walk(directory.resolve("registry/data"))) {
            for (Path file : (Iterable<Path>) files.filter(Files::isRegularFile)::iterator) {
                if (found == null || Files.size(file) > Files.size(found)) {
                    found = file;
                }
            }
        }
        if (found == null) {
            throw new IOException("the registry is empty");
        }
        return found;
    }

    /** An image whose one layer is noise, so that it takes a while. */
    private String large(int megabytes) throws Exception {
        Path tree = Files.createDirectories(directory.resolve("tree"));
        byte[] noise = new byte[megabytes << 20];
        new Random(7).nextBytes(noise);
        Files.write(tree.resolve("noise"), noise);
        Path tar = directory.resolve("large.tar");
        output("tar", "-C", tree.toString(), "-cf", tar.toString(), ".");
        String layout = directory.resolve("large").toString();
        output("umoci", "init", "--layout", layout);
        output("umoci", "new", "--image", layout + ":1");
        output("umoci", "raw", "add-layer", "--image", layout + ":1", tar.toString());
        skopeoPush("oci:" + layout + ":1", "large:1");
        return registry.host() + "/large:1";
    }

    private long partial() throws IOException {
        Path ingest = carafe.root().resolve("ingest");
        long size = 0;
        if (Files.exists(ingest)) {
            try (var files = Files.list(ingest)) {
                for (Path file : (Iterable<Path>) files::iterator) {
                    size += Files.size(file);
                }
            }
        }
        return size;
    }

    @Test
    void aKilledPullGoesOnWhereItStopped() throws Exception {
        String name = large(96);
        Process pull = carafe.start("pull", name);
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(60);
        while (partial() < 8 << 20 && pull.isAlive() && System.nanoTime() < end) {
            Thread.sleep(2);
        }
        pull.destroyForcibly().waitFor();
        long kept = partial();
        assertTrue(kept >= 8 << 20 && kept < 96 << 20, "bytes that were kept: " + kept);
        assertEquals("", carafe.run("images", "-q").ok().out());
        // neither what is left nor a sweep beside it is in the way
        carafe.run("pull", "-q", name).ok();
        Path noise = find(carafe.root().resolve("layers"), "noise");
        assertEquals(96L << 20, Files.size(noise));
        assertEquals(0, partial());
        assertEquals(0, count("tmp"));
        assertEquals(0, count("leases"));
    }

    private int count(String name) throws IOException {
        try (var files = Files.list(carafe.root().resolve(name))) {
            return (int) files.count();
        }
    }

    private static Path find(Path root, String name) throws IOException {
        try (var files = Files.walk(root)) {
            return files.filter(file -> file.endsWith(name)).findFirst().orElseThrow();
        }
    }

    @Test
    void twoPullsAtOnceShareTheDownload() throws Exception {
        String name = large(64);
        List<Process> pulls = new ArrayList<>();
        for (int i = 0; i < 3; i++) {
            pulls.add(carafe.start("pull", name));
        }
        StringBuilder said = new StringBuilder();
        for (Process pull : pulls) {
            byte[] out = pull.getInputStream().readAllBytes();
            byte[] err = pull.getErrorStream().readAllBytes();
            said.append(new String(out, StandardCharsets.UTF_8));
            assertTrue(pull.waitFor(90, TimeUnit.SECONDS));
            assertEquals(0, pull.exitValue(), () -> new String(err, StandardCharsets.UTF_8));
        }
        assertEquals(1, said.toString().split(": Pull complete", -1).length - 1, said.toString());
        assertEquals(0, partial());
    }

    @Test
    @Tag("root")
    void aFullDiskLeavesNothingHalfMade() throws Exception {
        String name = large(24);
        Path disk = Files.createDirectory(directory.resolve("disk"));
        output("mount", "-t", "tmpfs", "-o", "size=30m", "tmpfs", disk.toString());
        try {
            carafe.with("CARAFE_ROOT", disk.toString());
            Carafe.Result result = carafe.run("pull", name).exits(1);
            assertTrue(result.err().contains("no space left"), result.err());
            assertEquals(1, result.err().lines().count(), result.err());
            assertEquals("", carafe.run("images", "-q").ok().out());
            try (var left = Files.walk(disk)) {
                long bytes =
                        left.filter(Files::isRegularFile).mapToLong(f -> f.toFile().length()).sum();
                assertTrue(bytes < 4096, "left behind: " + bytes);
            }
        } finally {
            output("umount", disk.toString());
        }
    }

    @Test
    void theOtherPlatformsAreKeptWhenAskedFor() throws Exception {
        skopeoPush(oci("busybox.oci.tar"), "multi:amd");
        skopeoPush(oci("layers.oci.tar"), "multi:arm");
        String index = index("multi", "amd", "arm");
        String name = registry.host() + "/multi:all";
        Carafe.Result wrong = carafe.run("pull", "--platform", "linux/s390x", name).exits(1);
        assertTrue(wrong.err().contains("linux/amd64, linux/arm64"), wrong.err());
        carafe.run("pull", "--all-platforms", name).ok();
        carafe.run("run", "--rm", name, "true").ok();
        String copy = registry.host() + "/copy:multi";
        carafe.run("tag", name, copy).ok();
        Carafe.Result pushed = carafe.run("push", "--all-platforms", copy).ok();
        assertTrue(pushed.out().contains("digest: " + index), pushed.out());
        String raw = output("skopeo", "inspect", "--raw", "--tls-verify=false", "docker://" + copy);
        assertTrue(raw.contains("arm64"), raw);
    }

    /** Puts an index of two tags, for amd64 and arm64, under the tag "all"; its digest. */
    private String index(String repository, String amd, String arm) throws Exception {
        StringBuilder entries = new StringBuilder();
        for (String tag : List.of(amd, arm)) {
            String name = "docker://" + registry.host() + "/" + repository + ":" + tag;
            String raw = output("skopeo", "inspect", "--raw", "--tls-verify=false", name);
            entries.append(entries.isEmpty() ? "" : ",")
                    .append("{\"mediaType\":\"" + MANIFEST + "\",\"digest\":\"")
                    .append(digest(repository + ":" + tag))
                    .append("\",\"size\":" + raw.getBytes(StandardCharsets.UTF_8).length)
                    .append(",\"platform\":{\"os\":\"linux\",\"architecture\":\"")
                    .append(tag.equals(amd) ? "amd64" : "arm64")
                    .append("\"}}");
        }
        String index =
                "{\"schemaVersion\":2,\"mediaType\":\""
                        + INDEX
                        + "\",\"manifests\":["
                        + entries
                        + "]}";
        URI uri = URI.create("http://" + registry.host() + "/v2/" + repository + "/manifests/all");
        HttpRequest put =
                HttpRequest.newBuilder(uri)
                        .header("Content-Type", INDEX)
                        .PUT(HttpRequest.BodyPublishers.ofString(index))
                        .build();
        try (HttpClient client = HttpClient.newHttpClient()) {
            var answer = client.send(put, HttpResponse.BodyHandlers.ofString());
            assertEquals(201, answer.statusCode(), answer.body());
            return answer.headers().firstValue("Docker-Content-Digest").orElseThrow();
        }
    }
}
