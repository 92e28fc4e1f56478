package dev.carafe.it;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What {@code carafe save} writes, other programs read. */
class SaveTest {
    @RegisterExtension final Carafe carafe = new Carafe();
    @TempDir Path directory;
    private String id = "";

    @BeforeEach
    void load() {
        carafe.run("load", "-i", Images.file("layers.oci.tar").toString()).ok();
        id = carafe.run("images", "-q", "--no-trunc").ok().out().strip();
        carafe.run("tag", id, "layers:1").ok();
    }

    private static String run(String... command) throws IOException, InterruptedException {
        Path program = Path.of("/usr/bin", command[0]);
        assumeTrue(Files.isExecutable(program), () -> program + " is missing");
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        String out = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertEquals(0, process.waitFor(), () -> String.join(" ", command) + ": " + out);
        return out;
    }

    private Path save(String format) {
        Path file = directory.resolve(format);
        carafe.run("save", "--format", format, "-o", file.toString(), "layers:1").ok();
        return file;
    }

    @ParameterizedTest
    @CsvSource({
        "docker, docker-archive:",
        "docker-archive, docker-archive:",
        "oci-archive, oci-archive:",
        "oci-dir, oci:"
    })
    void skopeoReadsEveryFormat(String format, String transport) throws Exception {
        String image = transport + save(format);
        String config = run("skopeo", "inspect", "--config", image);
        assertTrue(config.contains("FROM_IMAGE=yes"), config);
        // every blob is read, and its digest compared
        run("skopeo", "copy", "-q", image, "dir:" + directory.resolve("copy"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"docker", "docker-archive", "oci-archive"})
    @Tag("root")
    void podmanLoadsIt(String format) throws Exception {
        String storage = directory.resolve("podman").toString();
        List<String> podman =
                List.of(
                        "podman",
                        "--root",
                        storage,
                        "--runroot",
                        storage + "-run",
                        "--storage-driver",
                        "vfs");
        try {
            List<String> load = new ArrayList<>(podman);
            load.addAll(List.of("load", "-q", "-i", save(format).toString()));
            String out = run(load.toArray(new String[0]));
            assertTrue(out.contains("docker.io/library/layers:1"), out);
            List<String> inspect = new ArrayList<>(podman);
            inspect.addAll(List.of("inspect", "--format", "{{.Id}}", "layers:1"));
            String loaded = run(inspect.toArray(new String[0])).strip();
            assertEquals(id.replace("sha256:", ""), loaded);
        } finally {
            List<String> reset = new ArrayList<>(podman);
            reset.addAll(List.of("rmi", "-a", "-f"));
            run(reset.toArray(new String[0]));
        }
    }

    @Test
    @Tag("root")
    void umociUnpacksItToTheSameFiles() throws Exception {
        Path layout = save("oci-dir");
        Path bundle = directory.resolve("bundle");
        run("umoci", "unpack", "--image", layout + ":1", bundle.toString());
        assertEquals("two\n", Files.readString(bundle.resolve("rootfs/layers/kept/changed")));
        assertTrue(Files.notExists(bundle.resolve("rootfs/layers/hidden/below")));
    }

    @Test
    void theSameImagesGiveTheSameBytes() throws Exception {
        byte[] once = Files.readAllBytes(save("docker"));
        carafe.run("save", "-o", directory.resolve("again").toString(), "layers:1").ok();
        assertArrayEquals(once, Files.readAllBytes(directory.resolve("again")));
    }

    @Test
    void whatWasSavedIsLoadedAndRuns() throws Exception {
        Path file = save("docker");
        carafe.run("rmi", "-f", id).ok();
        String out = carafe.run("load", "-i", file.toString()).ok().out();
        assertEquals("Loaded image: layers:1\n", out);
        assertEquals(
                "two\n",
                carafe.run("run", "--rm", "layers:1", "cat", "/layers/kept/changed").ok().out());
    }

    @Test
    void whatCanNotBeSavedIsOneLineAndNoFile() throws Exception {
        String file = directory.resolve("none.tar").toString();
        carafe.run("save", "-o", file, "nosuch:1").exits(1);
        carafe.run("save", "-o", file, "--platform", "linux/s390x", "layers:1").exits(1);
        carafe.run("save", "-o", file, "--format", "zip", "layers:1").exits(125);
        carafe.run("save", "--format", "oci-dir", "layers:1").exits(125);
        carafe.run("save", "--format", "docker", "-o", directory.toString(), "layers:1").exits(125);
        try (var left = Files.list(directory)) {
            assertEquals(0, left.count());
        }
    }
}
