package dev.carafe.engine.registry;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Proxy;
import java.net.ProxySelector;
import java.net.SocketAddress;
import java.net.URI;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Proxies as the environment names them: HTTPS_PROXY, HTTP_PROXY, NO_PROXY, or the same in lower
 * case, which goes first. This machine's own addresses never go through one.
 */
final class Proxies extends ProxySelector {
    private final @Nullable InetSocketAddress forHttp;
    private final @Nullable InetSocketAddress forHttps;
    private final List<String> direct;

    private Proxies(
            @Nullable InetSocketAddress forHttp,
            @Nullable InetSocketAddress forHttps,
            List<String> direct) {
        this.forHttp = forHttp;
        this.forHttps = forHttps;
        this.direct = direct;
    }

    /**
     * Reads the variables; null when they name no proxy.
     *
     * @throws RegistryException when one names something that can't be used
     */
    static @Nullable ProxySelector of(Map<String, String> environment) throws RegistryException {
        InetSocketAddress http = address(environment, "HTTP_PROXY");
        InetSocketAddress https = address(environment, "HTTPS_PROXY");
        if (http == null && https == null) {
            return null;
        }
        List<String> direct = new ArrayList<>();
        for (String one : value(environment, "NO_PROXY").split(",", -1)) {
            if (!one.isBlank()) {
                direct.add(one.strip().toLowerCase(Locale.ROOT));
            }
        }
        return new Proxies(http, https, direct);
    }

    private static String value(Map<String, String> environment, String name) {
        String lower = environment.get(name.toLowerCase(Locale.ROOT));
        return lower == null ? environment.getOrDefault(name, "") : lower;
    }

    private static @Nullable InetSocketAddress address(Map<String, String> environment, String name)
            throws RegistryException {
        String text = value(environment, name);
        if (text.isBlank()) {
            return null;
        }
        String full = text.contains("://") ? text : "http://" + text;
        URI uri;
        try {
            uri = URI.create(full.strip());
        } catch (IllegalArgumentException e) {
            throw new RegistryException(name + ": not an address", e);
        }
        if (uri.getHost() == null || uri.getRawUserInfo() != null) {
            // the JDK gives no password to a proxy for HTTPS, and the text may hold one
            throw new RegistryException(name + ": must be http://HOST:PORT, without a password");
        }
        if (!uri.getScheme().equals("http")) {
            throw new RegistryException(
                    name + ": proxies of this kind are not supported: " + uri.getScheme());
        }
        return InetSocketAddress.createUnresolved(
                uri.getHost(), uri.getPort() < 0 ? 80 : uri.getPort());
    }

    @Override
    public List<Proxy> select(URI uri) {
        InetSocketAddress proxy = "https".equals(uri.getScheme()) ? forHttps : forHttp;
        String host = String.valueOf(uri.getHost()).toLowerCase(Locale.ROOT);
        int port = uri.getPort() >= 0 ? uri.getPort() : "https".equals(uri.getScheme()) ? 443 : 80;
        if (proxy == null || Loopback.is(host) || isDirect(host, port)) {
            return List.of(Proxy.NO_PROXY);
        }
        return List.of(new Proxy(Proxy.Type.HTTP, proxy));
    }

    private boolean isDirect(String host, int port) {
        for (String one : direct) {
            int colon = one.lastIndexOf(':');
            boolean ported = colon > 0 && one.indexOf(':') == colon;
            if (ported && !one.substring(colon + 1).equals(Integer.toString(port))) {
                continue;
            }
            if (matches(ported ? one.substring(0, colon) : one, host)) {
                return true;
            }
        }
        return false;
    }

    /** Everything, a name with what is below it, an address, or a range of addresses. */
    private static boolean matches(String pattern, String host) {
        if (pattern.equals("*")) {
            return true;
        }
        int slash = pattern.indexOf('/');
        if (slash >= 0) {
            return inRange(pattern.substring(0, slash), pattern.substring(slash + 1), host);
        }
        String name = pattern.startsWith("*.") ? pattern.substring(1) : pattern;
        return name.startsWith(".")
                ? host.endsWith(name)
                : host.equals(name) || host.endsWith("." + name);
    }

    private static boolean inRange(String base, String bits, String host) {
        try {
            byte[] from = InetAddress.ofLiteral(base).getAddress();
            byte[] is = InetAddress.ofLiteral(bare(host)).getAddress();
            int length = Integer.parseInt(bits);
            if (from.length != is.length || length < 0 || length > from.length * 8) {
                return false;
            }
            for (int i = 0; i < length; i++) {
                int mask = 0x80 >> i % 8;
                if ((from[i / 8] & mask) != (is[i / 8] & mask)) {
                    return false;
                }
            }
            return true;
        } catch (IllegalArgumentException e) {
            return false; // a name is in no range
        }
    }

    private static String bare(String host) {
        return host.startsWith("[") ? host.substring(1, host.length() - 1) : host;
    }

    /** The request fails by itself. */
    @Override
    public void connectFailed(URI uri, SocketAddress address, IOException e) {}
}
