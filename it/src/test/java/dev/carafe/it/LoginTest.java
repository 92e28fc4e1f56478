package dev.carafe.it;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/** Logging in and out, and searching, at the command line. */
class LoginTest {
    @RegisterExtension final Carafe carafe = new Carafe();
    @TempDir Path directory;

    @BeforeEach
    void useFilesOfThisTest() {
        carafe.with("HOME", directory.toString())
                .with("DOCKER_CONFIG", directory.resolve("docker").toString())
                .with("XDG_CONFIG_HOME", directory.resolve("config").toString())
                .with("XDG_RUNTIME_DIR", directory.resolve("run").toString());
    }

    private Path config() {
        return directory.resolve("docker/config.json");
    }

    private Carafe.Result login(String host, String password) {
        byte[] input = (password + "\n").getBytes(StandardCharsets.UTF_8);
        return carafe.runWithInput(input, "login", "--password-stdin", "-u", Registry.USER, host);
    }

    private static void oneLine(Carafe.Result result, String named) {
        assertEquals(1, result.err().lines().count(), result::toString);
        assertTrue(result.err().contains(named), result::toString);
        assertEquals("", result.out(), result::toString);
    }

    @Test
    void aPasswordIsCheckedBeforeItIsKept() throws Exception {
        try (Registry registry =
                Registry.start(directory.resolve("registry"), Registry.Feature.BASIC)) {
            oneLine(login(registry.host(), "wrong").exits(1), "wrong user or password");
            assertFalse(Files.exists(config()));
            oneLine(carafe.run("search", registry.host() + "/a").exits(1), "carafe login");

            Carafe.Result result = login(registry.host(), Registry.PASSWORD).ok();
            assertEquals("Login Succeeded\n", result.out());
            assertTrue(result.err().contains("stored unencrypted in '" + config()));
            assertTrue(Files.readString(config()).contains(registry.host()));
            assertEquals(
                    "rw-------",
                    PosixFilePermissions.toString(Files.getPosixFilePermissions(config())));

            assertEquals(
                    1, carafe.run("search", registry.host() + "/a").ok().out().lines().count());
            assertEquals("Login Succeeded\n", carafe.run("login", registry.host()).ok().out());
            carafe.run("logout", registry.host()).ok();
            assertFalse(Files.readString(config()).contains(registry.host()));
            oneLine(carafe.run("login", registry.host()).exits(1), "no terminal");
        }
    }

    @Test
    void aTokenTakesThePlaceOfThePassword() throws Exception {
        try (Registry registry =
                Registry.start(directory.resolve("registry"), Registry.Feature.TOKEN)) {
            login(registry.host(), Registry.PASSWORD).ok();
            String kept = Files.readString(config());
            assertTrue(kept.contains(TokenServer.REFRESH), kept);
            assertEquals("Login Succeeded\n", carafe.run("login", registry.host()).ok().out());
            assertTrue(
                    registry.tokens().requests().getLast().startsWith("POST grant_type=refresh"),
                    () -> registry.tokens().requests().toString());
            carafe.run("search", registry.host() + "/a").ok();
        }
    }

    @Test
    void aCertificateThatIsNotKnownIsToldWithWhatToDo() throws Exception {
        try (Registry registry =
                Registry.start(
                        directory.resolve("registry"),
                        Registry.Feature.TLS,
                        Registry.Feature.BASIC)) {
            oneLine(login(registry.host(), Registry.PASSWORD).exits(1), "certs.d");
            registry.trustIn(directory.resolve("config/carafe/certs.d"));
            login(registry.host(), Registry.PASSWORD).ok();
        }
    }

