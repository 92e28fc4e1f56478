package dev.carafe.engine.registry;

import static dev.carafe.engine.registry.Given.refusal;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CredentialStoreTest {
    private static final Credential ANN = new Credential.Password("ann", "s3cret");
    private static final Credential NOBODY = new Credential.Anonymous();

    @TempDir Path home;

    private Map<String, String> environment() {
        Map<String, String> environment = new HashMap<>();
        environment.put("HOME", home.toString());
        environment.put("PATH", home.resolve("bin") + ":/usr/bin:/bin");
        return environment;
    }

    private Path config() {
        return home.resolve(".docker/config.json");
    }

    private void write(Path file, String text) throws IOException {
        Files.createDirectories(file.getParent());
        Files.writeString(file, text);
    }

    /** A helper that keeps what it is given in files beside it. */
    private void helper(String name) throws IOException {
        Path program = home.resolve("bin/docker-credential-" + name);
        write(
                program,
                """
                #!/bin/sh
                cd "$(dirname "$0")"
                case $1 in
                store) cat > kept ;;
                get) read -r server; echo "$server" > asked
                    [ -e kept ] || { echo "credentials not found in native keychain"; exit 1; }
                    cat kept ;;
                erase) rm kept ;;
                *) echo "broken"; exit 1 ;;
                esac
                """);
        Files.setPosixFilePermissions(program, PosixFilePermissions.fromString("rwxr-xr-x"));
    }

    @Test
    void whatIsStoredIsFoundAndForgotten() throws IOException {
        CredentialStore store = CredentialStore.of(environment());
        assertTrue(store.store("h.org", ANN));
        assertEquals(ANN, store.find("h.org"));
        assertEquals(ANN, CredentialFiles.of(environment()).find("h.org", "app"));
        assertEquals(NOBODY, store.find("g.org"));
        assertTrue(store.erase("h.org"));
        assertFalse(store.erase("h.org"));
        assertEquals(NOBODY, store.find("h.org"));
    }

    @Test
    void theFileIsForItsOwnerAlone() throws IOException {
        CredentialStore.of(environment()).store("h.org", ANN);
        assertEquals(
                "rw-------",
                PosixFilePermissions.toString(Files.getPosixFilePermissions(config())));
        assertEquals(
                "rwx------",
                PosixFilePermissions.toString(Files.getPosixFilePermissions(config().getParent())));
        try (Stream<Path> files = Files.list(config().getParent())) {
            assertEquals(List.of(config()), files.toList());
        }
    }

    @Test
    void aLinkToTheFileStaysALink() throws IOException {
        Path real = home.resolve("elsewhere/config.json");
        write(real, "{\"psFormat\":\"x\"}");
        Files.createDirectories(config().getParent());
        Files.createSymbolicLink(config(), real);
        CredentialStore.of(environment()).store("h.org", ANN);
        assertTrue(Files.isSymbolicLink(config()));
        assertTrue(Files.readString(real).contains("psFormat"));
        assertTrue(Files.readString(real).contains("h.org"));
    }

    @Test
    void aFileThatIsNoJsonIsLeftAlone() throws IOException {
        write(config(), "{ not json");
        String message = refusal(0, () -> CredentialStore.of(environment()).store("h.org", ANN));
        assertTrue(message.startsWith(config().toString()), message);
        assertEquals("{ not json", Files.readString(config()));
    }

    @Test
    void aHelperKeepsTheSecret() throws IOException {
        helper("test");
        write(config(), "{\"credsStore\":\"test\"}");
        CredentialStore store = CredentialStore.of(environment());
        assertFalse(store.store("docker.io", ANN));
        assertFalse(Files.readString(config()).contains("YW5u"), Files.readString(config()));
        assertEquals(
                "{\"ServerURL\":\"https://index.docker.io/v1/\",\"Username\":\"ann\",\"Secret\":\"s3cret\"}",
                Files.readString(home.resolve("bin/kept")));
        assertEquals(ANN, store.find("docker.io"));
        assertEquals("https://index.docker.io/v1/\n", Files.readString(home.resolve("bin/asked")));
        assertTrue(store.erase("docker.io"));
        assertEquals(NOBODY, store.find("docker.io"));
        assertFalse(store.erase("docker.io"));
    }

    @Test
    void aHelpersTokenIsAnIdentityToken() throws IOException {
        helper("test");
        write(config(), "{\"credHelpers\":{\"h.org\":\"test\"}}");
        CredentialStore store = CredentialStore.of(environment());
        store.store("h.org", new Credential.Identity("ann", "t"));
        assertEquals(
                new Credential.Identity("<token>", "t"),
                CredentialFiles.of(environment()).find("h.org", "app"));
    }

    @Test
    void aHelperThatIsMissingOrBreaksIsNamed() throws IOException {
        write(config(), "{\"credsStore\":\"no-such-helper\"}");
        Credentials files = CredentialFiles.of(environment());
        assertTrue(
                refusal(0, () -> files.find("h.org", ""))
                        .contains("docker-credential-no-such-helper"));
        write(config(), "{\"credsStore\":\"../../bin/evil\"}");
        assertTrue(
                refusal(0, () -> files.find("h.org", "")).contains("not the name of a credential"));
        write(config(), "{\"credsStore\":\"broken\"}");
        Path program = home.resolve("bin/docker-credential-broken");
        for (String output : List.of("echo oops; exit 1", "echo '{}'", "echo not json")) {
            write(program, "#!/bin/sh\n" + output + "\n");
            Files.setPosixFilePermissions(program, PosixFilePermissions.fromString("rwxr-xr-x"));
            assertTrue(
                    refusal(0, () -> files.find("h.org", "")).contains("docker-credential-broken"));
        }
    }

    @Test
    void filesAreReadInOrder() throws IOException {
        Map<String, String> environment = environment();
        environment.put("REGISTRY_AUTH_FILE", home.resolve("named.json").toString());
        environment.put("XDG_RUNTIME_DIR", home.resolve("run").toString());
        Credentials files = CredentialFiles.of(environment);
        assertEquals(NOBODY, files.find("h.org", ""));
        List<Path> order =
                List.of(
                        home.resolve(".config/containers/auth.json"),
                        home.resolve("run/containers/auth.json"),
                        config(),
                        home.resolve("named.json"));
        for (int i = 0; i < order.size(); i++) {
            write(
                    order.get(i),
                    "{\"auths\":{\"h.org\":{\"username\":\"u" + i + "\",\"password\":\"p\"}}}");
            assertEquals(new Credential.Password("u" + i, "p"), files.find("h.org", ""));
        }
    }
}
