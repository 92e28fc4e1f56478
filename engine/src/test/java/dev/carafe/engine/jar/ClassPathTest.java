package dev.carafe.engine.jar;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.carafe.engine.image.ImageException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ClassPathTest {
    @TempDir Path directory;
    private final List<String> notes = new ArrayList<>();

    private Path jar(String name, String classPath) throws IOException {
        Path file = directory.resolve(name);
        Files.createDirectories(file.resolveSibling("."));
        try (ZipOutputStream out = new ZipOutputStream(Files.newOutputStream(file))) {
            out.putNextEntry(new ZipEntry("META-INF/MANIFEST.MF"));
            String manifest = "Manifest-Version: 1.0\nClass-Path: " + classPath + "\n\n";
            out.write(manifest.getBytes(StandardCharsets.UTF_8));
            out.closeEntry();
        }
        return file;
    }

    private List<String> libraries(Path jar, Path... more) throws IOException {
        try (RunnableJar open = RunnableJar.open(jar)) {
            return open.libraries(List.of(more), notes::add).stream().map(Library::name).toList();
        }
    }

    @Test
    void dependenciesOfDependenciesAreFollowedOnce() throws IOException {
        jar("lib/b.jar", "c.jar ../app.jar");
        jar("lib/c.jar", "b.jar");
        Path app = jar("app.jar", "lib/b.jar lib/c.jar");
        assertEquals(List.of("b.jar", "c.jar"), libraries(app));
    }

    @Test
    void twoOfOneNameHaveDifferentNames() throws IOException {
        jar("x/a.jar", "");
        jar("y/a.jar", "");
        Path app = jar("app.jar", "x/a.jar y/a.jar");
        assertEquals(List.of("a.jar", "2-a.jar"), libraries(app));
    }

    @Test
    void directoriesOfTheHostAreNeverTaken() throws IOException {
        Files.createDirectories(directory.resolve("secret"));
        Path app = jar("app.jar", "secret/ /etc file:/etc/ http://localhost/a.jar nosuch.jar");
        assertEquals(List.of(), libraries(app));
        assertEquals(5, notes.size(), notes::toString);
        assertTrue(notes.getFirst().contains("a directory"), notes::toString);
        assertTrue(notes.getLast().contains("is not there"), notes::toString);
    }

    @Test
    void filesThatAreNoJarAreRefused() throws IOException {
        Files.writeString(directory.resolve("shadow"), "root:secret");
        Path app = jar("app.jar", "shadow");
        ImageException e = assertThrows(ImageException.class, () -> libraries(app));
        assertTrue(String.valueOf(e.getMessage()).contains("shadow is no jar"), e::toString);
    }

    @Test
    void jarsOfAGivenDirectoryComeInOrder() throws IOException {
        jar("more/z.jar", "");
        jar("more/a.jar", "");
        Files.writeString(directory.resolve("more/notes.txt"), "");
        Path app = jar("app.jar", "");
        assertEquals(List.of("a.jar", "z.jar"), libraries(app, directory.resolve("more")));
    }
}
