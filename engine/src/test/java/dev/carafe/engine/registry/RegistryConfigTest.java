package dev.carafe.engine.registry;

import static dev.carafe.engine.registry.Given.refusal;
import static dev.carafe.engine.registry.Given.utf8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.carafe.oci.OciException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RegistryConfigTest {
    @TempDir Path home;

    private static String wrong(String json) {
        return String.valueOf(
                assertThrows(
                                OciException.class,
                                () -> RegistryConfig.parse("registries.json", utf8(json)),
                                json)
                        .getMessage());
    }

    @Test
    void aRegistryHasMirrorsAuthoritiesAndPlainHttp() {
        RegistryConfig config =
                RegistryConfig.parse(
                        "registries.json",
                        utf8(
                                """
                                {"stallSeconds": 60, "registries": {
                                  "docker.io": {"mirrors": ["m.org", "https://m.org:5000/proxy/hub/", "http://localhost:1"]},
                                  "h.org:5000": {"plainHttp": true, "ca": ["/etc/ca.pem"]},
                                  "[::1]:5000": {}}}
                                """));
        assertEquals(60, config.stallSeconds());
        assertEquals(
                List.of(
                        new RegistryConfig.Mirror("m.org", "", false),
                        new RegistryConfig.Mirror("m.org:5000", "proxy/hub", false),
                        new RegistryConfig.Mirror("localhost:1", "", true)),
                config.entry("docker.io").mirrors());
        assertTrue(config.entry("h.org:5000").plainHttp());
        assertEquals(List.of(Path.of("/etc/ca.pem")), config.entry("h.org:5000").ca());
        assertFalse(config.entry("h.org").plainHttp());
    }

    @Test
    void whatIsNotKnownIsRefusedWithItsPlace() {
        assertEquals(
                "registries.json: registries.h.org.insecure: is not known; there are ca, mirrors, plainHttp",
                wrong("{\"registries\":{\"h.org\":{\"insecure\":true}}}"));
        assertEquals(
                "registries.json: registry: is not known; there are registries, stallSeconds",
                wrong("{\"registry\":{}}"));
        for (String bad :
                List.of(
                        "[]",
                        "{\"stallSeconds\":0}",
                        "{\"registries\":{\"https://h.org\":{}}}",
                        "{\"registries\":{\"h.org/app\":{}}}",
                        "{\"registries\":{\"ann@h.org\":{}}}",
                        "{\"registries\":{\"\":{}}}",
                        "{\"registries\":{\"h.org\":{\"ca\":[\"relative\"]}}}",
                        "{\"registries\":{\"h.org\":{\"ca\":\"/x\"}}}",
                        "{\"registries\":{\"h.org\":{\"plainHttp\":\"yes\"}}}",
                        "{\"registries\":{\"h.org\":{\"mirrors\":[\"ftp://m.org\"]}}}",
                        "{\"registries\":{\"h.org\":{\"mirrors\":[\"ann:s@m.org\"]}}}",
                        "{\"registries\":{\"h.org\":{\"mirrors\":[\"m.org/a//b\"]}}}",
                        "{\"registries\":{\"h.org\":{\"mirrors\":[\"m.org/../b?x\"]}}}",
                        "{\"registries\":{\"h.org\":{\"mirrors\":[\"\"]}}}")) {
            assertTrue(wrong(bad).startsWith("registries.json: "), bad);
        }
    }

    @Test
    void theUsersFileIsReadUnlessAnotherIsNamed() throws IOException {
        Path file = home.resolve(".config/carafe/registries.json");
        Files.createDirectories(file.getParent());
        Files.writeString(file, "{\"registries\":{\"h.org\":{\"plainHttp\":true}}}");
        Map<String, String> usual = Map.of("HOME", home.toString());
        assertTrue(RegistryConfig.load(usual).entry("h.org").plainHttp());
        Path other = home.resolve("other.json");
        Files.writeString(other, "{}");
        Map<String, String> named =
                Map.of("HOME", home.toString(), "CARAFE_REGISTRIES", other.toString());
        assertFalse(RegistryConfig.load(named).entry("h.org").plainHttp());
        assertEquals(
                home.resolve(".config/carafe/certs.d"),
                RegistryConfig.load(named).certificates().getFirst());
        Files.delete(other);
        assertEquals(other + ": no such file", refusal(0, () -> RegistryConfig.load(named)));
        Files.writeString(file, "nonsense");
        assertTrue(refusal(0, () -> RegistryConfig.load(usual)).startsWith(file.toString()));
    }

    @Test
    void loopbackIsKnownByItsName() {
        for (String host : List.of("localhost", "LOCALHOST", "127.0.0.1", "127.255.0.9", "[::1]")) {
            assertTrue(Loopback.is(host), host);
        }
        for (String host :
                List.of(
                        "localhost.example.com",
                        "127.0.0.1.example.com",
                        "128.0.0.1",
                        "127.0.0",
                        "127.0.0.256",
                        "127.0.0.1x",
                        "127..0.1",
                        "10.0.0.1",
                        "[::2]",
                        "")) {
            assertFalse(Loopback.is(host), host);
        }
    }
}
