package dev.carafe.engine.dockerfile;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class IgnoreRulesTest {
    private static IgnoreRules rules(String... lines) throws DockerfileException {
        return IgnoreRules.parse(".dockerignore", String.join("\n", lines).getBytes(UTF_8));
    }

    private static void ignored(IgnoreRules rules, String... paths) {
        for (String path : paths) {
            assertTrue(rules.ignores(path), path);
        }
    }

    private static void kept(IgnoreRules rules, String... paths) {
        for (String path : paths) {
            assertFalse(rules.ignores(path), path);
        }
    }

    @Test
    void noRuleIgnoresNothing() throws DockerfileException {
        assertTrue(rules("", "  ", "# x").isEmpty());
        kept(rules(""), "a");
    }

    @Test
    void aDirectoryTakesEverythingBelowWithIt() throws DockerfileException {
        ignored(rules("a"), "a", "a/b", "a/b/c");
        kept(rules("a"), "ab", "b/a");
    }

    @Test
    void slashesAtTheEndsAreNothing() throws DockerfileException {
        for (String line :
                List.of("/a/b", "a/b/", "/a/b/", "./a//b", "a/./b", "x/../a/b", "//a/b")) {
            ignored(rules(line), "a/b", "a/b/c");
            kept(rules(line), "b", "a", "x/a/b");
        }
    }

    @Test
    void whatIsOutsideMatchesNothing() throws DockerfileException {
        kept(rules("..", "../a", ".", "/", "a/.."), "a", "b");
        ignored(rules("/../a"), "a");
    }

    @Test
    void aCommentBeginsInTheFirstColumn() throws DockerfileException {
        kept(rules("#a"), "#a", "a");
        ignored(rules(" #a"), "#a");
        ignored(rules("\\#a"), "#a");
    }

    @Test
    void blanksAroundARuleAndLineEndsAreDropped() throws DockerfileException {
        ignored(rules("  a \r", "\tb\t"), "a", "b");
        ignored(rules("\ufeffa"), "a");
        ignored(rules("a b"), "a b");
    }

    @Test
    void theLastRuleThatMatchesDecides() throws DockerfileException {
        kept(rules("*.md", "!README.md"), "README.md");
        ignored(rules("*.md", "!README.md"), "x.md");
        ignored(rules("*.md", "!README*.md", "README-secret.md"), "README-secret.md");
        ignored(rules("!README.md", "*.md"), "README.md");
        kept(rules("a", "!a", "b"), "a");
    }

    @Test
    void partOfAnIgnoredDirectoryCanBeTakenBack() throws DockerfileException {
        IgnoreRules rules = rules("a", "!a/b", "a/b/c");
        ignored(rules, "a", "a/x", "a/b/c", "a/b/c/d");
        kept(rules, "a/b", "a/b/x");
    }

    @Test
    void everythingButOneCanBeIgnored() throws DockerfileException {
        IgnoreRules rules = rules("*", "!src/main", "!pom.xml");
        ignored(rules, "x", "src", "src/test", "src/test/a");
        kept(rules, "pom.xml", "src/main", "src/main/a/b");
    }

    @Test
    void anExclamationMarkMayHaveBlanksBehindIt() throws DockerfileException {
        kept(rules("a", "!  a"), "a");
        ignored(rules("\\!a"), "!a");
    }

    @Test
    void patternsAreThoseOfGo() throws DockerfileException {
        ignored(rules("*/temp*"), "a/temp", "a/temporary/b");
        kept(rules("*/temp*"), "temp", "a/b/temp");
        ignored(rules("**/*.go"), "a.go", "a/b/c.go");
        ignored(rules("temp?"), "tempa");
        kept(rules("temp?"), "temp");
        ignored(rules("[a-c].txt"), "b.txt");
    }

    @Test
    void aBrokenRuleIsShownWithItsLine() {
        DockerfileException e =
                assertThrows(DockerfileException.class, () -> rules("a", "  [b", "c"));
        assertEquals("the pattern has a [ without a ]", e.problem());
        assertEquals(new Location(2, 3), e.location());
        assertEquals("  [b\n  ^", e.excerpt());
        assertThrows(DockerfileException.class, () -> rules("!"));
        assertThrows(DockerfileException.class, () -> rules("a\n".repeat(10_001)));
        assertThrows(
                DockerfileException.class,
                () -> IgnoreRules.parse("x", new byte[IgnoreRules.MAX_BYTES + 1]));
    }

    @Test
    void excludesAreRulesWithoutComments() {
        assertTrue(IgnoreRules.of(List.of("#a", "*.b")).ignores("#a"));
        assertThrows(IllegalArgumentException.class, () -> IgnoreRules.of(List.of("[")));
    }

    @Test
    void anIgnoredDirectoryIsSkippedUnlessSomethingInItIsTakenBack() throws DockerfileException {
        IgnoreRules rules = rules("*", "!src/*/x", "node_modules", "!b", "b");
        assertTrue(rules.top().entry("lib").skipsAll());
        assertTrue(rules.top().entry("node_modules").skipsAll());
        assertTrue(rules.top().entry("b").skipsAll());
        assertFalse(rules.top().entry("src").skipsAll());
        assertFalse(rules.top().entry("src").folder().entry("a").skipsAll());
        assertTrue(rules.top().entry("src").folder().entry("a").folder().entry("y").skipsAll());
        assertFalse(rules.top().entry("src").folder().entry("a").folder().entry("x").ignored());
        assertFalse(rules("a", "!**/x").top().entry("a").skipsAll());
        assertFalse(rules("a").top().entry("b").skipsAll());
    }

    /** The walk with its short cuts against the definition: the last rule with any match. */
    @Test
    void theWalkAgreesWithTheDefinition() {
        Random random = new Random(11);
        for (int i = 0; i < 5_000; i++) {
            List<String> patterns = new ArrayList<>();
            for (int n = random.nextInt(6); n >= 0; n--) {
                String path = path(random, "a b * ? ** a* [ab]".split(" "));
                patterns.add((random.nextInt(3) == 0 ? "!" : "") + path);
            }
            IgnoreRules rules = IgnoreRules.of(patterns);
            for (int n = 0; n < 10; n++) {
                String path = path(random, "a b ab".split(" "));
                assertEquals(
                        definition(patterns, path), rules.ignores(path), patterns + " " + path);
                if (skipped(rules, path)) {
                    assertTrue(definition(patterns, path), patterns + " skip " + path);
                }
            }
        }
    }

    private static boolean definition(List<String> patterns, String path) {
        boolean ignored = false;
        for (String pattern : patterns) {
            boolean back = pattern.startsWith("!");
            Glob glob = Glob.withDirectories(back ? pattern.substring(1) : pattern);
            boolean matches = glob.matches(path);
            for (int i = 0; i < path.length(); i++) {
                matches |= path.charAt(i) == '/' && glob.matches(path.substring(0, i));
            }
            ignored = matches ? !back : ignored;
        }
        return ignored;
    }

    private static boolean skipped(IgnoreRules rules, String path) {
        IgnoreRules.Folder folder = rules.top();
        String[] names = path.split("/");
        for (int i = 0; i + 1 < names.length; i++) {
            IgnoreRules.Entry entry = folder.entry(names[i]);
            if (entry.skipsAll()) {
                return true;
            }
            folder = entry.folder();
        }
        return false;
    }

    private static String path(Random random, String[] names) {
        StringBuilder path = new StringBuilder(names[random.nextInt(names.length)]);
        for (int n = random.nextInt(4); n > 0; n--) {
            path.append('/').append(names[random.nextInt(names.length)]);
        }
        return path.toString();
    }

    @Test
    void aBigTreeIsWalkedFast() throws DockerfileException {
        IgnoreRules rules = rules("**/*.class", "**/target", "!**/keep", ".git", "docs/*.md");
        long start = System.nanoTime();
        int kept = 0;
        for (int d = 0; d < 300; d++) {
            IgnoreRules.Folder folder = rules.top().entry("dir" + d).folder().entry("sub").folder();
            for (int f = 0; f < 1000; f++) {
                kept += folder.entry("SomeFileOfThisTree" + f + ".java").ignored() ? 0 : 1;
            }
        }
        assertEquals(300_000, kept);
        assertTrue(System.nanoTime() - start < 60_000_000_000L);
    }
}
