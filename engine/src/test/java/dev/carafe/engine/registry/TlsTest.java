package dev.carafe.engine.registry;

import static dev.carafe.engine.registry.FakeRegistry.ok;
import static dev.carafe.engine.registry.FakeRegistry.status;
import static dev.carafe.engine.registry.Given.ANN;
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

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Whom Carafe believes, and whom it shows a certificate. */
class TlsTest {
    private static final char[] PASSWORD = "password".toCharArray();

    @TempDir static Path keys;

    @TempDir Path directory;

    /** keytool is what every JDK has. */
    @BeforeAll
    static void makeKeys() throws Exception {
        key("server", "RSA", "-ext", "san=dns:localhost");
        key("old", "RSA", "-ext", "san=dns:localhost", "-startdate", "-10d");
        key("rsa", "RSA");
        key("ec", "EC");
    }

    private static void key(String name, String algorithm, String... more) throws Exception {
        List<String> command =
                new ArrayList<>(
                        List.of(
                                Path.of(System.getProperty("java.home"), "bin/keytool").toString(),
                                "-genkeypair",
                                "-alias",
                                "key",
                                "-keyalg",
                                algorithm,
                                "-dname",
                                "CN=" + name,
                                "-validity",
                                "2",
                                "-keystore",
                                keys.resolve(name).toString(),
                                "-storepass",
                                "password"));
        command.addAll(List.of(more));
        Path log = keys.resolve(name + ".log");
        Process process =
                new ProcessBuilder(command)
                        .redirectErrorStream(true)
                        .redirectOutput(log.toFile())
                        .start();
        assertEquals(0, process.waitFor(), () -> log + ": keytool failed");
        KeyStore store = store(name);
        Files.writeString(
                keys.resolve(name + ".crt"),
                pem("CERTIFICATE", store.getCertificate("key").getEncoded()));
        Files.writeString(
                keys.resolve(name + ".key"),
                pem("PRIVATE KEY", store.getKey("key", PASSWORD).getEncoded()));
    }

    private static KeyStore store(String name) throws Exception {
        return KeyStore.getInstance(keys.resolve(name).toFile(), PASSWORD);
    }

    private static String pem(String label, byte[] der) {
        String body = Base64.getMimeEncoder(64, new byte[] {'\n'}).encodeToString(der);
        return "-----BEGIN " + label + "-----\n" + body + "\n-----END " + label + "-----\n";
    }

    /** A server's TLS that believes the clients named. */
    private static SSLContext context(String name, String... clients) throws Exception {
        KeyManagerFactory own = KeyManagerFactory.getInstance("PKIX");
        own.init(store(name), PASSWORD);
        KeyStore known = KeyStore.getInstance("PKCS12");
        known.load(null, null);
        for (String client : clients) {
            known.setCertificateEntry(client, store(client).getCertificate("key"));
        }
        TrustManagerFactory trust = TrustManagerFactory.getInstance("PKIX");
        SSLContext context = SSLContext.getInstance("TLS");
        if (clients.length > 0) {
            trust.init(known);
            context.init(own.getKeyManagers(), trust.getTrustManagers(), null);
        } else {
            context.init(own.getKeyManagers(), null, null);
        }
        return context;
    }

    private static FakeRegistry server(String name, FakeRegistry.Handler handler) throws Exception {
        return FakeRegistry.tls(context(name), false, handler);
    }

    /** Puts a certificate where Docker looks for it. */
    private RegistryConfig trusting(String host, String name) throws IOException {
        Path own = Files.createDirectories(directory.resolve(host));
        Files.copy(keys.resolve(name + ".crt"), own.resolve("ca.crt"));
        return new RegistryConfig(Map.of(), List.of(directory), null);
    }

    @Test
    void anUnknownAuthorityIsNotBelieved() throws Exception {
        try (FakeRegistry fake = server("server", r -> manifest(MANIFEST));
                Registries registries = registries(RegistryConfig.none(), ANN)) {
            String message = refusal(0, () -> app(registries, fake).manifest("1"));
            assertTrue(
                    message.endsWith(
                            "put that one's certificate into /etc/docker/certs.d/"
                                    + fake.host()
                                    + "/ca.crt"),
                    message);
            assertEquals(List.of(), fake.requests());
        }
    }

