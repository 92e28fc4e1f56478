package dev.carafe.engine.registry;

import static dev.carafe.engine.registry.FakeRegistry.error;
import static dev.carafe.engine.registry.FakeRegistry.json;
import static dev.carafe.engine.registry.FakeRegistry.ok;
import static dev.carafe.engine.registry.FakeRegistry.status;
import static dev.carafe.engine.registry.Given.ANN;
import static dev.carafe.engine.registry.Given.ANN_BASIC;
import static dev.carafe.engine.registry.Given.MANIFEST;
import static dev.carafe.engine.registry.Given.app;
import static dev.carafe.engine.registry.Given.blob;
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
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

/** Who is told what: every credential goes where it belongs, and nowhere else. */
class AuthorityTest {
    private static final RegistryConfig NONE = RegistryConfig.none();

    /** A registry that lets in who shows that header. */
    private static FakeRegistry guarded(String header, String challenge) throws IOException {
        return FakeRegistry.plain(
                r ->
                        r.authorization().equals(header)
                                ? r.method().equals("GET") ? manifest(MANIFEST) : status(404)
                                : error(401, "UNAUTHORIZED", "who?")
                                        .with("WWW-Authenticate: " + challenge));
    }

    private static FakeRegistry tokens(AtomicInteger given, String more) throws IOException {
        return FakeRegistry.plain(
                r -> json(200, "{\"token\":\"t" + given.incrementAndGet() + "\"" + more + "}"));
    }

    private static String bearer(FakeRegistry tokens) {
        return "Bearer realm=\"" + tokens.url() + "/token\",service=\"the, service\"";
    }

    private static String query(FakeRegistry.Request request) {
        return URLDecoder.decode(request.target(), StandardCharsets.UTF_8);
    }

    @Test
    void nothingIsSentBeforeItIsAskedFor() throws IOException {
        try (FakeRegistry fake = FakeRegistry.plain(r -> manifest(MANIFEST));
                Registries registries = registries(NONE, ANN)) {
            app(registries, fake).manifest("1");
            assertEquals("", fake.requests().getFirst().authorization());
        }
    }

    @Test
    void aPasswordIsShownOnceAskedForAndThenAtOnce() throws IOException {
        try (FakeRegistry fake = guarded(ANN_BASIC, "Basic realm=\"r\"");
                Registries registries = registries(NONE, ANN)) {
            app(registries, fake).manifest("1");
            app(registries, fake).manifest("2");
            assertEquals(3, fake.requests().size());
        }
    }

    @Test
    void aWrongPasswordIsShownOnce() throws IOException {
        try (FakeRegistry fake = guarded("Basic other", "Basic realm=\"r\"");
                Registries registries = registries(NONE, ANN)) {
            String message = refusal(401, () -> app(registries, fake).manifest("1"));
            assertTrue(message.contains("run 'carafe login " + fake.host() + "'"), message);
            assertEquals(2, fake.requests().size());
        }
    }

    @Test
    void aTokenIsAskedForByScopeAndUsedUntilItsEnd() throws IOException {
        AtomicInteger given = new AtomicInteger();
        try (FakeRegistry tokens = tokens(given, ",\"expires_in\":300");
                FakeRegistry fake = guarded("Bearer t1", bearer(tokens));
                Registries registries = registries(NONE, ANN)) {
            app(registries, fake).manifest("1");
            app(registries, fake).manifest("2");
            assertEquals(1, given.get());
            FakeRegistry.Request asked = tokens.requests().getFirst();
            assertEquals(ANN_BASIC, asked.authorization());
            String query = query(asked);
            assertTrue(query.contains("scope=repository:app:pull"), query);
            assertTrue(query.contains("service=the, service"), query);
            assertTrue(query.contains("account=ann"), query);
            assertTrue(
                    fake.requests().stream().noneMatch(r -> r.authorization().equals(ANN_BASIC)));
        }
    }

    @Test
    void pushingAsksForAScopeOfItsOwn() throws IOException {
        AtomicInteger given = new AtomicInteger();
        try (FakeRegistry tokens = tokens(given, ",\"expires_in\":300");
                FakeRegistry fake =
                        FakeRegistry.plain(
                                r ->
                                        r.authorization().isEmpty()
                                                ? status(401)
                                                        .with("WWW-Authenticate: " + bearer(tokens))
                                                : r.method().equals("GET")
                                                        ? manifest(MANIFEST)
                                                        : status(404));
                Registries registries = registries(NONE, ANN)) {
            app(registries, fake).manifest("1");
            app(registries, fake).has(Digest.sha256(MANIFEST));
            assertEquals(2, given.get());
            assertTrue(query(tokens.requests().get(1)).contains("repository:app:pull,push"));
            assertEquals("Bearer t2", fake.requests().getLast().authorization());
        }
    }

