package dev.carafe.engine.registry;

import java.net.URI;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * Where a registry, or a mirror of one, is spoken to.
 *
 * @param host as names of images have it: whom credentials belong to
 * @param base scheme, host and port
 * @param prefix of its repositories: empty, or without slashes at its ends
 * @param namespace the registry whose copies these are; null when it is no mirror
 */
record Endpoint(String host, URI base, String prefix, @Nullable String namespace) {
    private static final String DOCKER_HUB = "docker.io";

    /** The host and port that are connected to: Docker Hub's registry has another name. */
    static String authority(String host) {
        return host.equals(DOCKER_HUB) ? "registry-1.docker.io" : host;
    }

    /** Docker Hub, whose name in files of credentials is another one too. */
    static boolean isDockerHub(String host) {
        return host.equals(DOCKER_HUB);
    }

    /** Whether it is spoken to without TLS. */
    boolean isPlain() {
        return base.getScheme().equals("http");
    }

    /** An address below /v2/ of a repository. */
    URI repository(String path, String rest) {
        String name = prefix.isEmpty() ? path : prefix + "/" + path;
        String query = "";
        if (namespace != null) {
            query = (rest.indexOf('?') < 0 ? "?ns=" : "&ns=") + namespace;
        }
        return base.resolve("/v2/" + name + "/" + rest + query);
    }

    /** Whether that address is this registry's own: same scheme, host and port. */
    boolean owns(URI uri) {
        return sameOrigin(base, uri);
    }

    static boolean sameOrigin(URI a, URI b) {
        return scheme(a).equals(scheme(b)) && host(a).equals(host(b)) && port(a) == port(b);
    }

    /**
     * Whether the registry may send us there: to HTTPS; from plain HTTP also to itself and to
     * servers of plain HTTP on this machine.
     */
    boolean maySendTo(URI uri) {
        if (uri.getHost() == null || uri.getRawUserInfo() != null) {
            return false;
        }
        return scheme(uri).equals("https")
                || scheme(uri).equals("http")
                        && isPlain()
                        && (owns(uri) || Loopback.is(uri.getHost()));
    }

    private static String scheme(URI uri) {
        return String.valueOf(uri.getScheme()).toLowerCase(Locale.ROOT);
    }

    private static String host(URI uri) {
        return String.valueOf(uri.getHost()).toLowerCase(Locale.ROOT);
    }

    private static int port(URI uri) {
        return uri.getPort() >= 0 ? uri.getPort() : scheme(uri).equals("http") ? 80 : 443;
    }
}
