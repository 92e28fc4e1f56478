package dev.carafe.engine.registry;

import static dev.carafe.engine.registry.Given.utf8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.carafe.oci.OciException;
import java.util.List;
import org.junit.jupiter.api.Test;

class DockerConfigTest {
    private static final Credential ANN = new Credential.Password("ann", "s3cret");
    private static final Credential NOBODY = new Credential.Anonymous();

    /** "ann:s3cret". */
    private static final String AUTH = "{\"auth\":\"YW5uOnMzY3JldA==\"}";

    private static DockerConfig config(String json) {
        return DockerConfig.parse("config.json", utf8(json));
    }

    private static Credential auths(String auths, String host, String path) {
        return config("{\"auths\":{" + auths + "}}").credential(host, path);
    }

    @Test
    void keysAreHostsWithWhatOldClientsPutAroundThem() {
        for (String key :
                List.of(
                        "example.com:5000",
                        "https://example.com:5000",
                        "http://example.com:5000/v1/",
                        "https://example.com:5000/any/path",
                        "example.com:5000/",
                        "example.com:5000/v2/",
                        "EXAMPLE.com:5000")) {
            assertEquals(ANN, auths("\"" + key + "\":" + AUTH, "example.com:5000", "app"), key);
        }
        for (String key :
                List.of(
                        "example.com",
                        "example.com:500",
                        "xexample.com:5000",
                        "example.com:5000.evil.org",
                        "https://evil.org/example.com:5000",
                        "evil.org/example.com:5000",
                        "ftp://example.com:5000",
                        "")) {
            assertEquals(NOBODY, auths("\"" + key + "\":" + AUTH, "example.com:5000", "app"), key);
        }
    }

    @Test
    void dockerHubHasANameOfItsOwn() {
        for (String key : List.of("https://index.docker.io/v1/", "docker.io", "index.docker.io")) {
            assertEquals(ANN, auths("\"" + key + "\":" + AUTH, "docker.io", "library/a"), key);
        }
        assertEquals("https://index.docker.io/v1/", DockerConfig.key("docker.io"));
        assertEquals(NOBODY, auths("\"hub.docker.com\":" + AUTH, "docker.io", "library/a"));
    }

    @Test
    void theLongestPartOfARegistryCounts() {
        String both =
                "\"h.org\":{\"auth\":\"eDp4\"},\"h.org/team\":{\"auth\":\"eTp5\"},\"h.org/team/app\":"
                        + AUTH;
        assertEquals(ANN, auths(both, "h.org", "team/app"));
        assertEquals(ANN, auths(both, "h.org", "team/app/part"));
        assertEquals(new Credential.Password("y", "y"), auths(both, "h.org", "team/apple"));
        assertEquals(new Credential.Password("x", "x"), auths(both, "h.org", "teams/app"));
    }

    @Test
    void entriesHavePasswordsOrTokens() {
        assertEquals(
                new Credential.Password("u", "p:q"),
                auths("\"h.org\":{\"auth\":\"dTpwOnE=\"}", "h.org", ""));
        assertEquals(
                new Credential.Password("u", "p"),
                auths("\"h.org\":{\"username\":\"u\",\"password\":\"p\"}", "h.org", ""));
        assertEquals(
                new Credential.Identity("ann", "t"),
                auths("\"h.org\":{\"auth\":\"YW5uOg==\",\"identitytoken\":\"t\"}", "h.org", ""));
        assertEquals(
                new Credential.Bearer("b"),
                auths("\"h.org\":{\"registrytoken\":\"b\"}", "h.org", ""));
        assertEquals(NOBODY, auths("\"h.org\":{}", "h.org", ""));
        assertEquals(NOBODY, config("{}").credential("h.org", ""));
        assertEquals(NOBODY, config("").credential("h.org", ""));
    }

    @Test
    void whatIsWrongIsNamedWithoutThePassword() {
        for (String auth : List.of("c2VjcmV0", "!!!")) {
            OciException e =
                    assertThrows(
                            OciException.class,
                            () -> auths("\"h.org\":{\"auth\":\"" + auth + "\"}", "h.org", ""));
            String message = String.valueOf(e.getMessage());
            assertTrue(message.startsWith("config.json: auths.h.org.auth: "), message);
            assertFalse(message.contains(auth) || message.contains("secret"), message);
        }
    }

    @Test
    void credentialsDoNotShowInText() {
        for (Credential one :
                List.of(
                        ANN,
                        new Credential.Identity("ann", "s3cret"),
                        new Credential.Bearer("s3cret"))) {
            assertFalse(one.toString().contains("s3cret"), one.toString());
        }
    }

    @Test
    void aHelperOfTheHostGoesBeforeTheOneOfAll() {
        DockerConfig config =
                config("{\"credHelpers\":{\"h.org\":\"one\"},\"credsStore\":\"all\"}");
        assertEquals("one", config.helper("h.org"));
        assertEquals("all", config.helper("g.org"));
        assertNull(config("{\"credsStore\":\"\"}").helper("h.org"));
    }

    @Test
    void whatOthersWroteStays() {
        DockerConfig config =
                config(
                        "{\"psFormat\":\"x\",\"auths\":{\"g.org\":{\"auth\":\"eDp4\",\"email\":\"e\"},\"https://h.org/v1/\":"
                                + AUTH
                                + "},\"proxies\":{\"default\":{}}}");
        String changed =
                config.with("h.org", DockerConfig.entry(new Credential.Password("u", "p")))
                        .compact();
        assertEquals(
                "{\"psFormat\":\"x\",\"auths\":{\"g.org\":{\"auth\":\"eDp4\",\"email\":\"e\"},\"h.org\":{\"auth\":\"dTpw\"}},"
                        + "\"proxies\":{\"default\":{}}}",
                changed);
        assertEquals(
                "{\"psFormat\":\"x\",\"auths\":{\"g.org\":{\"auth\":\"eDp4\",\"email\":\"e\"}},\"proxies\":{\"default\":{}}}",
                config.with("h.org", null).compact());
    }
}
