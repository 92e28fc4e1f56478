package dev.carafe.it;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What a user does at the command line. */
class CliTest {
    @RegisterExtension static final Carafe carafe = new Carafe();
    @TempDir Path directory;

    @Test
    @Tag("rootless")
    void theFirstCommandOfTheReadme() {
        var lines = carafe.run("run", "--rm", "host", "sh", "-c", "id; hostname; ps").ok().out();
        assertTrue(lines.startsWith("uid=0(root) gid=0(root)"), lines);
        assertTrue(lines.contains("PID TTY"), lines);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "busybox.oci.tar",
                "busybox.zstd.oci.tar",
                "busybox.docker.tar",
                "layers.oci.tar"
            })
    void loadsWhatOthersSaved(String archive) {
        String out = carafe.run("load", "-i", Images.file(archive).toString()).ok().out();
        String name = out.strip().substring(out.strip().lastIndexOf(' ') + 1);
        assertEquals(
                "yes\n",
                carafe.run("run", "--rm", name, "sh", "-c", "echo $FROM_IMAGE").ok().out());
        carafe.run("rmi", name).ok();
    }

    @Test
    void loadsFromItsInput() throws Exception {
        byte[] archive = Files.readAllBytes(Images.file("busybox.docker.tar"));
        carafe.runWithInput(archive, "load").ok();
        carafe.run("rmi", "busybox").ok();
    }

    @ParameterizedTest
    @ValueSource(strings = {"busybox.tar", "busybox.tar.gz", "busybox.tar.zst"})
    void importsARootFileSystem(String tar) {
        carafe.run("import", Images.file(tar).toString(), "mine:1").ok();
        assertEquals("hi\n", carafe.run("run", "--rm", "mine:1", "echo", "hi").ok().out());
        carafe.run("rmi", "mine:1").ok();
    }

    @Test
    void imagesAreListedTaggedInspectedAndRemoved() {
        carafe.run("load", "-i", Images.file("busybox.docker.tar").toString()).ok();
        carafe.run("tag", "busybox:latest", "other:2").ok();
        String list = carafe.run("images").ok().out();
        assertTrue(list.contains("busybox") && list.contains("other"), list);
        String json = carafe.run("inspect", "other:2").ok().out();
        assertTrue(json.contains("FROM_IMAGE=yes"), json);
        carafe.run("rmi", "busybox:latest").ok();
        carafe.run("rmi", "other:2").ok();
        assertEquals(1, carafe.run("images").ok().out().lines().count());
    }

    @Test
    @Tag("root")
    void theLongCommandOfTheReadme() throws Exception {
        carafe.run("import", Images.file("busybox.tar").toString(), "long:1").ok();
        Path source = Files.createDirectory(directory.resolve("src"));
        Files.writeString(source.resolve("file"), "text\n");
        String script =
                "pwd; id -u; id -g; hostname; echo $A; cat /src/file;"
                        + " touch /src/x 2>/dev/null || echo ro; touch /x 2>/dev/null || echo ro;"
                        + " touch /run/x && echo rw; grep CapBnd /proc/self/status";
        String out =
                carafe.run(
                                "run",
                                "--rm",
                                "-m",
                                "256m",
                                "--cpus",
                                "0.5",
                                "--pids-limit",
                                "64",
                                "-e",
                                "A=b",
                                "-w",
                                "/tmp",
                                "-u",
                                "1000:1000",
                                "-v",
                                source + ":/src:ro",
                                "--hostname",
                                "web",
                                "--read-only",
                                "--tmpfs",
                                "/run",
                                "--cap-drop",
                                "ALL",
                                "long:1",
                                "sh",
                                "-c",
                                script)
                        .ok()
                        .out();
        assertEquals(
                "/tmp\n1000\n1000\nweb\nb\ntext\nro\nro\nrw\nCapBnd:\t0000000000000000\n", out);
        carafe.run("rmi", "long:1").ok();
    }

    @Test
    @Tag("rootless")
    void explainRunsNothing() {
        Path mark = directory.resolve("mark");
        String[] command = {
            "explain", "run", "-v", directory + ":/v", "host", "touch", "/v/" + mark.getFileName()
        };
        String text = carafe.run(command).ok().out();
        assertTrue(text.contains("pivot_root") && text.contains("execve"), text);
        assertTrue(Files.notExists(mark));
        assertTrue(text.lines().count() > 100, text);
    }

    @Test
    @Tag("rootless")
    void explainAsJson() throws Exception {
        String text = carafe.run("explain", "--json", "run", "host", "true").ok().out();
        dev.carafe.oci.json.Json.parse(text.getBytes(java.nio.charset.StandardCharsets.UTF_8));
        assertTrue(text.startsWith("{\"launch\": [") && text.contains("\"container\": ["), text);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "info",
                "--help",
                "version",
                "run --help",
                "completion bash",
                "images",
                "ps"
            })
    @Tag("rootless")
    void tellsOfItself(String command) {
        var result = carafe.run(command.split(" ")).ok();
        assertTrue(!result.out().isBlank() && result.err().isEmpty(), result::toString);
    }
}
