package dev.carafe.it;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.carafe.engine.registry.Content;
import dev.carafe.engine.registry.Credential;
import dev.carafe.engine.registry.Credentials;
import dev.carafe.engine.registry.Fetched;
import dev.carafe.engine.registry.Patience;
import dev.carafe.engine.registry.Registries;
import dev.carafe.engine.registry.RegistryConfig;
import dev.carafe.engine.registry.RegistryException;
import dev.carafe.engine.registry.Repository;
import dev.carafe.oci.image.Descriptor;
import dev.carafe.oci.image.Digest;
import dev.carafe.oci.image.ImageReference;
import dev.carafe.oci.image.Manifest;
import dev.carafe.oci.image.MediaType;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

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
        byte[] config = "{}".getBytes(StandardCharsets.UTF_8);
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

    /** A content that breaks off when it is read for the first time. */
    private static Content breaking(byte[] bytes, int after) {
        AtomicBoolean broken = new AtomicBoolean();
        return new Content() {
            @Override
            public long size() {
                return bytes.length;
            }

            @Override
            public InputStream open(long from) {
                InputStream whole = new ByteArrayInputStream(bytes, (int) from, bytes.length);
                if (broken.getAndSet(true)) {
                    return whole;
                }
                return new InputStream() {
                    private int left = after;

                    @Override
                    public int read() throws IOException {
                        byte[] one = new byte[1];
                        return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
                    }

                    @Override
                    public int read(byte[] into, int offset, int length) throws IOException {
                        if (left == 0) {
                            throw new IOException("broken");
                        }
                        int n = whole.read(into, offset, Math.min(length, left));
                        left -= n;
                        return n;
                    }
                };
            }
        };
    }

    @ParameterizedTest
    @ValueSource(longs = {0, 1_000_000})
    void aBrokenUploadIsTakenUpAgain(long chunk) throws Exception {
        byte[] layer = bytes(3_000_000, 2);
        Descriptor blob = descriptor(MediaType.LAYER, layer);
        try (Registry registry = Registry.start(directory.resolve("registry"));
                Registries registries = open(registry, Credentials.NONE)) {
            Repository app = repository(registries, registry, "app");
            app.upload(blob, breaking(layer, 1_234_567), chunk, sent -> {});
            try (InputStream in = app.blob(blob, 0)) {
                assertArrayEquals(layer, in.readAllBytes());
            }
        }
    }

    @Test
    void bytesOfAnotherDigestAreRefusedByTheRegistry() throws Exception {
        byte[] layer = bytes(1000, 3);
        Descriptor other = new Descriptor(MediaType.LAYER, Digest.sha256(bytes(1, 4)), 1000);
        try (Registry registry = Registry.start(directory.resolve("registry"));
                Registries registries = open(registry, Credentials.NONE)) {
            Repository app = repository(registries, registry, "app");
            RegistryException e =
                    assertThrows(
                            RegistryException.class,
                            () -> app.upload(other, Content.of(layer), 0, sent -> {}));
            assertEquals(400, e.status());
            assertTrue(String.valueOf(e.getMessage()).contains("DIGEST_INVALID"), e::getMessage);
        }
    }

    @Test
    void aRegistryThatDiesAndComesBackIsGoneOnWith() throws Exception {
        byte[] layer = bytes(30_000_000, 5);
        Descriptor blob = descriptor(MediaType.LAYER, layer);
        Path data = directory.resolve("registry");
        int half = 1_000_000;
        int port;
        try (Registry registry = Registry.start(data);
                Registries registries = open(registry, Credentials.NONE)) {
            Repository app = repository(registries, registry, "app");
            push(app, layer, 0, "one");
            port = registry.port();
            try (InputStream in = app.blob(blob, 0)) {
                assertArrayEquals(Arrays.copyOf(layer, half), in.readNBytes(half));
                registry.stop();
                RegistryException e =
                        assertThrows(RegistryException.class, () -> in.readAllBytes());
                assertTrue(
                        String.valueOf(e.getMessage()).contains("of 30000000 bytes"),
                        e::getMessage);
            }
            try (Registry again = Registry.start(data, port);
                    InputStream in = app.blob(blob, half)) {
                assertEquals(port, again.port());
                assertArrayEquals(Arrays.copyOfRange(layer, half, layer.length), in.readAllBytes());
            }
        }
    }

    @Test
    void anAuthorityThatNobodyGaveIsNotBelieved() throws Exception {
        try (Registry registry =
                        Registry.start(directory.resolve("registry"), Registry.Feature.TLS);
                Registries registries =
                        Registries.open(RegistryConfig.none(), KNOWN, Patience.usual())) {
            RegistryException e =
                    assertThrows(
                            RegistryException.class,
                            () -> repository(registries, registry, "app").tags());
            assertTrue(
                    String.valueOf(e.getMessage())
                            .contains("/etc/docker/certs.d/" + registry.host() + "/ca.crt"),
                    e::getMessage);
        }
    }

    @Test
    void passwordsGoOverTls() throws Exception {
        try (Registry registry =
                Registry.start(
                        directory.resolve("registry"),
                        Registry.Feature.TLS,
                        Registry.Feature.BASIC)) {
            pushAndPull(registry);
            try (Registries unknown = open(registry, Credentials.NONE)) {
                assertStatus(401, () -> repository(unknown, registry, "test/app").manifest("one"));
            }
        }
    }

    @Test
    void tokensAllowWhatTheirServerGrants() throws Exception {
        byte[] layer = bytes(1000, 6);
        try (Registry registry =
                        Registry.start(directory.resolve("registry"), Registry.Feature.TOKEN);
                Registries known = open(registry, KNOWN);
                Registries unknown = open(registry, Credentials.NONE)) {
            byte[] manifest = push(repository(known, registry, "public/app"), layer, 0, "one");
            push(repository(known, registry, "private/app"), layer, 0, "one");
            int asked = registry.tokens().requests().size();
            Repository open = repository(unknown, registry, "public/app");
            assertArrayEquals(manifest, open.manifest("one").bytes());
            assertArrayEquals(manifest, open.manifest("one").bytes());
            assertEquals(asked + 1, registry.tokens().requests().size());
            assertStatus(401, () -> repository(unknown, registry, "private/app").manifest("one"));
            assertStatus(401, () -> push(open, bytes(1000, 7), 0, "two"));
            Credentials wrong = (host, path) -> new Credential.Password(Registry.USER, "wrong");
            try (Registries refused = open(registry, wrong)) {
                assertStatus(401, () -> repository(refused, registry, "public/app").tags());
            }
        }
    }

    @Test
    void whatRefersToAManifestIsListed() throws Exception {
        try (Registry registry = Registry.start(directory.resolve("registry"));
                Registries registries = open(registry, Credentials.NONE)) {
            Repository app = repository(registries, registry, "app");
            byte[] image = push(app, bytes(1000, 8), 0, "one");
            byte[] config = "{}".getBytes(StandardCharsets.UTF_8);
            byte[] signature =
                    new Manifest(
                                    2,
                                    MediaType.MANIFEST,
                                    "application/vnd.example.signature",
                                    descriptor(MediaType.EMPTY, config),
                                    List.of(),
                                    descriptor(MediaType.MANIFEST, image),
                                    Map.of("by", "test"))
                            .json()
                            .bytes();
            Digest digest = Digest.sha256(signature);
            app.putManifest(digest.toString(), MediaType.MANIFEST, signature);
            List<Descriptor> found = app.referrers(Digest.sha256(image), null);
            assertEquals(List.of(digest), found.stream().map(Descriptor::digest).toList());
            assertEquals("test", found.getFirst().annotations().get("by"));
            assertEquals(List.of(), app.referrers(Digest.sha256(image), "application/other"));
            assertEquals(List.of(), app.referrers(digest, null));
        }
    }

    @Test
    void skopeoReadsWhatIsPushed() throws Exception {
        assumeTrue(Files.isExecutable(Path.of("/usr/bin/skopeo")), "skopeo is not installed");
        try (Registry registry = Registry.start(directory.resolve("registry"));
                Registries registries = open(registry, Credentials.NONE)) {
            byte[] manifest =
                    push(repository(registries, registry, "app"), bytes(5000, 9), 2000, "one");
            Path copy = directory.resolve("copy");
            Path log = directory.resolve("skopeo.log");
            Process process =
                    new ProcessBuilder(
                                    "/usr/bin/skopeo",
                                    "copy",
                                    "--insecure-policy",
                                    "--src-tls-verify=false",
                                    "docker://" + registry.host() + "/app:one",
                                    "dir:" + copy)
                            .redirectErrorStream(true)
                            .redirectOutput(log.toFile())
                            .start();
            assertEquals(0, process.waitFor(), () -> log + ": skopeo failed");
            assertArrayEquals(manifest, Files.readAllBytes(copy.resolve("manifest.json")));
            Path layer = copy.resolve(Digest.sha256(bytes(5000, 9)).hex());
            assertArrayEquals(bytes(5000, 9), Files.readAllBytes(layer));
        }
    }

    private static void assertStatus(int status, Executable work) {
        RegistryException e = assertThrows(RegistryException.class, work);
        assertEquals(status, e.status(), e::getMessage);
        assertEquals(1, String.valueOf(e.getMessage()).lines().count(), e::getMessage);
    }
}