    @Test
    void anOldTokenIsRenewed() throws IOException {
        AtomicInteger given = new AtomicInteger();
        try (FakeRegistry tokens = tokens(given, ",\"expires_in\":0");
                FakeRegistry fake =
                        FakeRegistry.plain(
                                r ->
                                        r.authorization().isEmpty()
                                                ? status(401)
                                                        .with("WWW-Authenticate: " + bearer(tokens))
                                                : manifest(MANIFEST));
                Registries registries = registries()) {
            app(registries, fake).manifest("1");
            app(registries, fake).manifest("1");
            assertEquals(2, given.get());
        }
    }

    @Test
    void aTokenThatTheRegistryDropsIsRenewedOnce() throws IOException {
        AtomicInteger given = new AtomicInteger();
        List<String> good = new ArrayList<>(List.of("Bearer t1"));
        try (FakeRegistry tokens = tokens(given, ",\"expires_in\":300");
                FakeRegistry fake =
                        FakeRegistry.plain(
                                r ->
                                        good.contains(r.authorization())
                                                ? manifest(MANIFEST)
                                                : status(401)
                                                        .with(
                                                                "WWW-Authenticate: "
                                                                        + bearer(tokens)));
                Registries registries = registries()) {
            app(registries, fake).manifest("1");
            good.set(0, "Bearer t2");
            app(registries, fake).manifest("1");
            good.clear();
            refusal(401, () -> app(registries, fake).manifest("1"));
            assertEquals(3, given.get());
        }
    }

    @Test
    void manyThreadsShareOneToken() throws Exception {
        AtomicInteger given = new AtomicInteger();
        try (FakeRegistry tokens = tokens(given, ",\"expires_in\":300");
                FakeRegistry fake = guarded("Bearer t1", bearer(tokens));
                Registries registries = registries(NONE, ANN);
                ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            Callable<Fetched> pull = () -> app(registries, fake).manifest("1");
            for (Future<Fetched> one : threads.invokeAll(Collections.nCopies(16, pull))) {
                one.get();
            }
            assertEquals(1, given.get());
        }
    }

    @Test
    void anIdentityTokenGoesToTheTokenServerAlone() throws IOException {
        AtomicInteger given = new AtomicInteger();
        Credentials identity = (host, path) -> new Credential.Identity("ann", "opaque&secret");
        try (FakeRegistry tokens = tokens(given, ",\"expires_in\":300");
                FakeRegistry fake = guarded("Bearer t1", bearer(tokens));
                Registries registries = registries(NONE, identity)) {
            app(registries, fake).manifest("1");
            FakeRegistry.Request asked = tokens.requests().getFirst();
            assertEquals("POST /token", asked.toString());
            assertEquals("", asked.authorization());
            assertEquals(
                    "grant_type=refresh_token&client_id=carafe&service=the%2C+service"
                            + "&scope=repository%3Aapp%3Apull&refresh_token=opaque%26secret",
                    asked.text());
        }
    }

    @Test
    void theTokenServersRefusalNamesIt() throws IOException {
        try (FakeRegistry tokens =
                        FakeRegistry.plain(r -> json(401, "{\"details\":\"no such user\"}"));
                FakeRegistry fake = guarded("Bearer t1", bearer(tokens));
                Registries known = registries(NONE, ANN);
                Registries unknown = registries()) {
            String message = refusal(401, () -> app(known, fake).manifest("1"));
            assertTrue(message.contains("refused the stored credentials"), message);
            assertTrue(message.contains("no such user"), message);
            assertTrue(
                    refusal(401, () -> app(unknown, fake).manifest("1"))
                            .contains("someone unknown"));
        }
    }

    @Test
    void aTokenThatCanBeNoHeaderIsRefused() throws IOException {
        for (String bad :
                List.of("{\"token\":\"a\\r\\nX: y\"}", "{}", "[]", "<html>", "{\"token\":1}")) {
            try (FakeRegistry tokens = FakeRegistry.plain(r -> json(200, bad));
                    FakeRegistry fake = guarded("Bearer t1", bearer(tokens));
                    Registries registries = registries()) {
                refusal(0, () -> app(registries, fake).manifest("1"));
            }
        }
    }

    @Test
    void aTokenServerElsewhereWithoutHttpsGetsNothing() throws IOException {
        String challenge = "Bearer realm=\"http://192.0.2.1/token\",service=\"s\"";
        try (FakeRegistry fake = guarded("Bearer t1", challenge);
                Registries registries = registries(NONE, ANN)) {
            String message = refusal(0, () -> app(registries, fake).manifest("1"));
            assertTrue(message.contains("token server without HTTPS"), message);
        }
    }

    @Test
    void credentialsStayWithTheirHostWhenItRedirects() throws IOException {
        byte[] bytes = utf8("layer");
        try (FakeRegistry storage = FakeRegistry.plain(r -> ok(bytes));
                FakeRegistry fake =
                        FakeRegistry.plain(
                                r ->
                                        r.authorization().equals(ANN_BASIC)
                                                ? status(307)
                                                        .with("Location: " + storage.url() + "/b")
                                                : status(401)
                                                        .with("WWW-Authenticate: Basic realm=r"));
                Registries registries = registries(NONE, ANN)) {
            try (InputStream in = app(registries, fake).blob(blob(bytes), 0)) {
                assertArrayEquals(bytes, in.readAllBytes());
            }
            assertEquals("", storage.requests().getFirst().authorization());
        }
    }

