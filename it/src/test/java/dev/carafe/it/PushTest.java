package dev.carafe.it;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/** Images into a registry, read from there by others. */
class PushTest {
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

    /** Loads an archive, and gives its image a name in the registry. */
    private String loaded(String archive, String name) {
        String out = carafe.run("load", "-i", Images.file(archive).toString()).ok().out().strip();
        String full = registry.host() + "/" + name;
        carafe.run("tag", out.substring(out.lastIndexOf(' ') + 1), full).ok();
        return full;
    }

    private static String skopeo(String name, String format) throws Exception {
        return PullTest.output(
                        "skopeo",
                        "inspect",
                        "--tls-verify=false",
                        "--format",
                        format,
                        "docker://" + name)
                .strip();
    }

    private static String digest(String out) {
        int at = out.indexOf("digest: ");
        assertTrue(at >= 0, out);
        return out.substring(at + 8, out.indexOf(' ', at + 8));
    }

    @Test
    @Tag("rootless")
    void othersReadWhatWasPushedAndDigestsAgree() throws Exception {
        String name = loaded("layers.oci.tar", "app:1");
        String out = carafe.run("push", name).ok().out();
        assertTrue(out.startsWith("The push refers to repository ["), out);
        assertEquals(skopeo(name, "{{.Digest}}"), digest(out));
        Path copy = directory.resolve("copy");
        PullTest.output(
                "skopeo",
                "copy",
                "-q",
                "--src-tls-verify=false",
                "docker://" + name,
                "oci:" + copy + ":1");
        PullTest.output(
                "umoci",
                "unpack",
                "--rootless",
                "--image",
                copy + ":1",
                directory.resolve("bundle").toString());
        Path rootfs = directory.resolve("bundle/rootfs");
        assertEquals("two\n", Files.readString(rootfs.resolve("layers/kept/changed")));
        assertFalse(Files.exists(rootfs.resolve("layers/removed")));
    }

    @Test
    @Tag("root")
    void podmanPullsWhatWasPushed() throws Exception {
        String name = loaded("busybox.oci.tar", "app:1");
        carafe.run("push", "-q", name).ok();
        String store = directory.resolve("podman").toString();
        List<String> podman =
                List.of("podman", "--root", store, "--runroot", store + "-run", "--storage-driver");
        try {
            String id =
                    PullTest.output(with(podman, "vfs", "pull", "-q", "--tls-verify=false", name));
            String ours = carafe.run("images", "-q", "--no-trunc").ok().out().strip();
            assertEquals(ours, "sha256:" + id.strip());
        } finally {
            PullTest.output(with(podman, "vfs", "rmi", "-f", "-a"));
        }
    }

    private static String[] with(List<String> command, String... more) {
        return java.util.stream.Stream.concat(command.stream(), java.util.Arrays.stream(more))
                .toArray(String[]::new);
    }

    @Test
    void whatWasPulledIsPushedWithTheSameDigest() throws Exception {
        for (String format : List.of("oci", "v2s2")) {
            String source = registry.host() + "/source:" + format;
            PullTest.output(
                    "skopeo",
                    "copy",
                    "-q",
                    "--dest-tls-verify=false",
                    "-f",
                    format,
                    "oci-archive:" + Images.file("layers.oci.tar"),
                    "docker://" + source);
            String target = registry.host() + "/target:" + format;
            carafe.run("pull", "-q", source).ok();
            carafe.run("tag", source, target).ok();
            String out = carafe.run("push", target).ok().out();
            assertEquals(skopeo(source, "{{.Digest}}"), digest(out));
            if (format.equals("oci")) {
                assertTrue(out.contains(": Mounted from another repository\n"), out);
                assertFalse(out.contains(": Pushed\n"), out);
            }
        }
    }

    @Test
    void aSecondPushSendsNothing() throws Exception {
        String name = loaded("busybox.oci.tar", "app:1");
        String first = carafe.run("push", name).ok().out();
        assertTrue(first.contains(": Pushed\n"), first);
        String second = carafe.run("push", name).ok().out();
        assertTrue(second.contains(": Layer already exists\n"), second);
        assertFalse(second.contains(": Pushed\n"), second);
        assertEquals(digest(first), digest(second));
    }

    @Test
    void everyTagOfARepositoryIsPushedAndPulled() throws Exception {
        String one = loaded("busybox.oci.tar", "app:1");
        loaded("layers.oci.tar", "app:2");
        String repository = registry.host() + "/app";
        carafe.run("push", "-a", repository).ok();
        for (String name : List.of(one, repository + ":2")) {
            assertTrue(skopeo(name, "{{.Digest}}").startsWith("sha256:"));
            carafe.run("rmi", name).ok();
        }
        carafe.run("pull", "-q", "-a", repository).ok();
        carafe.run("run", "--rm", repository + ":2", "test", "-e", "/layers").ok();
    }

    @Test
    void theManifestIsShownAsTheRegistryHasIt() throws Exception {
        String name = loaded("busybox.oci.tar", "app:1");
        carafe.run("push", "-q", name).ok();
        String raw =
                PullTest.output(
                        "skopeo", "inspect", "--raw", "--tls-verify=false", "docker://" + name);
        assertEquals(raw, carafe.run("manifest", "inspect", "--raw", name).ok().out());
        String verbose = carafe.run("manifest", "inspect", "-v", name).ok().out();
        assertTrue(verbose.contains("\"OCIManifest\": {"), verbose);
        assertTrue(verbose.contains(skopeo(name, "{{.Digest}}")), verbose);
    }

    @Test
    void whatCantBePushedIsOneLine() {
        loaded("busybox.oci.tar", "app:1");
        for (List<String> bad :
                List.of(
                        List.of("push", registry.host() + "/nosuch:1"),
                        List.of("push", registry.host() + "/app@sha256:" + "0".repeat(64)),
                        List.of("push", "--all-platforms", registry.host() + "/app:1"),
                        List.of("push", "-a", registry.host() + "/none"))) {
            Carafe.Result result = carafe.run(bad.toArray(new String[0])).exits(1);
            assertEquals(1, result.err().lines().count(), result.toString());
            assertTrue(result.err().startsWith("carafe: "), result.toString());
        }
    }
}
