package dev.carafe.engine.registry;

import java.io.IOException;
import java.net.ProxySelector;
import java.net.URI;
import java.net.http.HttpClient;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.PrivateKey;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Stream;
import javax.net.ssl.KeyManager;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManager;
import org.jspecify.annotations.Nullable;

/**
 * The HTTP clients, one for each set of certificates.
 *
 * <p>Authorities that are given for a registry also hold for the hosts that it sends us to, its
 * token server and its storage, as in Docker. A client's certificate is shown to its own host
 * alone.
 */
final class Clients implements AutoCloseable {
    static {
        // Read once, when java.net.http is loaded. Its own 16 KiB cost a download three times the
        // processor time.
        if (System.getProperty("jdk.httpclient.bufsize") == null) {
            System.setProperty("jdk.httpclient.bufsize", Integer.toString(128 << 10));
        }
    }

    private final RegistryConfig config;
    private final Duration connect;
    private final Map<String, String> environment;
    private final Map<Identity, HttpClient> clients = new ConcurrentHashMap<>();

    /**
     * None as yet.
     *
     * @param environment names proxies
     */
    Clients(RegistryConfig config, Duration connect, Map<String, String> environment) {
        this.config = config;
        this.connect = connect;
        this.environment = environment;
    }

    /**
     * What a connection is made with.
     *
     * @param local whether it stays on this machine, where a proxy's variables don't matter
     */
    private record Identity(Set<Path> authorities, @Nullable Path certificate, boolean local) {}

    /**
     * The client for a host.
     *
     * @param registry the one on whose behalf, as image names call it
     * @throws RegistryException when a certificate can't be used
     */
    HttpClient of(String registry, URI target) throws RegistryException {
        Set<Path> authorities = new LinkedHashSet<>();
        @Nullable Path certificate = null;
        if (target.getScheme().equals("https")) {
            authorities.addAll(config.entry(registry).ca());
            authorities.addAll(files(registry, ".crt"));
            String authority = String.valueOf(target.getRawAuthority());
            authorities.addAll(files(authority, ".crt"));
            Collection<Path> own = files(authority, ".cert");
            if (own.isEmpty() && authority.equals(Endpoint.authority(registry))) {
                own = files(registry, ".cert");
            }
            certificate = own.isEmpty() ? null : own.iterator().next();
        }
        Identity identity = new Identity(authorities, certificate, Loopback.is(target.getHost()));
        HttpClient known = clients.get(identity);
        if (known != null) {
            return known;
        }
        HttpClient made = build(identity);
        HttpClient other = clients.putIfAbsent(identity, made);
        return other == null ? made : other;
    }

    private Collection<Path> files(String host, String suffix) throws RegistryException {
        List<Path> found = new ArrayList<>();
        for (Path directory : config.certificates()) {
            try (Stream<Path> entries = Files.list(directory.resolve(host))) {
                entries.filter(p -> p.getFileName().toString().endsWith(suffix))
                        .sorted()
                        .forEach(found::add);
            } catch (NoSuchFileException | NotDirectoryException | AccessDeniedException e) {
                // the usual case; what another user keeps to himself is not for us
            } catch (IOException e) {
                throw new RegistryException(directory.resolve(host) + ": can't be read", e);
            }
        }
        return found;
    }

    private HttpClient build(Identity identity) throws RegistryException {
        List<X509Certificate> given = new ArrayList<>();
        for (Path file : identity.authorities) {
            given.addAll(Pem.certificates(file));
        }
        try {
            SSLContext tls = SSLContext.getInstance("TLS");
            tls.init(keys(identity.certificate), new TrustManager[] {new Trust(given)}, null);
            // HTTP/1.1: layers come over connections of their own, and no window is shared.
            HttpClient.Builder builder =
                    HttpClient.newBuilder()
                            .version(HttpClient.Version.HTTP_1_1)
                            .followRedirects(HttpClient.Redirect.NEVER)
                            .connectTimeout(connect)
                            .sslContext(tls);
            ProxySelector proxies =
                    identity.local ? HttpClient.Builder.NO_PROXY : Proxies.of(environment);
            return proxies == null ? builder.build() : builder.proxy(proxies).build();
        } catch (RegistryException e) {
            throw e;
        } catch (GeneralSecurityException | IOException e) {
            throw new RegistryException("TLS can't be set up: " + e.getMessage(), e);
        }
    }

    private static KeyManager @Nullable [] keys(@Nullable Path certificate)
            throws GeneralSecurityException, IOException {
        if (certificate == null) {
            return null;
        }
        String name = certificate.getFileName().toString();
        Path key = certificate.resolveSibling(name.substring(0, name.length() - 4) + "key");
        List<X509Certificate> chain = Pem.certificates(certificate);
        if (!Files.exists(key)) {
            throw new RegistryException(certificate + ": its key is missing: " + key);
        }
        PrivateKey secret = Pem.key(key, chain.getFirst().getPublicKey());
        char[] password = "in-memory".toCharArray();
        KeyStore store = KeyStore.getInstance("PKCS12");
        store.load(null, null);
        store.setKeyEntry("client", secret, password, chain.toArray(new X509Certificate[0]));
        KeyManagerFactory factory =
                KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
        factory.init(store, password);
        return factory.getKeyManagers();
    }

    /** Ends every connection. */
    @Override
    public void close() {
        clients.values().forEach(HttpClient::shutdownNow);
    }
}