    @Test
    void credentialsAreNotTakenUpAgainByARedirectBack() throws IOException {
        List<FakeRegistry> both = new ArrayList<>();
        try (FakeRegistry other =
                        FakeRegistry.plain(
                                r ->
                                        status(307)
                                                .with(
                                                        "Location: "
                                                                + both.getFirst().url()
                                                                + "/b"));
                FakeRegistry fake =
                        FakeRegistry.plain(
                                r ->
                                        r.target().equals("/b")
                                                ? ok(utf8("layer"))
                                                : r.authorization().isEmpty()
                                                        ? status(401)
                                                                .with(
                                                                        "WWW-Authenticate: Basic realm=r")
                                                        : status(307)
                                                                .with(
                                                                        "Location: "
                                                                                + other.url()
                                                                                + "/a"));
                Registries registries = registries(NONE, ANN)) {
            both.add(fake);
            app(registries, fake).blob(blob(utf8("layer")), 0).close();
            assertEquals("/b", fake.requests().getLast().target());
            assertEquals("", fake.requests().getLast().authorization());
        }
    }

    @Test
    void anotherPortAndAnotherNameAreAnotherHost() throws IOException {
        List<FakeRegistry> self = new ArrayList<>();
        try (FakeRegistry fake =
                        FakeRegistry.plain(
                                r ->
                                        r.target().equals("/b")
                                                ? ok(utf8("layer"))
                                                : r.authorization().isEmpty()
                                                        ? status(401)
                                                                .with(
                                                                        "WWW-Authenticate: Basic realm=r")
                                                        : status(307)
                                                                .with(
                                                                        "Location: http://"
                                                                                + self.getFirst()
                                                                                        .otherHost()
                                                                                + "/b"));
                Registries registries = registries(NONE, ANN)) {
            self.add(fake);
            app(registries, fake).blob(blob(utf8("layer")), 0).close();
            assertEquals("", fake.requests().getLast().authorization());
        }
    }

    @Test
    void aChallengeOfAnotherHostIsNotAnswered() throws IOException {
        try (FakeRegistry storage =
                        FakeRegistry.plain(
                                r -> status(401).with("WWW-Authenticate: Basic realm=\"r\""));
                FakeRegistry fake =
                        FakeRegistry.plain(
                                r -> status(307).with("Location: " + storage.url() + "/b"));
                Registries registries = registries(NONE, ANN)) {
            refusal(401, () -> app(registries, fake).blob(blob(utf8("x")), 0));
            assertEquals(1, storage.requests().size());
            assertEquals("", storage.requests().getFirst().authorization());
        }
    }

    /** CVE-2020-15157. */
    @Test
    void foreignLayersGetNoCredentials() throws IOException {
        byte[] bytes = utf8("layer");
        try (FakeRegistry elsewhere =
                        FakeRegistry.plain(
                                r ->
                                        r.target().equals("/asks")
                                                ? status(401)
                                                        .with("WWW-Authenticate: Basic realm=\"r\"")
                                                : ok(bytes));
                FakeRegistry fake =
                        FakeRegistry.plain(
                                r ->
                                        r.authorization().equals(ANN_BASIC)
                                                ? status(404)
                                                : status(401)
                                                        .with(
                                                                "WWW-Authenticate: Basic realm=\"r\""));
                Registries registries = registries(NONE, ANN)) {
            String asks = elsewhere.url() + "/asks";
            String gives = elsewhere.url() + "/gives";
            try (InputStream in = app(registries, fake).blob(blob(bytes, asks, gives), 2)) {
                assertArrayEquals(utf8("yer"), in.readAllBytes());
            }
            assertEquals(2, elsewhere.requests().size());
            for (FakeRegistry.Request request : elsewhere.requests()) {
                assertEquals("", request.authorization());
            }
            // also when the address is the registry's own
            String own = fake.url() + "/v2/app/secret";
            refusal(401, () -> app(registries, fake).blob(blob(bytes, own), 0));
            assertEquals("", fake.requests().getLast().authorization());
        }
    }

    @Test
    void foreignLayersComeByHttpsAlone() throws IOException {
        try (FakeRegistry fake = FakeRegistry.plain(r -> status(404));
                Registries registries = registries()) {
            for (String url :
                    List.of(
                            "http://192.0.2.1/x",
                            "file:///etc/passwd",
                            "ftp://localhost/x",
                            "//localhost/x",
                            "x",
                            "http://ann@localhost/x",
                            "http:// ")) {
                refusal(0, () -> app(registries, fake).blob(blob(utf8("x"), url), 0));
            }
        }
    }
}
