package dev.carafe.engine.registry;

import dev.carafe.oci.OciException;
import java.io.IOException;
import java.net.URI;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Gives requests to one registry what proves who asks. Nothing is sent before the registry has
 * asked for it, and what it asked for then is remembered.
 */
final class Authority {
    private static final int MAX_ANSWER = 128 << 10;

    private final Endpoint endpoint;
    private final Wire wire;
    private final Credentials credentials;
    private final Map<Scope, Token> tokens = new HashMap<>();
    private final Map<String, Credential> found = new HashMap<>();
    private @Nullable Known known;

    Authority(Wire wire, Credentials credentials) {
        this.endpoint = wire.endpoint();
        this.wire = wire;
        this.credentials = credentials;
    }

    /** How the registry wants to be told who asks. */
    private sealed interface Known {
        record Basic() implements Known {}

        record Server(URI realm, String service, String scope) implements Known {}
    }

    /** The Authorization header for a request; null as long as none was asked for. */
    synchronized @Nullable String header(Scope scope) throws IOException {
        return switch (known) {
            case null -> null;
            case Known.Basic basic -> basic(scope);
            case Known.Server server -> {
                Token token = tokens.get(scope);
                if (token == null || !token.isFresh(Instant.now())) {
                    token = fetch(server, scope, false);
                    tokens.put(scope, token);
                }
                yield token.header();
            }
        };
    }

    /**
     * What to send after the answer 401.
     *
     * @param used the header that was not good enough; null when there was none
     * @return null when there is nothing else
     */
    synchronized @Nullable String answer(
            List<Challenge> challenges, Scope scope, @Nullable String used) throws IOException {
        for (Challenge challenge : challenges) {
            if (challenge.scheme().equals("bearer") && challenge.get("realm") != null) {
                return bearer(challenge, scope, used);
            }
        }
        for (Challenge challenge : challenges) {
            if (challenge.scheme().equals("basic")) {
                String header = basic(scope);
                known = new Known.Basic();
                return header == null || header.equals(used) ? null : header;
            }
        }
        return null;
    }

    private @Nullable String bearer(Challenge challenge, Scope scope, @Nullable String used)
            throws IOException {
        Token cached = tokens.get(scope);
        if (cached != null && !cached.header().equals(used) && cached.isFresh(Instant.now())) {
            return cached.header(); // another thread was faster
        }
        String service = challenge.get("service");
        String wanted = challenge.get("scope");
        Known.Server server =
                new Known.Server(
                        realm(String.valueOf(challenge.get("realm"))),
                        service == null ? "" : service,
                        wanted == null ? "" : wanted);
        Token token = fetch(server, scope, false);
        known = server;
        tokens.put(scope, token);
        return token.header().equals(used) ? null : token.header();
    }

    private URI realm(String text) throws RegistryException {
        URI realm = wire.resolve(endpoint.base(), text);
        if (!endpoint.maySendTo(realm)) {
            throw new RegistryException(
                    endpoint.host()
                            + ": names a token server without HTTPS, which no credential is sent to: "
                            + Printable.quote(text));
        }
        return realm;
    }

    private @Nullable String basic(Scope scope) throws IOException {
        return switch (credential(scope.path())) {
            case Credential.Password password -> password.basic();
            case Credential.Bearer token -> "Bearer " + token.token();
            case Credential.Anonymous none -> null;
            case Credential.Identity identity ->
                    throw new RegistryException(
                            endpoint.host()
                                    + ": wants a password, but what is stored is an identity token;"
                                    + " run 'carafe login "
                                    + endpoint.host()
                                    + "'");
        };
    }

    /** Asked for once: a helper may be slow, or ask its user. */
    private Credential credential(String path) throws IOException {
        Credential known = found.get(path);
        if (known == null) {
            known = credentials.find(endpoint.host(), path);
            found.put(path, known);
        }
        return known;
    }

    /** A refresh token that the token server gives for what is stored; null when it gives none. */
    synchronized @Nullable String refreshToken() throws IOException {
        return known instanceof Known.Server server
                ? fetch(server, Scope.REGISTRY, true).refresh()
                : null;
    }

    private Token fetch(Known.Server server, Scope scope, boolean offline) throws IOException {
        Credential credential = credential(scope.path());
        if (credential instanceof Credential.Bearer own) {
            return new Token("Bearer " + own.token(), Instant.MAX, null);
        }
        Reply reply =
                credential instanceof Credential.Identity identity
                        ? post(server, scope, identity)
                        : get(server, scope, credential, offline);
        try (reply) {
            if (reply.status() != 200) {
                throw refused(server, reply, credential);
            }
            String where = endpoint.host() + ": token server " + server.realm.getRawAuthority();
            try {
                return Token.read(where, reply.bytes(where, MAX_ANSWER), Instant.now());
            } catch (OciException e) {
                throw new RegistryException(String.valueOf(e.getMessage()), e);
            }
        }
    }

    private Reply get(Known.Server server, Scope scope, Credential credential, boolean offline)
            throws IOException {
        StringBuilder query = new StringBuilder("client_id=carafe");
        add(query, "service", server.service);
        for (String one : scope.with(server.scope)) {
            add(query, "scope", one);
        }
        @Nullable String header = null;
        if (credential instanceof Credential.Password password) {
            add(query, "account", password.username());
            add(query, "offline_token", offline ? "true" : "");
            header = password.basic();
        }
        String realm = server.realm.toString();
        URI uri = wire.resolve(server.realm, realm + (realm.indexOf('?') < 0 ? "?" : "&") + query);
        return wire.send(Call.get(uri, Map.of("Accept", "application/json")), header);
    }

    private Reply post(Known.Server server, Scope scope, Credential.Identity identity)
            throws IOException {
        StringBuilder form = new StringBuilder("grant_type=refresh_token&client_id=carafe");
        add(form, "service", server.service);
        add(form, "scope", String.join(" ", scope.with(server.scope)));
        add(form, "refresh_token", identity.token());
        Call.Body body =
                Call.Body.of(
                        form.toString().getBytes(StandardCharsets.UTF_8),
                        "application/x-www-form-urlencoded");
        Map<String, String> accept = Map.of("Accept", "application/json");
        return wire.send(new Call("POST", server.realm, accept, body, true), null);
    }

    private static void add(StringBuilder query, String name, String value) {
        if (!value.isEmpty()) {
            query.append('&').append(name).append('=');
            query.append(URLEncoder.encode(value, StandardCharsets.UTF_8));
        }
    }

    private RegistryException refused(Known.Server server, Reply reply, Credential credential) {
        String where = endpoint.host() + ": token server " + server.realm.getRawAuthority();
        String said = Problem.said(reply);
        if (reply.status() != 401 && reply.status() != 403) {
            return new RegistryException(reply.status(), where + " answered" + said);
        }
        String what =
                credential instanceof Credential.Anonymous
                        ? " gives no token to someone unknown"
                        : " refused the stored credentials";
        return new RegistryException(
                401, where + what + said + "; run 'carafe login " + endpoint.host() + "'");
    }
}
