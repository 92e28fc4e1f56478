package dev.carafe.engine.build;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class GitAddressTest {
    @ParameterizedTest
    @CsvSource({
        "https://example.com/a.git, true",
        "https://example.com/a.git#main, true",
        "git@example.com:a/b, true",
        "ssh://git@example.com/a, true",
        "git://example.com/a, true",
        "github.com/a/b, true",
        "https://example.com/a.tar, false",
        "./a.git, false",
        "a, false",
    })
    void kinds(String source, boolean git) {
        assertEquals(git, GitAddress.isGit(source));
    }

    @Test
    void partsOfAnAddress() throws BuildException {
        assertEquals(
                new GitAddress("https://example.com/a.git", "main", "b/c"),
                GitAddress.parse("https://example.com/a.git#main:./b//c/"));
        assertEquals(
                new GitAddress("https://example.com/a.git", "", "b"),
                GitAddress.parse("https://example.com/a.git#:b"));
    }

    /** CVE-2026-33748, and what git would take for an option. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "https://example.com/a.git#main:../b",
                "https://example.com/a.git#main:a/../../b",
                "https://example.com/a.git#--upload-pack=x",
                "--upload-pack=x"
            })
    void refused(String source) {
        assertThrows(BuildException.class, () -> GitAddress.parse(source));
    }
}
