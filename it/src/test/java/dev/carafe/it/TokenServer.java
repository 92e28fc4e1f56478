package dev.carafe.it;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.PrivateKey;
import java.security.Signature;
import java.security.spec.PKCS8EncodedKeySpec;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Base64;
import java.util.Collections;
import java.util.List;

/**
 * Gives tokens for a registry (distribution's auth/token.md and jwt.md): everything to {@link
 * Registry#USER} or who has the refresh token, pulls below {@code public/} to everybody.
 */
final class TokenServer implements AutoCloseable {
    /** What a client that asks to stay logged in gets. */
    static final String REFRESH = "refresh-of-carafe";

    private final HttpServer server;
    private final PrivateKey key;
    private final String certificate;
    private final List<String> requests = Collections.synchronizedList(new ArrayList<>());

    private TokenServer(HttpServer server, PrivateKey key, String certificate) {
        this.server = server;
        this.key = key;
        this.certificate = certificate;
    }

    /** Starts one whose tokens are signed by tokens.crt, which it makes in the directory. */
    static TokenServer start(Path directory) throws IOException, InterruptedException {
        Certificates.authority(directory, "tokens");
        InetSocketAddress any = new InetSocketAddress(InetAddress.getLoopbackAddress(), 0);
        TokenServer tokens =
                new TokenServer(
                        HttpServer.create(any, 0),
                        key(body(directory.resolve("tokens.key"))),
                        body(directory.resolve("tokens.crt")));
        tokens.server.createContext("/token", tokens::answer);
        tokens.server.start();
        return tokens;
    }

    String realm() {
        return "http://localhost:" + server.getAddress().getPort() + "/token";
    }

    /** What was asked so far: the method, then the query or form, decoded. */
    List<String> requests() {
        return List.copyOf(requests);
    }

    private static String body(Path pem) throws IOException {
        return Files.readString(pem).replaceAll("-----[A-Z ]+-----|\\s", "");
    }

    private static PrivateKey key(String base64) throws IOException {
        try {
            return KeyFactory.getInstance("RSA")
                    .generatePrivate(new PKCS8EncodedKeySpec(Base64.getDecoder().decode(base64)));
        } catch (GeneralSecurityException e) {
            throw new IOException(e);
        }
    }

    private void answer(HttpExchange exchange) throws IOException {
        try (exchange) {
            boolean post = exchange.getRequestMethod().equals("POST");
            String text =
                    post
                            ? new String(
                                    exchange.getRequestBody().readAllBytes(),
                                    StandardCharsets.UTF_8)
                            : String.valueOf(exchange.getRequestURI().getRawQuery());
            String authorization = exchange.getRequestHeaders().getFirst("Authorization");
            String good = Registry.USER + ":" + Registry.PASSWORD;
            boolean known =
                    ("Basic " + Base64.getEncoder().encodeToString(bytes(good)))
                                    .equals(authorization)
                            || post && text.contains("refresh_token=" + REFRESH);
            requests.add(
                    exchange.getRequestMethod()
                            + " "
                            + URLDecoder.decode(text, StandardCharsets.UTF_8));
            if (!known && (authorization != null || post)) {
                send(exchange, 401, "{\"details\":\"wrong user or password\"}");
                return;
            }
            String more =
                    text.contains("offline_token=true")
                            ? ",\"refresh_token\":\"" + REFRESH + "\""
                            : "";
            send(
                    exchange,
                    200,
                    "{\"token\":\"" + token(text, known) + "\",\"expires_in\":300" + more + "}");
        }
    }

    private static void send(HttpExchange exchange, int status, String json) throws IOException {
        byte[] body = bytes(json);
        exchange.getResponseHeaders().set("Content-Type", "application/json");
        exchange.sendResponseHeaders(status, body.length);
        exchange.getResponseBody().write(body);
    }

    private String token(String query, boolean known) throws IOException {
        List<String> access = new ArrayList<>();
        for (String parameter : query.split("&", -1)) {
            if (parameter.startsWith("scope=")) {
                String decoded = URLDecoder.decode(parameter, StandardCharsets.UTF_8);
                for (String scope : decoded.substring(6).split(" ", -1)) {
                    grant(scope, known, access);
                }
            }
        }
        long now = Instant.now().getEpochSecond();
        String claims =
                "{\"iss\":\"test\",\"sub\":\"\",\"aud\":\"test\",\"nbf\":"
                        + (now - 10)
                        + ",\"iat\":"
                        + now
                        + ",\"exp\":"
                        + (now + 300)
                        + ",\"jti\":\""
                        + System.nanoTime()
                        + "\",\"access\":["
                        + String.join(",", access)
                        + "]}";
        String header = "{\"typ\":\"JWT\",\"alg\":\"RS256\",\"x5c\":[\"" + certificate + "\"]}";
        String signed = url(bytes(header)) + "." + url(bytes(claims));
        try {
            Signature signature = Signature.getInstance("SHA256withRSA");
            signature.initSign(key);
            signature.update(bytes(signed));
            return signed + "." + url(signature.sign());
        } catch (GeneralSecurityException e) {
            throw new IOException(e);
        }
    }

    private static void grant(String scope, boolean known, List<String> access) {
        String[] parts = scope.split(":", 3);
        if (parts.length != 3) {
            return;
        }
        List<String> actions = new ArrayList<>();
        for (String action : parts[2].split(",", -1)) {
            if (known || action.equals("pull") && parts[1].startsWith("public/")) {
                actions.add("\"" + action + "\"");
            }
        }
        access.add(
                "{\"type\":\""
                        + parts[0]
                        + "\",\"name\":\""
                        + parts[1]
                        + "\",\"actions\":["
                        + String.join(",", actions)
                        + "]}");
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    private static String url(byte[] bytes) {
        return Base64.getUrlEncoder().withoutPadding().encodeToString(bytes);
    }

    @Override
    public void close() {
        server.stop(0);
    }
}
