package dev.carafe.engine.registry;

import dev.carafe.oci.OciException;
import dev.carafe.oci.image.ImageReference;
import java.io.IOException;
import java.net.ConnectException;
import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The registries of this user: their configuration, credentials and connections. Safe for many
 * threads. Nothing is read or connected to before it is needed.
 */
public final class Registries implements AutoCloseable {
    private final RegistryConfig config;
    private final Credentials credentials;
    private final Patience patience;
    private final Clients clients;
    private final Map<String, Connection> connections = new HashMap<>();
    private final Map<String, List<Connection>> mirrors = new HashMap<>();

    private Registries(
            RegistryConfig config,
            Credentials credentials,
            Patience patience,
            Map<String, String> environment) {
        this.config = config;
        this.credentials = credentials;
        this.patience = patience;
        this.clients = new Clients(config, patience.connect(), environment);
    }

    /**
     * With the usual files of this user and host.
     *
     * @throws RegistryException when registries.json can't be used
     */
    public static Registries open() throws RegistryException {
        Map<String, String> environment = System.getenv();
        RegistryConfig config = RegistryConfig.load(environment);
        Integer stall = config.stallSeconds();
        Patience usual = Patience.usual();
        return open(
                config,
                CredentialFiles.of(environment),
                stall == null ? usual : usual.withStall(Duration.ofSeconds(stall)),
                environment);
    }

    /** With a configuration of the caller's. */
    public static Registries open(
            RegistryConfig config, Credentials credentials, Patience patience) {
        return open(config, credentials, patience, Map.of());
    }

    /** With proxies as the environment names them. */
    static Registries open(
            RegistryConfig config,
            Credentials credentials,
            Patience patience,
            Map<String, String> environment) {
        return new Registries(config, credentials, patience, environment);
    }

    /** The repository of a name; its tag and digest don't matter. */
    public Repository repository(ImageReference name) {
        return new Repository(this, name.domain(), name.path(), true);
    }

    /**
     * A registry as people name it where no image is meant: with a scheme or a path, as in files of
     * credentials, or empty for Docker Hub.
     *
     * @throws RegistryException when it is no host
     */
    public static String host(String given) throws RegistryException {
        String name = given;
        int scheme = name.indexOf("://");
        name = scheme < 0 ? name : name.substring(scheme + 3);
        int slash = name.indexOf('/');
        name = slash < 0 ? name : name.substring(0, slash);
        if (name.isEmpty() && given.isEmpty() || DockerConfig.isFor(name, "docker.io")) {
            return "docker.io";
        }
        try {
            return new ImageReference(name, "any", null, null).domain();
        } catch (OciException e) {
            throw new RegistryException("not a registry: " + Printable.quote(given), e);
        }
    }

    /**
     * Shows a credential to a registry, nothing else.
     *
     * @return what to keep: a refresh token where the token server gives one for the password
     * @throws RegistryException when it is refused, with the status 401
     */
    public Credential login(String host, Credential credential) throws IOException {
        Wire wire = origin(host).wire();
        Connection connection = new Connection(wire, (other, path) -> credential);
        Call call = Call.of("GET", wire.endpoint().base().resolve("/v2/"));
        try (Reply reply = connection.send(call, Scope.REGISTRY)) {
            switch (reply.status()) {
                case 200 -> {}
                case 401 ->
                        throw new RegistryException(
                                401, host + ": wrong user or password" + Problem.said(reply));
                case 404 ->
                        throw new RegistryException(
                                404, host + ": no registry answers there" + Problem.said(reply));
                default -> throw Problem.of(host, host, reply);
            }
        }
        String refresh =
                credential instanceof Credential.Password
                        ? connection.authority().refreshToken()
                        : null;
        return refresh != null && credential instanceof Credential.Password password
                ? new Credential.Identity(password.username(), refresh)
                : credential;
    }

    /**
     * Looks for repositories by a word.
     *
     * @param limit how many at most
     * @throws RegistryException when the registry can't be searched
     */
    public List<SearchResult> search(String host, String term, int limit) throws IOException {
        return new Search(origin(host), host).run(term, limit);
    }

    /** The registry itself, without its mirrors. */
    Connection origin(String host) throws IOException {
        return connection(host, config.entry(host).plainHttp(), "", null);
    }

    /** Its mirrors, in the order to ask them. One that can't be reached is left out. */
    synchronized List<Connection> mirrors(String host) throws IOException {
        List<Connection> known = mirrors.get(host);
        if (known != null) {
            return known;
        }
        List<Connection> found = new ArrayList<>();
        for (RegistryConfig.Mirror mirror : config.entry(host).mirrors()) {
            boolean plain = mirror.plainHttp() || config.entry(mirror.host()).plainHttp();
            try {
                found.add(connection(mirror.host(), plain, mirror.path(), host));
            } catch (RegistryException e) {
                // that is what there is more than one for
            }
        }
        mirrors.put(host, found);
        return found;
    }

    private synchronized Connection connection(
            String host, boolean plain, String prefix, @Nullable String namespace)
            throws IOException {
        String key = host + "/" + prefix + "?" + (namespace == null ? "" : namespace) + plain;
        Connection known = connections.get(key);
        if (known == null) {
            Endpoint endpoint = new Endpoint(host, base(host, plain), prefix, namespace);
            Patience limits = namespace == null ? patience : patience.forMirror();
            known = new Connection(new Wire(endpoint, clients, limits), credentials);
            connections.put(key, known);
        }
        return known;
    }

    private URI base(String host, boolean plain) throws IOException {
        URI secure = URI.create("https://" + Endpoint.authority(host));
        if (plain) {
            return URI.create("http://" + host);
        }
        if (!Loopback.is(secure.getHost())) {
            return secure;
        }
        return speaksTls(host, secure) ? secure : URI.create("http://" + host);
    }

    /** Of a server of this machine. Without a port, plain HTTP has one of its own. */
    private boolean speaksTls(String host, URI secure) throws IOException {
        int port = secure.getPort() < 0 ? 443 : secure.getPort();
        Attempts attempts = new Attempts(patience);
        while (true) {
            try {
                return TlsProbe.speaksTls(secure.getHost(), port, patience.connect());
            } catch (ConnectException e) {
                if (secure.getPort() < 0) {
                    return false;
                }
                if (!attempts.again(e)) {
                    throw Failure.of(host, secure, e, patience);
                }
            } catch (IOException e) {
                throw Failure.of(host, secure, e, patience);
            }
        }
    }

    /** Ends every connection; what is under way fails. */
    @Override
    public void close() {
        clients.close();
    }
}
