package dev.carafe.it;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.BufferedReader;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/** Images of an ordinary user: who owns their files, and what works inside a user namespace. */
class RootlessTest {
    @RegisterExtension static final Carafe carafe = new Carafe();
    @TempDir Path directory;

    /** Runs ./carafe under util-linux's unshare; its output and errors together. */
    private String under(String unshare, int status, String... args)
            throws IOException, InterruptedException {
        List<String> command = new ArrayList<>(List.of("unshare"));
        command.addAll(List.of(unshare.split(" ")));
        command.add(Carafe.home().resolve("carafe").toString());
        command.addAll(List.of(args));
        ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
        builder.environment().put("CARAFE_ROOT", carafe.root().toString());
        Process process = builder.start();
        process.getOutputStream().close();
        String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertTrue(process.waitFor(100, TimeUnit.SECONDS));
        assertEquals(status, process.exitValue(), said);
        return said;
    }

    private static boolean hasRange() throws IOException {
        String user = System.getProperty("user.name") + ":";
        return Files.exists(Path.of("/usr/bin/newuidmap"))
                && Files.readAllLines(Path.of("/etc/subuid")).stream()
                        .anyMatch(line -> line.startsWith(user));
    }

    @Test
    @Tag("user")
    void ownersOfALayerAreKept() throws Exception {
        assumeTrue(hasRange(), "this user has no range in /etc/subuid");
        carafe.run("import", Images.file("minbase.tar").toString(), "owners:1").ok();
        assertEquals(
                "0:42 640\n0:8 2775\n",
                carafe.run(
                                "run",
                                "--rm",
                                "owners:1",
                                "stat",
                                "-c",
                                "%u:%g %a",
                                "/etc/shadow",
                                "/var/mail")
                        .ok()
                        .out());
        // directories of other owners, which this user can't even list, go with the image
        carafe.run("rmi", "owners:1").ok();
        try (var layers = Files.list(carafe.root().resolve("layers"))) {
            assertEquals(List.of("empty"), layers.map(p -> p.getFileName().toString()).toList());
        }
        try (var staged = Files.list(carafe.root().resolve("tmp"))) {
            assertEquals(0, staged.count());
        }
    }

    @Test
    @Tag("user")
    void anOwnerBeyondTheRangeIsNamed() throws Exception {
        assumeTrue(hasRange(), "this user has no range in /etc/subuid");
        byte[] tar = tarWithOwner(2_000_000);
        var result = carafe.runWithInput(tar, "import", "-", "foreign:1").exits(1);
        assertTrue(result.err().contains("belongs to 2000000:0"), result::toString);
        assertTrue(result.err().contains("/etc/subuid"), result::toString);
        assertEquals(1, result.err().lines().count(), result::toString);
    }

    /** One empty file f, as tar(5) has it. */
    private static byte[] tarWithOwner(int uid) throws IOException {
        byte[] header = new byte[512];
        put(header, 0, "f");
        put(header, 100, "0000644");
        put(header, 108, String.format("%07o", uid));
        put(header, 116, "0000000");
        put(header, 124, "00000000000");
        put(header, 136, "00000000000");
        put(header, 148, "        ");
        header[156] = '0';
        put(header, 257, "ustar");
        put(header, 263, "00");
        int sum = 0;
        for (byte b : header) {
            sum += b & 0xff;
        }
        put(header, 148, String.format("%06o\0", sum));
        var out = new ByteArrayOutputStream();
        out.write(header);
        out.write(new byte[1024]);
        return out.toByteArray();
    }

    private static void put(byte[] header, int at, String text) {
        byte[] bytes = text.getBytes(StandardCharsets.US_ASCII);
        System.arraycopy(bytes, 0, header, at, bytes.length);
    }

    @Test
    @Tag("rootless")
    void rootOfAUserNamespaceHasImagesAndContainers() throws Exception {
        under("-Ur", 0, "import", Images.file("busybox.tar").toString(), "inner:1");
        String said =
                under("-Ur", 0, "run", "--rm", "inner:1", "sh", "-c", "id -u; echo a > /b; cat /b");
        assertEquals("0\na\n", said);
        under("-Ur", 0, "rmi", "inner:1");
    }

    @Test
    @Tag("user")
    void aNamespaceWithRangesGivesContainersItsIds() throws Exception {
        assumeTrue(hasRange(), "this user has no range in /etc/subuid");
        String ranges = "--map-auto --map-root-user";
        under(ranges, 0, "import", Images.file("busybox.tar").toString(), "ranges:1");
        String script = "chown 5:6 /etc/passwd; stat -c %u:%g /etc/passwd";
        assertEquals("5:6\n", under(ranges, 0, "run", "--rm", "ranges:1", "sh", "-c", script));
        under(ranges, 0, "rmi", "ranges:1");
    }

    @Test
    @Tag("rootless")
    void theExitStatusAndHelpComeThrough() {
        assertTrue(carafe.run("load", "--help").ok().out().startsWith("Usage:"));
        var result = carafe.run("load", "-i", directory.resolve("nosuch").toString()).exits(1);
        assertTrue(result.err().contains("no such file"), result::toString);
        carafe.run("load", "--nosuch").exits(125);
        carafe.run("rmi", "nosuch:1").exits(1);
    }

    @Test
    @Tag("user")
    void verbsReachAContainerOfAnOrdinaryUser() throws Exception {
        String script = "trap 'exit 9' TERM; echo ready; while :; do sleep 0.1; done";
        Process running = carafe.start("run", "--name", "mine", "host", "sh", "-c", script);
        try (BufferedReader out = running.inputReader(StandardCharsets.UTF_8)) {
            assertEquals("ready", out.readLine());
            String inside = "id -u; cat /proc/1/comm; readlink /proc/1/ns/user /proc/self/ns/user";
            String said = carafe.run("exec", "mine", "sh", "-c", inside).ok().out();
            String[] lines = said.split("\n", -1);
            assertEquals("0", lines[0], said);
            assertEquals("sh", lines[1], said);
            assertEquals(lines[2], lines[3], said);
            carafe.run("exec", "mine", "no-such-command").exits(127);
            carafe.run("stop", "mine").ok();
            assertEquals(9, running.waitFor());
        }
        assertEquals("9\n", carafe.run("wait", "mine").ok().out());
        carafe.run("rm", "mine").ok();
    }
}
