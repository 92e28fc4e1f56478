package dev.carafe.engine.jar;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.carafe.engine.image.ImageException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;
import java.util.zip.ZipOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class EntriesTest {
    @TempDir Path directory;

    /** A zip whose files hold their own names. */
    private Path zip(String... names) throws IOException {
        Path file = Files.createTempFile(directory, "a", ".jar");
        try (ZipOutputStream out = new ZipOutputStream(Files.newOutputStream(file))) {
            for (String name : names) {
                out.putNextEntry(new ZipEntry(name));
                out.write(name.getBytes(java.nio.charset.StandardCharsets.UTF_8));
                out.closeEntry();
            }
        }
        return file;
    }

    private void explode(Path jar, String prefix, int release) throws IOException {
        Path classes = Files.createDirectories(directory.resolve("classes"));
        Path resources = Files.createDirectories(directory.resolve("resources"));
        try (ZipFile zip = new ZipFile(jar.toFile())) {
            Entries.of(jar, zip, RunnableJar.entries(jar, zip), prefix, release)
                    .explode(classes, resources);
        }
    }

    private String text(String path) throws IOException {
        return Files.readString(directory.resolve(path));
    }

    @Test
    void classesAndResourcesPart() throws IOException {
        explode(zip("a/B.class", "a/b.txt", "module-info.class", "empty/"), "", 0);
        assertEquals("a/B.class", text("classes/a/B.class"));
        assertEquals("a/b.txt", text("resources/a/b.txt"));
        assertTrue(Files.notExists(directory.resolve("classes/module-info.class")));
    }

    @Test
    void theNewestVersionThatRunsIsTaken() throws IOException {
        Path jar =
                zip(
                        "META-INF/versions/17/A.class",
                        "A.class",
                        "META-INF/versions/9/A.class",
                        "META-INF/versions/21/A.class",
                        "META-INF/versions/9/META-INF/x",
                        "META-INF/versions/8/B.class",
                        "META-INF/versions/11/c/New.class");
        explode(jar, "", 17);
        assertEquals("META-INF/versions/17/A.class", text("classes/A.class"));
        assertEquals("META-INF/versions/11/c/New.class", text("classes/c/New.class"));
        assertTrue(Files.notExists(directory.resolve("classes/B.class")));
        assertTrue(Files.notExists(directory.resolve("resources/META-INF/x")));
    }

    @Test
    void versionsOfAJarThatDeclaresNoneStayWhereTheyAre() throws IOException {
        explode(zip("A.class", "META-INF/versions/9/A.class"), "", 0);
        assertEquals("A.class", text("classes/A.class"));
        assertTrue(Files.exists(directory.resolve("classes/META-INF/versions/9/A.class")));
    }

    @Test
    void onlyWhatIsBelowThePrefixIsTaken() throws IOException {
        explode(zip("BOOT-INF/classes/A.class", "loader/L.class"), "BOOT-INF/classes/", 0);
        assertEquals("BOOT-INF/classes/A.class", text("classes/A.class"));
        assertTrue(Files.notExists(directory.resolve("classes/loader")));
    }

    @Test
    void namesThatLeadElsewhereAreRefused() throws IOException {
        for (String name :
                List.of("../a", "/a", "a/../../b", "a//b", "./a", "a/..", "x".repeat(300))) {
            Path jar = zip(name);
            assertThrows(ImageException.class, () -> explode(jar, "", 0), name);
        }
    }

    @Test
    void aFileThatIsADirectoryAsWellIsRefused() throws IOException {
        Path jar = zip("a", "a/b");
        ImageException e = assertThrows(ImageException.class, () -> explode(jar, "", 0));
        assertTrue(String.valueOf(e.getMessage()).startsWith(jar.toString()), e::toString);
    }
}
