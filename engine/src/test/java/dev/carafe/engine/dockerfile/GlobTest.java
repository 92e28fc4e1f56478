package dev.carafe.engine.dockerfile;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;

class GlobTest {
    private static void matches(String pattern, String... paths) {
        for (String path : paths) {
            assertTrue(Glob.of(pattern).matches(path), pattern + " " + path);
        }
    }

    private static void not(String pattern, String... paths) {
        for (String path : paths) {
            assertFalse(Glob.of(pattern).matches(path), pattern + " " + path);
        }
    }

    private static void deep(String pattern, String... paths) {
        for (String path : paths) {
            assertTrue(Glob.withDirectories(pattern).matches(path), pattern + " " + path);
        }
    }

    private static void notDeep(String pattern, String... paths) {
        for (String path : paths) {
            assertFalse(Glob.withDirectories(pattern).matches(path), pattern + " " + path);
        }
    }

    @Test
    void aTextMatchesItself() {
        matches("a/b", "a/b");
        not("a/b", "a/bc", "a", "a/b/c", "A/b");
    }

    @Test
    void aStarStaysInItsName() {
        matches("*", "a", "", ".a");
        matches("a*/b*c", "a/bc", "axy/bxyc");
        not("*", "a/b");
        not("a*c", "ab", "a/c");
    }

    @Test
    void aQuestionMarkIsOneCharacterOfAnyPlane() {
        matches("?", "a", "é", "😀");
        not("?", "", "ab", "/");
    }

    @Test
    void aClassIsOneCharacterInItsRanges() {
        matches("[a-cx]1", "a1", "c1", "x1");
        not("[a-cx]1", "d1", "-1", "1");
        matches("[^a-c]", "d", "^");
        not("[^a-c]", "a", "/", "");
        matches("[\\]\\-]", "]", "-");
        matches("[[]", "[");
    }

    @Test
    void aBackslashTakesTheMeaningAway() {
        matches("\\*\\?\\[", "*?[");
        not("\\*", "a");
    }

    @Test
    void twoStarsAreDirectoriesOnlyWhereAskedFor() {
        not("**/a", "x/y/a");
        deep("**/a", "a", "x/a", "x/y/a");
        notDeep("**/a", "xa", "a/x");
        deep("a/**/b", "a/b", "a/x/b", "a/x/y/b");
        notDeep("a/**/b", "ab", "a/xb", "b");
        deep("a/**", "a/b", "a/b/c");
        notDeep("a/**", "a", "ab");
        deep("**", "a", "a/b");
        deep("**/*.md", "x.md", "a/b/x.md");
        deep("a/**/*/b", "a/x/b", "a/x/y/b");
        notDeep("a/**/*/b", "a/b");
    }

    @Test
    void leadingStarsBeforeTextAreAboutThePathsEnd() {
        deep("**foo", "foo", "xfoo", "a/xfoo");
        deep("**foo?", "foox", "a/foox");
        notDeep("**foo?", "xfoox");
    }

    @Test
    void brokenPatternsAreRefused() {
        for (String bad : new String[] {"a\\", "[", "[a", "[]", "[^]", "[a-]", "[-a]", "[\\"}) {
            assertThrows(IllegalArgumentException.class, () -> Glob.of(bad), bad);
        }
        assertThrows(
                IllegalArgumentException.class, () -> Glob.of("a".repeat(Glob.MAX_LENGTH + 1)));
    }

    @Test
    void whatMayMatchBelowADirectoryIsKnown() {
        assertTrue(Glob.of("a/b*/c").mayMatchBelow(""));
        assertTrue(Glob.of("a/b*/c").mayMatchBelow("a"));
        assertTrue(Glob.of("a/b*/c").mayMatchBelow("a/bx"));
        assertFalse(Glob.of("a/b*/c").mayMatchBelow("a/bx/c"));
        assertFalse(Glob.of("a/b*/c").mayMatchBelow("b"));
        assertFalse(Glob.of("a/b").mayMatchBelow("a/b"));
        assertTrue(Glob.of("a/b").mayMatchBelow("a"));
        assertFalse(Glob.of("ab").mayMatchBelow("a"));
        assertTrue(Glob.withDirectories("**/x").mayMatchBelow("a/b/c"));
        assertTrue(Glob.withDirectories("a/**").mayMatchBelow("a/b/c"));
        assertFalse(Glob.withDirectories("a/**").mayMatchBelow("b"));
    }

    @Test
    void aSourceWithoutAPatternIsKnown() {
        assertTrue(Glob.isPattern("a*"));
        assertTrue(Glob.isPattern("[a"));
        assertFalse(Glob.isPattern("a\\*"));
        assertEquals("a*", Glob.of("a\\*").prefix());
        assertTrue(Glob.of("a\\*").isLiteral());
    }

    @Test
    void aHostilePatternTakesNoTime() {
        String path = "a".repeat(4000);
        Glob glob = Glob.withDirectories("*a".repeat(1000) + "**/" + "*a".repeat(500) + "b");
        long start = System.nanoTime();
        assertFalse(glob.matches(path));
        assertTrue(System.nanoTime() - start < 60_000_000_000L);
    }
}
