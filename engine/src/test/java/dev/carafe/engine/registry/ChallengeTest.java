package dev.carafe.engine.registry;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class ChallengeTest {
    private static void reads(String header, Challenge... expected) {
        assertEquals(List.of(expected), Challenge.parse(List.of(header)), header);
    }

    private static Challenge of(String scheme, String... parameters) {
        Map<String, String> map = new java.util.LinkedHashMap<>();
        for (int i = 0; i < parameters.length; i += 2) {
            map.put(parameters[i], parameters[i + 1]);
        }
        return new Challenge(scheme, map);
    }

    @Test
    void valuesAreWordsOrQuoted() {
        reads("Basic realm=simple", of("basic", "realm", "simple"));
        reads("BASIC Realm=\"a b\"", of("basic", "realm", "a b"));
        reads("Basic realm = \"x\"", of("basic", "realm", "x"));
        reads("Basic realm=\"a \\\"b\\\" \\\\ , c=d\"", of("basic", "realm", "a \"b\" \\ , c=d"));
        reads("Basic realm=\"\"", of("basic", "realm", ""));
    }

    @Test
    void aCommaStandsBetweenParametersAndChallenges() {
        reads(
                "Bearer realm=\"https://a/t\",service=\"s\",scope=\"repository:a/b:pull,push\"",
                of(
                        "bearer",
                        "realm",
                        "https://a/t",
                        "service",
                        "s",
                        "scope",
                        "repository:a/b:pull,push"));
        reads(
                "Basic realm=\"r\", Bearer realm=\"t\", service=s, Negotiate",
                of("basic", "realm", "r"),
                of("bearer", "realm", "t", "service", "s"),
                of("negotiate"));
        reads(
                "Negotiate, Basic realm=r,, ,charset=\"UTF-8\"",
                of("negotiate"),
                of("basic", "realm", "r", "charset", "UTF-8"));
        reads("Negotiate dGVzdA==, Basic realm=r", of("negotiate"), of("basic", "realm", "r"));
        reads("Basic", of("basic"));
    }

    @Test
    void headersOfTheirOwnAreReadInOrder() {
        assertEquals(
                List.of(of("basic", "realm", "a"), of("bearer", "realm", "b")),
                Challenge.parse(List.of("Basic realm=a", "Bearer realm=b")));
    }

    @Test
    void theFirstOfANameCounts() {
        reads("Basic realm=a, realm=b", of("basic", "realm", "a"));
    }

    @Test
    void nonsenseEndsItsHeader() {
        reads("");
        reads(", ,");
        reads("realm=\"x\"");
        reads("Basic realm=\"open", of("basic"));
        reads("Basic realm=a \u0000 Bearer realm=b", of("basic", "realm", "a"));
        reads("Basic realm=a; x=y", of("basic", "realm", "a"));
        reads("x".repeat(20_000));
    }
}
