package dev.carafe.engine.registry;

import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.code_intelligence.jazzer.junit.FuzzTest;
import dev.carafe.oci.OciException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.List;

/** Any bytes from a registry, or in a file of the user's: refused in one way, or read. */
class RegistryFuzzTest {
    @FuzzTest(maxDuration = "20s")
    void anyChallenge(byte[] bytes) {
        String header = new String(bytes, StandardCharsets.ISO_8859_1);
        for (Challenge challenge : Challenge.parse(List.of(header, header))) {
            assertTrue(!challenge.scheme().isEmpty());
            assertTrue(challenge.parameters().size() <= 32);
        }
    }

    @FuzzTest(maxDuration = "20s")
    void anyDockerConfig(byte[] bytes) {
        try {
            DockerConfig config = DockerConfig.parse("config.json", bytes);
            String helper = config.helper("localhost:5000");
            assertTrue(helper == null || !helper.isEmpty());
            assertNotNull(config.credential("localhost:5000", "a/b"));
            assertNotNull(config.with("docker.io", null));
        } catch (OciException e) {
            assertNotNull(e.getMessage());
        }
    }

    @FuzzTest(maxDuration = "20s")
    void anyRegistriesFile(byte[] bytes) {
        try {
            assertNotNull(RegistryConfig.parse("registries.json", bytes).entry("localhost:5000"));
        } catch (OciException e) {
            assertNotNull(e.getMessage());
        }
    }

    @FuzzTest(maxDuration = "20s")
    void anyErrorTokenAndHeader(byte[] bytes) {
        String text = new String(bytes, StandardCharsets.UTF_8);
        String shown = Problem.detail(bytes) + Printable.of(text, 100);
        assertTrue(shown.codePoints().noneMatch(Character::isISOControl), shown);
        Pages.target(text);
        Duration wait = Attempts.retryAfter(text, Instant.EPOCH);
        assertTrue(wait == null || !wait.isNegative());
        try {
            Token token = Token.read("token", bytes, Instant.EPOCH);
            assertTrue(token.header().chars().allMatch(c -> c >= ' ' && c < 0x7f));
        } catch (OciException e) {
            assertNotNull(e.getMessage());
        }
    }
}