    @Test
    void aHelperKeepsThePassword() throws Exception {
        Path bin = Files.createDirectories(directory.resolve("bin"));
        Path helper = bin.resolve("docker-credential-file");
        Files.writeString(
                helper,
                "#!/bin/sh\n"
                        + "cd \"$(dirname \"$0\")\"\n"
                        + "case $1 in store) cat > kept ;; get) cat kept 2> /dev/null || { echo"
                        + " credentials not found; exit 1; } ;; erase) rm kept ;; esac\n");
        Files.setPosixFilePermissions(helper, PosixFilePermissions.fromString("rwxr-xr-x"));
        carafe.with("PATH", bin + ":" + System.getenv("PATH"));
        Files.createDirectories(config().getParent());
        Files.writeString(config(), "{\"credsStore\": \"file\", \"other\": [1]}");
        try (Registry registry =
                Registry.start(directory.resolve("registry"), Registry.Feature.BASIC)) {
            Carafe.Result result = login(registry.host(), Registry.PASSWORD).ok();
            assertEquals("", result.err());
            assertTrue(Files.readString(bin.resolve("kept")).contains(Registry.PASSWORD));
            String text = Files.readString(config());
            assertTrue(text.contains("\"other\"") && !text.contains("\"auth\""), text);
            carafe.run("search", registry.host() + "/a").ok();
            carafe.run("logout", registry.host()).ok();
            assertFalse(Files.exists(bin.resolve("kept")));
        }
    }

    @Test
    void aTerminalDoesNotShowThePassword() throws Exception {
        try (Registry registry =
                Registry.start(directory.resolve("registry"), Registry.Feature.BASIC)) {
            String line =
                    Carafe.home().resolve("carafe").toAbsolutePath() + " login " + registry.host();
            ProcessBuilder builder =
                    new ProcessBuilder("script", "-qec", line, "/dev/null")
                            .redirectErrorStream(true);
            builder.environment().put("HOME", directory.toString());
            builder.environment().put("DOCKER_CONFIG", directory.resolve("docker").toString());
            Process process = builder.start();
            try (OutputStream keys = process.getOutputStream()) {
                StringBuilder shown = new StringBuilder();
                await(process, shown, "Username at " + registry.host() + ": ");
                keys.write((Registry.USER + "\n").getBytes(StandardCharsets.UTF_8));
                keys.flush();
                await(process, shown, "Password: ");
                keys.write((Registry.PASSWORD + "\n").getBytes(StandardCharsets.UTF_8));
                keys.flush();
                await(process, shown, "Login Succeeded");
                assertFalse(shown.indexOf(Registry.PASSWORD) >= 0, shown::toString);
            }
            assertEquals(0, process.waitFor());
        }
    }

    /** Reads until that has been shown. */
    private static void await(Process process, StringBuilder shown, String text)
            throws IOException {
        while (shown.indexOf(text) < 0) {
            int c = process.getInputStream().read();
            assertTrue(c >= 0, () -> "the end came before \"" + text + "\": " + shown);
            shown.append((char) c);
        }
    }

    @Test
    void badInputIsToldInALine() throws IOException {
        oneLine(carafe.run("login", "-u", "a", "a b").exits(1), "not a registry");
        oneLine(
                carafe.runWithInput(
                                "p".getBytes(StandardCharsets.UTF_8),
                                "login",
                                "-u",
                                "a",
                                "--password-stdin",
                                "localhost:1")
                        .exits(1),
                "localhost:1: connection refused");
        Files.createDirectories(config().getParent());
        Files.writeString(config(), "{broken");
        oneLine(carafe.run("login", "-u", "a", "localhost:1").exits(1), config().toString());
        Path registries = directory.resolve("config/carafe/registries.json");
        Files.createDirectories(registries.getParent());
        Files.writeString(registries, "{\"registries\": {\"h.org\": {\"insecure\": true}}}");
        oneLine(carafe.run("search", "localhost:1/a").exits(1), registries.toString());
        carafe.run("login", "--password-stdin", "localhost:1").exits(125);
        carafe.run("search", "--limit", "0", "localhost:1/a").exits(125);
    }
}
