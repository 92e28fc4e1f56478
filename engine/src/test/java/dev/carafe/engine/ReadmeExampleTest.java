package dev.carafe.engine;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.carafe.engine.image.DirectoryTree;
import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The README's Java example: it runs, and it stands in the README as it runs here. */
class ReadmeExampleTest {
    @TempDir Path root;

    private String example() throws IOException {
        var said = new StringBuilder();
        // the example begins
        try (var engine = Engine.open(Roots.under(root))) {
            var options =
                    RunOptions.of("host", "sh", "-c", "echo hello from $(hostname); exit 3")
                            .hostname("web")
                            .env("A", "b")
                            .remove(true);
            try (var container = engine.run(options)) {
                said.append(new String(container.stdout().readAllBytes(), UTF_8));
                said.append("exit code ").append(container.waitFor());
            }
        }
        // the example ends
        return said.toString();
    }

    @Test
    void runs() throws IOException {
        assertEquals("hello from web\nexit code 3", example());
        assertEquals(0, new File(root.toFile(), "containers").list().length);
        // JUnit warns of every link that it removes
        DirectoryTree.delete(root.resolve("host"));
    }

    @Test
    void standsInTheReadme() throws IOException {
        String source =
                Files.readString(Path.of("src/test/java/dev/carafe/engine/ReadmeExampleTest.java"));
        int from = source.indexOf('\n', source.indexOf("// the example begins")) + 1;
        int to = source.lastIndexOf('\n', source.indexOf("// the example ends"));
        String example = source.substring(from, to).stripIndent().strip();
        assertTrue(
                Files.readString(Path.of("../README.md")).contains(example),
                "the README's example is not the one that is tested");
    }
}
