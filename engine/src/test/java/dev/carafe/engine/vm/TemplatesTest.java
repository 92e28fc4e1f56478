package dev.carafe.engine.vm;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TemplatesTest {
    @TempDir Path cache;

    private Path file(String name) throws IOException {
        Path directory = Files.createDirectories(Templates.directory(cache));
        return Files.writeString(directory.resolve(name), "1234");
    }

    @Test
    void thoseOfAnotherBootAndOfNoImageGo() throws IOException {
        Path roots = Files.createDirectory(cache.resolve("roots"));
        Path image = Files.createFile(roots.resolve("abc.1.erofs"));
        Path good = file(Templates.name("key", image));
        Path orphan = file(Templates.name("key", roots.resolve("def.1.erofs")));
        Path old = file("another-boot.key.abc.1.erofs");
        Path making = file(Templates.PART + "1");
        Path left = file(Templates.PART + "2");
        Files.setLastModifiedTime(left, FileTime.fromMillis(1));

        assertEquals(12, Templates.prune(cache, roots));

        assertTrue(Files.exists(good));
        assertTrue(Files.exists(making));
        assertFalse(Files.exists(orphan) || Files.exists(old) || Files.exists(left));
    }

    @Test
    void noneAreNoError() throws IOException {
        assertEquals(0, Templates.prune(cache, cache));
    }
}