    @Test
    void anAuthorityIsBelievedForTheHostThatItIsGivenFor() throws Exception {
        try (FakeRegistry fake = server("server", r -> manifest(MANIFEST));
                FakeRegistry other = server("server", r -> manifest(MANIFEST));
                Registries registries =
                        registries(trusting(fake.host(), "server"), Credentials.NONE)) {
            assertArrayEquals(MANIFEST, app(registries, fake).manifest("1").bytes());
            refusal(0, () -> app(registries, other).manifest("1"));
        }
    }

    @Test
    void theConfigurationCanNameAnAuthorityToo() throws Exception {
        try (FakeRegistry fake = server("server", r -> manifest(MANIFEST));
                Registries registries =
                        registries(
                                config(
                                        fake.host(),
                                        "{\"ca\":[\"" + keys.resolve("server.crt") + "\"]}"),
                                Credentials.NONE)) {
            app(registries, fake).manifest("1");
        }
    }

    @Test
    void theNameMustBeTheHosts() throws Exception {
        try (FakeRegistry fake = server("server", r -> manifest(MANIFEST));
                Registries registries =
                        registries(trusting(fake.otherHost(), "server"), Credentials.NONE)) {
            String message = refusal(0, () -> app(registries, fake.otherHost()).manifest("1"));
            assertTrue(message.contains("TLS: ") && message.contains("127.0.0.1"), message);
            assertEquals(List.of(), fake.requests());
        }
    }

    @Test
    void anOldCertificateIsRefused() throws Exception {
        try (FakeRegistry fake = server("old", r -> manifest(MANIFEST));
                Registries registries =
                        registries(trusting(fake.host(), "old"), Credentials.NONE)) {
            String message = refusal(0, () -> app(registries, fake).manifest("1"));
            assertTrue(message.contains("TLS: ") && message.contains("NotAfter"), message);
            assertEquals(List.of(), fake.requests());
        }
    }

    @Test
    void aFileThatIsNoCertificateIsNamed() throws Exception {
        try (FakeRegistry fake = server("server", r -> manifest(MANIFEST))) {
            RegistryConfig config = trusting(fake.host(), "server");
            Path file = directory.resolve(fake.host()).resolve("ca.crt");
            for (String bad :
                    List.of(
                            "",
                            "nonsense",
                            "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
                            "-----BEGIN CERTIFICATE-----\nAAAA\n",
                            "-----BEGIN CERTIFICATE-----")) {
                Files.writeString(file, bad);
                try (Registries registries = registries(config, Credentials.NONE)) {
                    String message = refusal(0, () -> app(registries, fake).manifest("1"));
                    assertTrue(message.startsWith(file.toString()), message);
                }
            }
        }
    }

    @Test
    void noWayLeadsFromHttpsToPlainHttp() throws Exception {
        byte[] bytes = utf8("layer");
        try (FakeRegistry plain = FakeRegistry.plain(r -> ok(bytes));
                FakeRegistry fake =
                        server(
                                "server",
                                r ->
                                        r.target().contains("blobs")
                                                ? status(307).with("Location: " + plain.url())
                                                : status(401)
                                                        .with(
                                                                "WWW-Authenticate: Bearer realm=\""
                                                                        + plain.url()
                                                                        + "/token\""));
                Registries registries = registries(trusting(fake.host(), "server"), ANN)) {
            assertTrue(
                    refusal(0, () -> app(registries, fake).blob(blob(bytes), 0))
                            .contains("not HTTPS"));
            assertTrue(
                    refusal(0, () -> app(registries, fake).manifest("1"))
                            .contains("token server without HTTPS"));
            assertEquals(List.of(), plain.requests());
        }
    }

    @Test
    void whereARegistrySendsUsItsAuthorityHolds() throws Exception {
        byte[] bytes = utf8("layer");
        try (FakeRegistry storage = server("server", r -> ok(bytes));
                FakeRegistry fake =
                        server(
                                "server",
                                r -> status(307).with("Location: " + storage.url() + "/b"));
                Registries registries =
                        registries(trusting(fake.host(), "server"), Credentials.NONE)) {
            try (InputStream in = app(registries, fake).blob(blob(bytes), 0)) {
                assertArrayEquals(bytes, in.readAllBytes());
            }
        }
    }

