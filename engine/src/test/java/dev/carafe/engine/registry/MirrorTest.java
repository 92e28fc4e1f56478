package dev.carafe.engine.registry;

import static dev.carafe.engine.registry.FakeRegistry.error;
import static dev.carafe.engine.registry.FakeRegistry.ok;
import static dev.carafe.engine.registry.FakeRegistry.status;
import static dev.carafe.engine.registry.Given.MANIFEST;
import static dev.carafe.engine.registry.Given.app;
import static dev.carafe.engine.registry.Given.blob;
import static dev.carafe.engine.registry.Given.config;
import static dev.carafe.engine.registry.Given.manifest;
import static dev.carafe.engine.registry.Given.refusal;
import static dev.carafe.engine.registry.Given.registries;
import static dev.carafe.engine.registry.Given.utf8;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.carafe.oci.image.Digest;
import java.io.IOException;
import java.io.InputStream;
import org.junit.jupiter.api.Test;

class MirrorTest {
    private static RegistryConfig mirrors(FakeRegistry origin, String... mirrors) {
        return config(origin.host(), "{\"mirrors\":[\"" + String.join("\",\"", mirrors) + "\"]}");
    }

    @Test
    void theyAreAskedInOrderAndTheRegistryLast() throws IOException {
        try (FakeRegistry first = FakeRegistry.plain(r -> status(404));
                FakeRegistry second =
                        FakeRegistry.plain(
                                r ->
                                        r.target().contains("blobs")
                                                ? ok(utf8("layer"))
                                                : status(404));
                FakeRegistry origin = FakeRegistry.plain(r -> manifest(MANIFEST));
                Registries registries =
                        registries(
                                mirrors(origin, first.host(), second.url() + "/proxy/hub"),
                                Credentials.NONE)) {
            app(registries, origin).manifest("1");
            try (InputStream in = app(registries, origin).blob(blob(utf8("layer")), 0)) {
                assertArrayEquals(utf8("layer"), in.readAllBytes());
            }
            assertEquals(
                    "GET /v2/app/manifests/1?ns=" + origin.host(),
                    first.requests().getFirst().toString());
            assertEquals(2, first.requests().size());
            assertEquals(1, second.count("GET /v2/proxy/hub/app/manifests/1?ns="));
            assertEquals(1, second.count("GET /v2/proxy/hub/app/blobs/sha256:"));
            assertEquals(1, origin.requests().size());
            assertEquals("GET /v2/app/manifests/1", origin.requests().getFirst().toString());
        }
    }

    @Test
    void oneThatIsDownIsNotAskedTwice() throws IOException {
        try (FakeRegistry down = FakeRegistry.plain(r -> status(503));
                FakeRegistry origin = FakeRegistry.plain(r -> manifest(MANIFEST));
                Registries registries =
                        registries(mirrors(origin, "localhost:1", down.host()), Credentials.NONE)) {
            app(registries, origin).manifest("1");
            app(registries, origin).manifest("2");
            assertEquals(2, down.requests().size());
            assertEquals(2, down.count("GET /v2/app/manifests/1"));
        }
    }

    @Test
    void oneThatLiesIsLeft() throws IOException {
        byte[] lie = utf8("{\"schemaVersion\":2,\"manifests\":[]}");
        try (FakeRegistry liar = FakeRegistry.plain(r -> ok(lie));
                FakeRegistry origin = FakeRegistry.plain(r -> manifest(MANIFEST));
                Registries registries =
                        registries(mirrors(origin, liar.host()), Credentials.NONE)) {
            String digest = Digest.sha256(MANIFEST).toString();
            assertArrayEquals(MANIFEST, app(registries, origin).manifest(digest).bytes());
            assertArrayEquals(
                    MANIFEST, app(registries, origin).withoutMirrors().manifest("1").bytes());
        }
    }

    @Test
    void theRegistrysErrorIsTheOneThatIsTold() throws IOException {
        try (FakeRegistry mirror = FakeRegistry.plain(r -> error(403, "DENIED", "mirror"));
                FakeRegistry origin =
                        FakeRegistry.plain(r -> error(404, "MANIFEST_UNKNOWN", "origin"));
                Registries registries =
                        registries(mirrors(origin, mirror.host()), Credentials.NONE)) {
            assertTrue(
                    refusal(404, () -> app(registries, origin).manifest("1")).contains("origin"));
        }
    }

    @Test
    void credentialsOfTheRegistryAreNotShownToThem() throws IOException {
        FakeRegistry.Handler asks =
                r ->
                        r.authorization().isEmpty()
                                ? status(401).with("WWW-Authenticate: Basic realm=\"r\"")
                                : manifest(MANIFEST);
        try (FakeRegistry mirror = FakeRegistry.plain(asks);
                FakeRegistry origin = FakeRegistry.plain(asks)) {
            Credentials ofOrigin =
                    (host, path) ->
                            host.equals(origin.host())
                                    ? Given.ANN.find(host, path)
                                    : new Credential.Anonymous();
            try (Registries registries = registries(mirrors(origin, mirror.host()), ofOrigin)) {
                app(registries, origin).manifest("1");
            }
            assertEquals(1, mirror.requests().size());
            assertEquals("", mirror.requests().getFirst().authorization());
            assertEquals(Given.ANN_BASIC, origin.requests().getLast().authorization());
        }
    }

    @Test
    void nothingIsPushedToThem() throws IOException {
        try (FakeRegistry mirror = FakeRegistry.plain(r -> status(201));
                FakeRegistry origin = FakeRegistry.plain(r -> status(201));
                Registries registries =
                        registries(mirrors(origin, mirror.host()), Credentials.NONE)) {
            app(registries, origin)
                    .putManifest("1", "application/vnd.oci.image.manifest.v1+json", MANIFEST);
            assertEquals(0, mirror.requests().size());
        }
    }
}
