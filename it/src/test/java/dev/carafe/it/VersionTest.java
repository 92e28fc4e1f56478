package dev.carafe.it;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

class VersionTest {
    @RegisterExtension static final Carafe carafe = new Carafe();

    @Test
    void versionIsOneLine() {
        var result = carafe.run("--version").ok();
        assertEquals("", result.err());
        assertTrue(
                result.out().matches("(?i)carafe[^\n]* \\d+\\.\\d+\\.\\d+[^\n]*\n"),
                result::toString);
    }
}