    @Test
    void aClientsCertificateIsShown() throws Exception {
        for (String name : List.of("rsa", "ec")) {
            Path directory = Files.createDirectories(this.directory.resolve(name));
            try (FakeRegistry fake =
                    FakeRegistry.tls(context("server", name), true, r -> manifest(MANIFEST))) {
                Path own = Files.createDirectories(directory.resolve(fake.host()));
                RegistryConfig config = new RegistryConfig(Map.of(), List.of(directory), null);
                Files.copy(keys.resolve("server.crt"), own.resolve("ca.crt"));
                try (Registries registries = registries(config, Credentials.NONE)) {
                    String message = refusal(0, () -> app(registries, fake).manifest("1"));
                    assertTrue(message.contains("client.cert and client.key"), message);
                }
                Files.copy(keys.resolve(name + ".crt"), own.resolve("client.cert"));
                try (Registries registries = registries(config, Credentials.NONE)) {
                    String message = refusal(0, () -> app(registries, fake).manifest("1"));
                    assertTrue(message.contains("its key is missing"), message);
                }
                Files.copy(keys.resolve(name + ".key"), own.resolve("client.key"));
                try (Registries registries = registries(config, Credentials.NONE)) {
                    app(registries, fake).manifest("1");
                }
            }
        }
    }

    @Test
    void keysAreReadInTheFormsOfOpenSsl() throws Exception {
        for (String[] one : new String[][] {{"rsa", "RSA PRIVATE KEY"}, {"ec", "EC PRIVATE KEY"}}) {
            KeyStore store = store(one[0]);
            byte[] pkcs8 = store.getKey("key", PASSWORD).getEncoded();
            Path file = directory.resolve(one[0]);
            Files.writeString(file, pem(one[1], inner(pkcs8)));
            assertArrayEquals(
                    pkcs8, Pem.key(file, store.getCertificate("key").getPublicKey()).getEncoded());
        }
        Path file = directory.resolve("encrypted");
        Files.writeString(file, pem("ENCRYPTED PRIVATE KEY", new byte[9]));
        assertTrue(
                refusal(0, () -> Pem.key(file, store("rsa").getCertificate("key").getPublicKey()))
                        .contains("encrypted"));
    }

    /** The octets in PKCS#8: after the version and the algorithm. */
    private static byte[] inner(byte[] pkcs8) {
        int at = head(pkcs8, 0) + 3;
        at += head(pkcs8, at) + length(pkcs8, at);
        return Arrays.copyOfRange(pkcs8, at + head(pkcs8, at), pkcs8.length);
    }

    private static int head(byte[] der, int at) {
        return der[at + 1] >= 0 ? 2 : 2 + (der[at + 1] & 0x7f);
    }

    private static int length(byte[] der, int at) {
        return der[at + 1] >= 0 ? der[at + 1] : (der[at + 2] & 0xff) << 8 | der[at + 3] & 0xff;
    }

    @Test
    void plainHttpIsSpokenWhereItIsConfigured() throws Exception {
        try (FakeRegistry tls = server("server", r -> manifest(MANIFEST));
                Registries registries =
                        registries(config(tls.host(), "{\"plainHttp\":true}"), Credentials.NONE)) {
            refusal(0, () -> app(registries, tls).manifest("1"));
            assertEquals(List.of(), tls.requests());
        }
    }

    @Test
    void theProbeSendsNothingThatIsSecret() throws Exception {
        ByteArrayOutputStream seen = new ByteArrayOutputStream();
        try (ServerSocket socket = new ServerSocket(0)) {
            Thread server =
                    Thread.ofVirtual()
                            .start(
                                    () -> {
                                        try (Socket one = socket.accept()) {
                                            byte[] some = new byte[512];
                                            int n = one.getInputStream().read(some);
                                            seen.write(some, 0, n);
                                            one.getOutputStream().write('H');
                                        } catch (IOException e) {
                                            seen.writeBytes(utf8("failed"));
                                        }
                                    });
            assertTrue(
                    !TlsProbe.speaksTls("127.0.0.1", socket.getLocalPort(), Given.HASTE.connect()));
            server.join();
        }
        String text = seen.toString(StandardCharsets.ISO_8859_1);
        assertTrue(text.startsWith("\u0016\u0003\u0001") && text.length() < 100, text);
    }
}
