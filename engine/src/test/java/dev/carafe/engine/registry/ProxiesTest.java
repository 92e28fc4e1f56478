package dev.carafe.engine.registry;

import static dev.carafe.engine.registry.Given.MANIFEST;
import static dev.carafe.engine.registry.Given.app;
import static dev.carafe.engine.registry.Given.config;
import static dev.carafe.engine.registry.Given.manifest;
import static dev.carafe.engine.registry.Given.refusal;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;

import java.io.IOException;
import java.net.Proxy;
import java.net.ProxySelector;
import java.net.URI;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class ProxiesTest {
    private static String way(Map<String, String> environment, String uri) throws IOException {
        ProxySelector proxies = Proxies.of(environment);
        assertNotNull(proxies);
        Proxy proxy = proxies.select(URI.create(uri)).getFirst();
        return proxy.type() == Proxy.Type.DIRECT
                ? "direct"
                : String.valueOf(proxy.address()).replace("/<unresolved>", "");
    }

    @Test
    void eachSchemeHasItsOwn() throws IOException {
        Map<String, String> both =
                Map.of("HTTP_PROXY", "http://one:1/", "HTTPS_PROXY", "X", "https_proxy", "two");
        assertEquals("one:1", way(both, "http://h.org/v2/"));
        assertEquals("two:80", way(both, "https://h.org/v2/"));
        Map<String, String> one = Map.of("http_proxy", "http://one:1");
        assertEquals("direct", way(one, "https://h.org/"));
        assertNull(Proxies.of(Map.of("NO_PROXY", "*", "HTTP_PROXY", " ")));
    }

    @Test
    void someHostsGoWithout() throws IOException {
        Map<String, String> some =
                Map.of(
                        "HTTPS_PROXY",
                        "p:3128",
                        "NO_PROXY",
                        "a.org, .b.org,*.c.org,d.org:5000,10.0.0.0/8,192.0.2.1,fd00::/8,x/y/z");
        for (String host :
                List.of(
                        "a.org",
                        "A.org:5000",
                        "x.a.org",
                        "x.b.org",
                        "x.c.org",
                        "d.org:5000",
                        "10.1.2.3",
                        "192.0.2.1",
                        "[fd00::1]",
                        "localhost",
                        "127.0.0.1:5000")) {
            assertEquals("direct", way(some, "https://" + host + "/v2/"), host);
        }
        for (String host :
                List.of(
                        "xa.org",
                        "b.org",
                        "c.org",
                        "d.org",
                        "11.0.0.1",
                        "192.0.2.10",
                        "[fe00::1]")) {
            assertEquals("p:3128", way(some, "https://" + host + "/v2/"), host);
        }
        assertEquals("direct", way(Map.of("HTTPS_PROXY", "p", "NO_PROXY", "*"), "https://h.org"));
    }

    @Test
    void whatCanNotBeUsedIsSaidWithoutItsPassword() {
        for (String bad :
                List.of("http://ann:s3cret@p:1", "socks5://p:1", "https://p:1", "http://", "a b")) {
            String message = refusal(0, () -> Proxies.of(Map.of("HTTPS_PROXY", bad)));
            assertFalse(message.contains("s3cret"), message);
        }
    }

    @Test
    void aProxyThatCanNotBeUsedDoesNotMatterOnThisMachine() throws IOException {
        try (FakeRegistry fake = FakeRegistry.plain(r -> manifest(MANIFEST));
                Registries registries =
                        Registries.open(
                                RegistryConfig.none(),
                                Credentials.NONE,
                                Given.HASTE,
                                Map.of("HTTP_PROXY", "socks5://p:1"))) {
            app(registries, fake).manifest("1");
            refusal(0, () -> app(registries, "192.0.2.1").manifest("1"));
        }
    }

    @Test
    void requestsGoThroughIt() throws IOException {
        try (FakeRegistry proxy = FakeRegistry.plain(r -> manifest(MANIFEST));
                Registries registries =
                        Registries.open(
                                config("registry.example.com", "{\"plainHttp\":true}"),
                                Credentials.NONE,
                                Given.HASTE,
                                Map.of("HTTP_PROXY", proxy.url()))) {
            app(registries, "registry.example.com").manifest("1");
            assertEquals(
                    "GET http://registry.example.com/v2/app/manifests/1",
                    proxy.requests().getFirst().toString().replace(":80/", "/"));
        }
    }
}
