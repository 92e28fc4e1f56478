package dev.carafe.engine.dockerfile;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

class WordsTest {
    private static final Map<String, String> VALUES =
            Map.of("a", "b c", "e", "", "p", "x/y/x", "multi", "1\n2", "q", "'\"");

    private static Word word(String raw, char escape) {
        Line.Builder line = new Line.Builder("Dockerfile", List.of(raw), escape);
        return new Word(raw, line.add(raw, new Location(1, 1)).build(), 0, true);
    }

    private static String expand(String raw) throws DockerfileException {
        return Words.expand(word(raw, '\\'), VALUES::get);
    }

    private static List<String> split(String raw) throws DockerfileException {
        return Words.split(word(raw, '\\'), VALUES::get);
    }

    @Test
    void aValueKeepsItsBlanksAndQuotes() throws DockerfileException {
        assertEquals("b c.'\".1\n2", expand("$a.$q.$multi"));
    }

    @Test
    void aValueIsNotExpandedAgain() throws DockerfileException {
        assertEquals("$a", Words.expand(word("$v", '\\'), n -> "$a"));
    }

    @Test
    void blanksPartWordsAlsoThoseOfAVariable() throws DockerfileException {
        assertEquals(List.of("b", "c", "d"), split("$a  d "));
        assertEquals(List.of("xb", "cy"), split("x${a}y"));
    }

    @Test
    void quotesAndEscapesKeepBlanks() throws DockerfileException {
        assertEquals(List.of("b c", "d  e", "f g"), split("\"$a\" 'd  e' f\\ g"));
    }

    @Test
    void emptyWordsVanish() throws DockerfileException {
        assertEquals(List.of(), split("$e '' \"\" "));
    }

    @Test
    void theEscapeCharacterIsTheDirectives() throws DockerfileException {
        assertEquals("$a\\n", Words.expand(word("`$a\\n", '`'), VALUES::get));
        assertEquals("x}y", Words.expand(word("${none:-x`}y}", '`'), VALUES::get));
    }

    @Test
    void aBackslashAtTheEndIsDropped() throws DockerfileException {
        assertEquals("x", expand("x\\"));
    }

    @Test
    void errorsPointIntoTheWord() {
        DockerfileException e =
                assertThrows(DockerfileException.class, () -> expand("ab\"cd${e:-"));
        assertEquals(new Location(1, 6), e.location());
        assertEquals("ab\"cd${e:-\n     ^", e.excerpt());
    }

    @Test
    void theOtherSideIsReadAlthoughItIsNotUsed() {
        assertThrows(DockerfileException.class, () -> expand("${a:-${b}"));
        assertThrows(DockerfileException.class, () -> expand("${a:-${none:?no}}"));
    }

    @Test
    void aMessageCannotMoveTheCursor() {
        DockerfileException e =
                assertThrows(DockerfileException.class, () -> expand("${x:?a\u001b[2J}"));
        assertEquals("x: a?[2J", e.problem());
    }

    @Test
    void aPatternMeetsNewlines() throws DockerfileException {
        assertEquals("2", expand("${multi#1?}"));
        assertEquals("", expand("${multi##*}"));
    }

    @Test
    void patternsMatchAsRegularExpressionsDo() throws DockerfileException {
        Random random = new Random(7);
        for (int i = 0; i < 20_000; i++) {
            String value = random(random, "ab", 8);
            String pattern = random(random, "ab*?", 5);
            VALUES_CHECK.check(value, pattern);
        }
    }

    private interface Check {
        void check(String value, String pattern) throws DockerfileException;
    }

    private static final Check VALUES_CHECK =
            (value, pattern) -> {
                String shortest = pattern.replace("?", ".").replace("*", ".*?");
                String longest = pattern.replace("?", ".").replace("*", ".*");
                same(value.replaceFirst("^(?:" + shortest + ")", ""), value, "#" + pattern);
                same(value.replaceFirst("^(?:" + longest + ")", ""), value, "##" + pattern);
                String reversed = new StringBuilder(pattern).reverse().toString();
                String end = reversed.replace("?", ".").replace("*", ".*?");
                String turned = new StringBuilder(value).reverse().toString();
                String rest = turned.replaceFirst("^(?:" + end + ")", "");
                same(new StringBuilder(rest).reverse().toString(), value, "%" + pattern);
                same(value.replaceFirst("(?:" + longest + ")$", ""), value, "%%" + pattern);
                if (Pattern.matches(longest, "")) {
                    return; // an empty match is a matter of taste
                }
                Matcher matcher = Pattern.compile(longest).matcher(value);
                same(matcher.replaceFirst("-"), value, "/" + pattern + "/-");
                same(matcher.replaceAll("-"), value, "//" + pattern + "/-");
            };

    private static void same(String expected, String value, String modifier)
            throws DockerfileException {
        String actual = Words.expand(word("${v" + modifier + "}", '\\'), n -> value);
        assertEquals(expected, actual, () -> value + " " + modifier);
    }

    private static String random(Random random, String letters, int max) {
        StringBuilder text = new StringBuilder();
        for (int i = random.nextInt(max + 1); i > 0; i--) {
            text.append(letters.charAt(random.nextInt(letters.length())));
        }
        return text.toString();
    }

    @Test
    void aHostilePatternTakesNoTime() throws DockerfileException {
        String value = "a".repeat(20_000);
        String pattern = "*a".repeat(500) + "b";
        long start = System.nanoTime();
        assertEquals(value, Words.expand(word("${v//" + pattern + "/x}", '\\'), n -> value));
        assertEquals(value, Words.expand(word("${v%%" + pattern + "}", '\\'), n -> value));
        assertTrue(System.nanoTime() - start < 60_000_000_000L);
        String longer = "a".repeat(1 << 17);
        assertThrows(
                DockerfileException.class,
                () -> Words.expand(word("${v%%" + pattern + "}", '\\'), n -> longer));
    }
}
