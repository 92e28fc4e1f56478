package dev.carafe.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

class DetachKeysTest {
    /** What passes, with a bar where the sequence is complete. */
    private static String feed(DetachKeys keys, String... typed) {
        StringBuilder passed = new StringBuilder();
        for (String t : typed) {
            byte[] bytes = t.getBytes(StandardCharsets.ISO_8859_1);
            byte[] pass = new byte[bytes.length + keys.length()];
            int count = keys.feed(bytes, bytes.length, pass);
            passed.append(
                    new String(pass, 0, count < 0 ? ~count : count, StandardCharsets.ISO_8859_1));
            passed.append(count < 0 ? "|" : "");
        }
        return passed.toString();
    }

    @Test
    void findsTheSequenceAlsoAcrossReads() {
        String p = "\u0010";
        String q = "\u0011";
        assertEquals("ab|", feed(DetachKeys.parse("ctrl-p,ctrl-q"), "ab" + p + q));
        assertEquals("ab|", feed(DetachKeys.parse("ctrl-p,ctrl-q"), "ab" + p, q));
        assertEquals(p + "x|", feed(DetachKeys.parse("ctrl-p,ctrl-q"), p, "x", p + q));
        assertEquals(p + "|", feed(DetachKeys.parse("ctrl-p,ctrl-q"), p + p + q));
    }

    @Test
    void findsASequenceThatBeginsInsideItself() {
        assertEquals("a|", feed(DetachKeys.parse("a,a,b"), "aaab"));
        assertEquals("|", feed(DetachKeys.parse("a,b,a,c"), "abac"));
        assertEquals("ab|", feed(DetachKeys.parse("a,b,a,c"), "ababac"));
        assertEquals("x|", feed(DetachKeys.parse("ctrl-]"), "x\u001d"));
    }

    @Test
    void refusesUnknownKeys() {
        assertThrows(IllegalArgumentException.class, () -> DetachKeys.parse("ctrl-1"));
        assertThrows(IllegalArgumentException.class, () -> DetachKeys.parse("ctrl-p,"));
        assertThrows(IllegalArgumentException.class, () -> DetachKeys.parse("alt-x"));
    }
}
