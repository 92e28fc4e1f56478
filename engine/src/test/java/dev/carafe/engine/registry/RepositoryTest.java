package dev.carafe.engine.registry;

import static dev.carafe.engine.registry.FakeRegistry.error;
import static dev.carafe.engine.registry.FakeRegistry.json;
import static dev.carafe.engine.registry.FakeRegistry.ok;
import static dev.carafe.engine.registry.FakeRegistry.status;
import static dev.carafe.engine.registry.Given.MANIFEST;
import static dev.carafe.engine.registry.Given.app;
import static dev.carafe.engine.registry.Given.blob;
import static dev.carafe.engine.registry.Given.manifest;
import static dev.carafe.engine.registry.Given.refusal;
import static dev.carafe.engine.registry.Given.registries;
import static dev.carafe.engine.registry.Given.utf8;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.carafe.oci.image.Digest;
import dev.carafe.oci.image.ImageReference;
import dev.carafe.oci.image.MediaType;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class RepositoryTest {
    private static final String DIGEST = Digest.sha256(MANIFEST).toString();

    /** What is said of a manifest when the registry answers so. */
    private static String refused(int status, FakeRegistry.Response response) throws IOException {
        try (FakeRegistry fake = FakeRegistry.plain(r -> response);
                Registries registries = registries()) {
            String message = refusal(status, () -> app(registries, fake).manifest("1"));
            return message.replace(fake.host(), "HOST");
        }
    }

    private static String wrong(FakeRegistry.Response response) throws IOException {
        return refused(0, response);
    }

    @Test
    void aManifestIsWhatItsTypeSaysAndHasItsDigest() throws IOException {
        try (FakeRegistry fake = FakeRegistry.plain(r -> manifest(MANIFEST));
                Registries registries = registries()) {
            for (String reference : List.of("1", DIGEST)) {
                Fetched fetched = app(registries, fake).manifest(reference);
                assertArrayEquals(MANIFEST, fetched.bytes());
                assertEquals(DIGEST, fetched.descriptor().digest().toString());
                assertEquals(MediaType.MANIFEST, fetched.descriptor().mediaType());
            }
            FakeRegistry.Request request = fake.requests().getFirst();
            assertEquals("GET /v2/app/manifests/1", request.toString());
            String accept = String.valueOf(request.headers().get("accept"));
            for (String type :
                    List.of(
                            MediaType.INDEX,
                            MediaType.MANIFEST,
                            MediaType.DOCKER_INDEX,
                            MediaType.DOCKER_MANIFEST)) {
                assertTrue(accept.contains(type), accept);
            }
        }
    }

    @Test
    void aTypeThatSaysNothingIsTakenFromTheDocument() throws IOException {
        byte[] index = utf8("{\"schemaVersion\":2,\"manifests\":[]}");
        try (FakeRegistry fake =
                        FakeRegistry.plain(
                                r ->
                                        r.target().endsWith("/i")
                                                ? ok(index)
                                                : json(
                                                        200,
                                                        new String(
                                                                MANIFEST,
                                                                StandardCharsets.UTF_8)));
                Registries registries = registries()) {
            Repository app = app(registries, fake);
            assertEquals(MediaType.MANIFEST, app.manifest("1").descriptor().mediaType());
            assertEquals(MediaType.INDEX, app.manifest("i").descriptor().mediaType());
        }
    }

    @Test
    void otherBytesThanTheDigestAreRefused() throws IOException {
        try (FakeRegistry fake =
                        FakeRegistry.plain(
                                r -> ok(MANIFEST).with("Content-Type: " + MediaType.MANIFEST));
                Registries registries = registries()) {
            String other = Digest.sha256(utf8("other")).toString();
            String message = refusal(0, () -> app(registries, fake).manifest(other));
            assertTrue(message.contains("wrong digest"), message);
            assertTrue(message.contains(other) && message.contains(DIGEST), message);
        }
        String lie = "Docker-Content-Digest: " + Digest.sha256(utf8("x"));
        assertTrue(
                wrong(ok(MANIFEST).with("Content-Type: " + MediaType.MANIFEST).with(lie))
                        .contains("wrong digest"));
        assertTrue(wrong(ok(MANIFEST).with("Docker-Content-Digest: md5:00")).contains("algorithm"));
    }

    @Test
    void aManifestOfAnUnknownTypeIsNamed() throws IOException {
        assertEquals(
                "HOST/app:1: a manifest of an unknown type: \"text/html\"",
                wrong(ok(utf8("{}")).with("Content-Type: text/html; charset=utf-8")));
        assertTrue(
                wrong(
                                ok(utf8("{}"))
                                        .with(
                                                "Content-Type: application/vnd.docker.distribution.manifest.v1+prettyjws"))
                        .contains("schema 1"));
        assertTrue(
                wrong(ok(MANIFEST).with("Content-Type: " + MediaType.INDEX))
                        .contains("calls itself"));
        assertTrue(wrong(ok(utf8("<html>"))).contains("HOST/app:1: "));
    }

    @Test
    void aManifestOfMoreThanFourMebibytesIsRefused() throws IOException {
        assertTrue(wrong(ok(new byte[(4 << 20) + 1])).contains("more than 4194304 bytes"));
    }

    @Test
    void theRegistrysErrorsComeInOneLine() throws IOException {
        assertEquals(
                "HOST/app:1: not found in the registry (404: MANIFEST_UNKNOWN: manifest unknown)",
                refused(404, error(404, "MANIFEST_UNKNOWN", "manifest unknown")));
        assertEquals(
                "HOST/app:1: access denied (403: DENIED: not yours)",
                refused(403, error(403, "DENIED", "not yours")));
        assertEquals(
                "HOST/app:1: the registry wants to know who asks (401: UNAUTHORIZED: who?); run 'carafe login"
                        + " HOST'",
                refused(401, error(401, "UNAUTHORIZED", "who?")));
        assertEquals(
                "HOST/app:1: too many requests (429: TOOMANYREQUESTS: slow down); try again in 3601 s",
                refused(429, error(429, "TOOMANYREQUESTS", "slow down").with("Retry-After: 3600")));
        assertEquals(
                "HOST/app:1: the registry answered (418)",
                refused(418, json(418, "<html>teapot</html>")));
    }

    @Test
    void anErrorsTextCanNotMoveTheCursor() throws IOException {
        String message =
                refused(403, error(403, "DENIED", "\\u001b[2J\\r\\n\\u202egone" + "x".repeat(999)));
        assertTrue(message.chars().allMatch(c -> c >= ' ' && c < 0x7f), message);
        assertTrue(message.length() < 500, message);
        assertTrue(message.contains("DENIED: [2J gone"), message);
    }

    @ParameterizedTest
    @ValueSource(ints = {408, 429, 500, 502, 503, 504})
    void whatMayPassIsTriedAgain(int status) throws IOException {
        AtomicInteger count = new AtomicInteger();
        try (FakeRegistry fake =
                        FakeRegistry.plain(
                                r ->
                                        count.incrementAndGet() < 4
                                                ? status(status)
                                                : manifest(MANIFEST));
                Registries registries = registries()) {
            app(registries, fake).manifest("1");
            assertEquals(4, count.get());
        }
    }

    @Test
    void thereIsAnEndToTrying() throws IOException {
        AtomicInteger count = new AtomicInteger();
        try (FakeRegistry fake =
                        FakeRegistry.plain(
                                r -> {
                                    count.incrementAndGet();
                                    return status(503);
                                });
                Registries registries = registries()) {
            refusal(503, () -> app(registries, fake).manifest("1"));
            assertEquals(Given.HASTE.attempts(), count.get());
        }
    }

    @Test
    void itWaitsAsLongAsTheRegistryAsks() throws IOException {
        AtomicInteger count = new AtomicInteger();
        try (FakeRegistry fake =
                        FakeRegistry.plain(
                                r ->
                                        count.getAndIncrement() == 0
                                                ? status(429).with("Retry-After: 1")
                                                : manifest(MANIFEST));
                Registries registries = registries()) {
            long start = System.nanoTime();
            app(registries, fake).manifest("1");
            assertTrue(System.nanoTime() - start >= 990_000_000L);
        }
    }

    @Test
    void whatWillNotPassIsNotTriedAgain() throws IOException {
        AtomicInteger count = new AtomicInteger();
        try (FakeRegistry fake =
                        FakeRegistry.plain(
                                r -> {
                                    count.incrementAndGet();
                                    return status(404);
                                });
                Registries registries = registries()) {
            refusal(404, () -> app(registries, fake).manifest("1"));
            assertEquals(1, count.get());
        }
    }

    @Test
    void aClosedConnectionIsTriedAgain() throws IOException {
        AtomicInteger count = new AtomicInteger();
        try (FakeRegistry fake =
                        FakeRegistry.plain(
                                r -> {
                                    if (count.incrementAndGet() < 3) {
                                        throw new IOException("closed");
                                    }
                                    return manifest(MANIFEST);
                                });
                Registries registries = registries()) {
            app(registries, fake).manifest("1");
        }
    }

    @Test
    void nobodyThereIsSaidSo() throws IOException {
        int port;
        try (ServerSocket free = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            port = free.getLocalPort();
        }
        try (Registries registries = registries()) {
            assertEquals(
                    "localhost:" + port + ": connection refused: nothing listens there",
                    refusal(0, () -> app(registries, "localhost:" + port).manifest("1")));
        }
    }

    @Test
    void blobsComeFromAnyPlace() throws IOException {
        byte[] bytes = utf8("0123456789");
        for (boolean ranges : new boolean[] {true, false}) {
            try (FakeRegistry fake =
                            FakeRegistry.plain(
                                    r -> {
                                        String range = r.headers().get("range");
                                        if (range == null || !ranges) {
                                            return ok(bytes);
                                        }
                                        int from = Integer.parseInt(range.replaceAll("\\D", ""));
                                        return new FakeRegistry.Response(
                                                206,
                                                List.of("Content-Range: bytes " + from + "-9/10"),
                                                Arrays.copyOfRange(bytes, from, 10),
                                                -1,
                                                false);
                                    });
                    Registries registries = registries()) {
                for (int from = 0; from <= 10; from++) {
                    try (InputStream in = app(registries, fake).blob(blob(bytes), from)) {
                        byte[] rest = Arrays.copyOfRange(bytes, from, 10);
                        assertArrayEquals(rest, in.readAllBytes(), () -> "ranges " + ranges);
                    }
                }
            }
        }
    }

    @Test
    void anotherPartThanTheOneAskedForIsRefused() throws IOException {
        byte[] bytes = utf8("0123456789");
        for (String header : List.of("bytes 4-9/10", "bytes x-9/10", "pages 5-9", "")) {
            try (FakeRegistry fake =
                            FakeRegistry.plain(
                                    r ->
                                            new FakeRegistry.Response(
                                                    206,
                                                    List.of("Content-Range: " + header),
                                                    utf8("56789"),
                                                    -1,
                                                    false));
                    Registries registries = registries()) {
                refusal(0, () -> app(registries, fake).blob(blob(bytes), 5));
            }
        }
    }

    @Test
    void aBlobOfAnotherSizeIsRefused() throws IOException {
        byte[] bytes = new byte[100];
        try (FakeRegistry fake = FakeRegistry.plain(r -> ok(new byte[101]));
                Registries registries = registries()) {
            String message = refusal(0, () -> app(registries, fake).blob(blob(bytes), 0));
            assertTrue(message.contains("101 bytes, the manifest says 100"), message);
        }
        // without a length, it shows as the bytes come
        FakeRegistry.Response chunked =
                new FakeRegistry.Response(
                        200,
                        List.of("Transfer-Encoding: chunked", "Content-Length-Not: 1"),
                        utf8("65\r\n" + "x".repeat(101) + "\r\n0\r\n\r\n"),
                        -1,
                        false);
        try (FakeRegistry fake = FakeRegistry.plain(r -> chunked);
                Registries registries = registries();
                InputStream in = app(registries, fake).blob(blob(bytes), 0)) {
            refusal(0, in::readAllBytes);
        }
    }

    @Test
    void aDeadConnectionIsSaidWithHowFarItGot() throws IOException {
        byte[] bytes = new byte[100_000];
        try (FakeRegistry fake = FakeRegistry.plain(r -> ok(bytes).cutAfter(50_000));
                Registries registries = registries();
                InputStream in = app(registries, fake).blob(blob(bytes), 0)) {
            String message = refusal(0, in::readAllBytes);
            assertTrue(message.contains("lost after 50000 of 100000 bytes"), message);
        }
    }

    @Test
    void aSilentRegistryIsLeftAfterAWhile() throws IOException {
        byte[] bytes = new byte[100_000];
        try (FakeRegistry fake = FakeRegistry.plain(r -> ok(bytes).silentAfter(50_000));
                Registries registries = registries();
                InputStream in = app(registries, fake).blob(blob(bytes), 0)) {
            String message = refusal(0, in::readAllBytes);
            assertTrue(message.contains("no byte for 2 s after 50000 of 100000"), message);
        }
    }

    @Test
    void blobsAreLookedForWithoutTheirBytes() throws IOException {
        try (FakeRegistry fake =
                        FakeRegistry.plain(
                                r -> r.target().endsWith(DIGEST) ? ok(MANIFEST) : status(404));
                Registries registries = registries()) {
            assertTrue(app(registries, fake).has(Digest.sha256(MANIFEST)));
            assertFalse(app(registries, fake).has(Digest.sha256(utf8("x"))));
            assertEquals(2, fake.count("HEAD /v2/app/blobs/sha256:"));
        }
    }

    @Test
    void tagsComeInPages() throws IOException {
        try (FakeRegistry fake =
                        FakeRegistry.plain(
                                r ->
                                        r.target().contains("last=b")
                                                ? json(200, "{\"name\":\"app\",\"tags\":[\"c\"]}")
                                                : json(200, "{\"tags\":[\"a\",\"b\"]}")
                                                        .with(
                                                                "Link: </v2/app/tags/list?n=2&last=b>; rel=\"next\""));
                Registries registries = registries()) {
            assertEquals(List.of("a", "b", "c"), app(registries, fake).tags());
        }
    }

    @Test
    void pagesThatGoInACircleOrElsewhereEnd() throws IOException {
        try (FakeRegistry fake =
                        FakeRegistry.plain(
                                r ->
                                        json(200, "{\"tags\":null}")
                                                .with("Link: <?n=1000>; rel=next"));
                Registries registries = registries()) {
            assertEquals(List.of(), app(registries, fake).tags());
            assertEquals(1, fake.count("GET"));
        }
        try (FakeRegistry fake =
                        FakeRegistry.plain(
                                r ->
                                        json(200, "{\"tags\":[]}")
                                                .with(
                                                        "Link: <http://192.0.2.1/v2/app/tags/list>; rel=\"next\""));
                Registries registries = registries()) {
            assertTrue(refusal(0, () -> app(registries, fake).tags()).contains("of another host"));
        }
    }

    @Test
    void redirectsAreFollowedAndHaveAnEnd() throws IOException {
        byte[] bytes = utf8("layer");
        try (FakeRegistry storage = FakeRegistry.plain(r -> ok(bytes));
                FakeRegistry fake =
                        FakeRegistry.plain(
                                r ->
                                        r.target().contains("blobs")
                                                ? status(307)
                                                        .with("Location: " + storage.url() + "/s")
                                                : status(302).with("Location: " + r.target()));
                Registries registries = registries()) {
            try (InputStream in = app(registries, fake).blob(blob(bytes), 0)) {
                assertArrayEquals(bytes, in.readAllBytes());
            }
            assertTrue(
                    refusal(0, () -> app(registries, fake).manifest("1"))
                            .contains("more than 8 redirects"));
        }
    }

    @Test
    void namesOfDockerHubGoToItsRegistry() {
        assertEquals("registry-1.docker.io", Endpoint.authority("docker.io"));
        assertEquals(
                "docker.io/library/debian",
                Given.registries().repository(ImageReference.parse("debian")).name());
        assertThrows(RegistryException.class, () -> Registries.host("a b"));
    }

    @Test
    void registriesAreNamedAsInFilesOfCredentials() throws IOException {
        assertEquals("docker.io", Registries.host(""));
        assertEquals("docker.io", Registries.host("https://index.docker.io/v1/"));
        assertEquals("example.com:5000", Registries.host("https://example.com:5000/v2/"));
        for (String bad : List.of("a b", "https://", "user@host", "a:b", "/")) {
            assertThrows(RegistryException.class, () -> Registries.host(bad), bad);
        }
    }
}
