package dev.carafe.engine.registry;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.carafe.oci.image.Descriptor;
import dev.carafe.oci.image.Digest;
import dev.carafe.oci.image.ImageReference;
import dev.carafe.oci.image.MediaType;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.function.Executable;

/** What tests of this package begin with. */
final class Given {
    /** Short, for nobody waits here. */
    static final Patience HASTE =
            new Patience(
                    4,
                    Duration.ofMillis(2),
                    Duration.ofMillis(1200),
                    Duration.ofSeconds(10),
                    Duration.ofSeconds(5),
                    Duration.ofSeconds(2));

    static final Credentials ANN = (host, path) -> new Credential.Password("ann", "s3cret");

    /** {@link #ANN} in an Authorization header. */
    static final String ANN_BASIC = "Basic YW5uOnMzY3JldA==";

    static final byte[] MANIFEST =
            utf8(
                    "{\"schemaVersion\":2,\"mediaType\":\""
                            + MediaType.MANIFEST
                            + "\",\"config\":{\"mediaType\":\"application/vnd.oci.empty.v1+json\",\"digest\":\""
                            + Digest.sha256(utf8("{}"))
                            + "\",\"size\":2},\"layers\":[]}");

    private Given() {}

    static byte[] utf8(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    static Registries registries() {
        return registries(RegistryConfig.none(), Credentials.NONE);
    }

    static Registries registries(RegistryConfig config, Credentials credentials) {
        return Registries.open(config, credentials, HASTE);
    }

    /** A configuration with one registry in it. */
    static RegistryConfig config(String host, String entry, Path... certificates) {
        RegistryConfig parsed =
                RegistryConfig.parse(
                        "test", utf8("{\"registries\":{\"" + host + "\":" + entry + "}}"));
        return new RegistryConfig(parsed.registries(), List.of(certificates), null);
    }

    static Repository app(Registries registries, FakeRegistry fake) {
        return app(registries, fake.host());
    }

    static Repository app(Registries registries, String host) {
        return registries.repository(ImageReference.parse(host + "/app"));
    }

    static Descriptor blob(byte[] bytes) {
        return new Descriptor(MediaType.LAYER, Digest.sha256(bytes), bytes.length);
    }

    static Descriptor blob(byte[] bytes, String... urls) {
        Descriptor plain = blob(bytes);
        return new Descriptor(
                plain.mediaType(),
                plain.digest(),
                plain.size(),
                List.of(urls),
                Map.of(),
                null,
                null,
                null);
    }

    static FakeRegistry.Response manifest(byte[] bytes) {
        return FakeRegistry.ok(bytes)
                .with("Content-Type: " + MediaType.MANIFEST)
                .with("Docker-Content-Digest: " + Digest.sha256(bytes));
    }

    /** The one line that is said, with the status that it came from. */
    static String refusal(int status, Executable work) {
        RegistryException e = assertThrows(RegistryException.class, work);
        String message = String.valueOf(e.getMessage());
        assertEquals(status, e.status(), message);
        assertEquals(1, message.lines().count(), message);
        return message;
    }
}
