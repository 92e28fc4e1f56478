package dev.carafe.it;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.carafe.engine.registry.Content;
import dev.carafe.engine.registry.Credential;
import dev.carafe.engine.registry.Credentials;
import dev.carafe.engine.registry.Fetched;
import dev.carafe.engine.registry.Patience;
import dev.carafe.engine.registry.Registries;
import dev.carafe.engine.registry.RegistryConfig;
import dev.carafe.engine.registry.Repository;
import dev.carafe.oci.image.Descriptor;
import dev.carafe.oci.image.Digest;
import dev.carafe.oci.image.ImageReference;
import dev.carafe.oci.image.Manifest;
import dev.carafe.oci.image.MediaType;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The distribution API against a registry that others wrote. */
class RegistryTest {
    private static final Credentials KNOWN =
            (host, path) -> new Credential.Password(Registry.USER, Registry.PASSWORD);

    @TempDir Path directory;

    private static byte[] bytes(int length, long seed) {
        byte[] bytes = new byte[length];
        new Random(seed).nextBytes(bytes);
        return bytes;
    }

    private static Descriptor descriptor(String type, byte[] bytes) {
        return new Descriptor(type, Digest.sha256(bytes), bytes.length);
    }

    private Registries open(Registry registry, Credentials credentials) throws IOException {
        Path home = Files.createDirectories(directory.resolve("home"));
        Path certificates = home.resolve(".config/carafe/certs.d");
        if (Files.exists(registry.ca()) && !Files.exists(certificates)) {
            registry.trustIn(certificates);
        }
        return Registries.open(
                RegistryConfig.load(Map.of("HOME", home.toString())),
                credentials,
                Patience.usual());
    }

    private static Repository repository(Registries registries, Registry registry, String path) {
        return registries.repository(ImageReference.parse(registry.host() + "/" + path));
    }

    /** Pushes an image of one layer, and gives its manifest. */
    private static byte[] push(Repository repository, byte[] layer, long chunk, String tag)
            throws IOException {
        byte[] config = "{}".getBytes(java.nio.charset.StandardCharsets.UTF_8);
        Descriptor blob = descriptor(MediaType.LAYER, layer);
        repository.upload(blob, Content.of(layer), chunk, sent -> {});
        Descriptor empty = descriptor(MediaType.EMPTY, config);
        repository.upload(empty, Content.of(config), 0, sent -> {});
        byte[] manifest =
                new Manifest(2, MediaType.MANIFEST, null, empty, List.of(blob), null, Map.of())
                        .json()
                        .bytes();
        repository.putManifest(tag, MediaType.MANIFEST, manifest);
        return manifest;
    }

    @ParameterizedTest
    @EnumSource(Registry.Feature.class)
    void whatIsPushedIsPulled(Registry.Feature feature) throws Exception {
        try (Registry registry = Registry.start(directory.resolve("registry"), feature)) {
            pushAndPull(registry);
        }
    }

    @Test
    void whatIsPushedIsPulledOverPlainHttp() throws Exception {
        try (Registry registry = Registry.start(directory.resolve("registry"))) {
            pushAndPull(registry);
        }
    }

    private void pushAndPull(Registry registry) throws IOException {
        byte[] layer = bytes(3_000_000, 1);
        try (Registries registries = open(registry, KNOWN)) {
            Repository app = repository(registries, registry, "test/app");
            byte[] manifest = push(app, layer, 0, "one");
            Fetched fetched = app.manifest("one");
            assertArrayEquals(manifest, fetched.bytes());
            assertEquals(descriptor(MediaType.MANIFEST, manifest), fetched.descriptor());
            String digest = fetched.descriptor().digest().toString();
            assertArrayEquals(manifest, app.manifest(digest).bytes());
            assertEquals(List.of("one"), app.tags());
            for (int from : new int[] {0, 1, 1_234_567, layer.length}) {
                try (InputStream in = app.blob(descriptor(MediaType.LAYER, layer), from)) {
                    byte[] rest = Arrays.copyOfRange(layer, from, layer.length);
                    assertArrayEquals(rest, in.readAllBytes());
                }
            }
            Repository other = repository(registries, registry, "test/other");
            assertFalse(other.has(Digest.sha256(layer)));
            assertTrue(other.mount(Digest.sha256(layer), "test/app"));
            assertTrue(other.has(Digest.sha256(layer)));
        }
    }
}
