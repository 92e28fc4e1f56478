package dev.carafe.engine.registry;

import static dev.carafe.engine.registry.Given.utf8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Small things that registries write. */
class WordsTest {
    private static final Instant NOW = Instant.parse("2026-01-01T00:00:00Z");

    @Test
    void retryAfterIsSecondsOrADate() {
        assertEquals(Duration.ofSeconds(7), Attempts.retryAfter(" 7 ", NOW));
        assertEquals(
                Duration.ofMinutes(1), Attempts.retryAfter("Thu, 1 Jan 2026 00:01:00 GMT", NOW));
        assertEquals(Duration.ZERO, Attempts.retryAfter("Wed, 31 Dec 2025 00:00:00 GMT", NOW));
        for (String bad : List.of("", "soon", "-1", "1.5", "99999999999999999999")) {
            assertNull(Attempts.retryAfter(bad, NOW), bad);
        }
    }

    @Test
    void theNextPageIsInTheLinkThatSaysSo() {
        assertEquals("/next", Pages.target("</next>; rel=\"next\""));
        assertEquals("/n", Pages.target("</p>; rel=prev, </n>; title=x; rel=next"));
        assertEquals("?n=1&last=a,b", Pages.target("<?n=1&last=a,b>;rel=next"));
        for (String none :
                List.of("", "/next", "</p>; rel=prev", "<", "<x", "<x>; rel=\"nextup\"")) {
            assertNull(Pages.target(none), none);
        }
    }

    @Test
    void aTokenLastsAsLongAsItSays() {
        Token token = Token.read("t", utf8("{\"token\":\"a\",\"expires_in\":100}"), NOW);
        assertTrue(token.isFresh(NOW.plusSeconds(89)));
        assertFalse(token.isFresh(NOW.plusSeconds(91)));
        assertFalse(
                Token.read("t", utf8("{\"access_token\":\"a\"}"), NOW)
                        .isFresh(NOW.plusSeconds(55)));
        String behind =
                "{\"token\":\"a\",\"expires_in\":100,\"issued_at\":\"2025-12-31T23:59:30Z\"}";
        assertFalse(Token.read("t", utf8(behind), NOW).isFresh(NOW.plusSeconds(61)));
        String ahead =
                "{\"token\":\"a\",\"expires_in\":100,\"issued_at\":\"2026-01-01T00:30:00Z\"}";
        assertFalse(Token.read("t", utf8(ahead), NOW).isFresh(NOW.plusSeconds(91)));
        String wild = "{\"token\":\"a\",\"expires_in\":100,\"issued_at\":\"1970-01-01T00:00:00Z\"}";
        assertTrue(Token.read("t", utf8(wild), NOW).isFresh(NOW.plusSeconds(80)));
        assertEquals("Bearer a", token.header());
        assertFalse(token.toString().contains("Bearer"));
    }

    @Test
    void textIsOneLineOfWhatCanBeSeen() {
        assertEquals("a b", Printable.of("\n a\r\n\t\u001b b\u202e", 10));
        assertEquals("0123456789...", Printable.of("0123456789abc", 10));
        assertEquals("naïve 漢字 😀", Printable.of("naïve 漢字 😀", 20));
    }
}
