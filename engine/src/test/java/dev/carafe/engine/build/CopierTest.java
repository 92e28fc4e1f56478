package dev.carafe.engine.build;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.carafe.engine.dockerfile.IgnoreRules;
import dev.carafe.engine.image.Dir;
import dev.carafe.linux.Fd;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.OptionalInt;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Docker's rules for what COPY makes of sources and a destination. */
class CopierTest {
    private static final OptionalInt KEPT = OptionalInt.empty();

    @TempDir Path directory;
    private Path from;
    private Path to;

    @BeforeEach
    void files() throws IOException {
        // everything that is copied from a context becomes root's
        assumeTrue("root".equals(System.getProperty("user.name")));
        from = Files.createDirectories(directory.resolve("from"));
        to = Files.createDirectories(directory.resolve("to"));
        write(from.resolve("file"), "new");
        write(from.resolve("dir/inner/deep"), "deep");
        write(from.resolve("dir/top"), "top");
        write(to.resolve("there/old"), "old");
        write(to.resolve("taken"), "old");
        Files.createDirectories(to.resolve("real"));
        Files.createSymbolicLink(to.resolve("link"), Path.of("/real"));
        Files.createSymbolicLink(to.resolve("out"), Path.of("../../../../tmp"));
    }

    /** The directory's removal warns of links that lead away. */
    @AfterEach
    void links() throws IOException {
        if (to != null) {
            Files.deleteIfExists(to.resolve("out"));
        }
    }

    private static void write(Path file, String text) throws IOException {
        Files.createDirectories(file.getParent());
        Files.writeString(file, text);
    }

    private void copy(
            String source, String destination, Copier.@Nullable Owner owner, OptionalInt mode)
            throws IOException {
        copy(source, destination, owner, mode, Filter.NONE);
    }

    private void copy(
            String source,
            String destination,
            Copier.@Nullable Owner owner,
            OptionalInt mode,
            Filter excludes)
            throws IOException {
        try (Fd root = Dir.open(from);
                Copier copier = new Copier(Dir.open(to), owner, mode)) {
            Source tree = new Source(root, Filter.NONE, true, "the context");
            for (Source.Found found : Wildcards.find(tree, source)) {
                boolean slash = destination.endsWith("/");
                copier.copy(tree, found, At.clean(destination), slash, excludes);
            }
        }
    }

    @ParameterizedTest
    @CsvSource({
        // source, destination, a file that is there afterwards, its content
        "file, x, x, new",
        "file, x/, x/file, new",
        "file, a/b/c, a/b/c, new",
        "file, a/b/, a/b/file, new",
        "file, there, there/file, new",
        "file, taken, taken, new",
        "file, link, real/file, new",
        "file, link/, real/file, new",
        "file, link/y, real/y, new",
        "file, out, tmp, new",
        "file, out/y, tmp/y, new",
        "file, /, file, new",
        "dir, x, x/top, top",
        "dir, x, x/inner/deep, deep",
        "dir/, x/, x/inner/deep, deep",
        "dir, there, there/top, top",
        "dir, there, there/old, old",
        "dir, link, real/inner/deep, deep",
        "d*, x, x/top, top",
        "dir/*/d??p, x/, x/deep, deep",
        "dir/inner/../top, x, x, top",
        "., all, all/dir/inner/deep, deep",
    })
    void destinations(String source, String destination, String result, String content)
            throws IOException {
        copy(source, destination, null, KEPT);
        assertEquals(content, Files.readString(to.resolve(result)));
    }

    @ParameterizedTest
    @CsvSource({
        "dir, taken, taken in the image is not a directory",
        "file, taken/x, taken in the image is not a directory",
        "missing, x, the context has no /missing",
        "../file/../../etc/shadow, x, the context has no",
    })
    void refusals(String source, String destination, String message) {
        IOException e =
                assertThrows(IOException.class, () -> copy(source, destination, null, KEPT));
        assertTrue(String.valueOf(e.getMessage()).contains(message), e.getMessage());
    }

    @Test
    void modesAndTimesAreKept() throws IOException {
        Path file = from.resolve("dir/top");
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rwxr-x--x"));
        Files.setLastModifiedTime(file, FileTime.fromMillis(1_500_000_000_000L));
        copy("dir", "x", null, KEPT);
        Path copy = to.resolve("x/top");
        assertEquals(0751, (int) Files.getAttribute(copy, "unix:mode") & 07777);
        assertEquals(1_500_000_000_000L, Files.getLastModifiedTime(copy).toMillis());
        assertEquals(0, (int) Files.getAttribute(copy, "unix:uid"));
    }

    @Test
    void ownerAndModeForAll() throws IOException {
        copy("dir", "a/x", new Copier.Owner(12, 34), OptionalInt.of(0705));
        for (String path : List.of("a/x/top", "a/x/inner", "a/x/inner/deep")) {
            assertEquals(12, (int) Files.getAttribute(to.resolve(path), "unix:uid"), path);
            assertEquals(34, (int) Files.getAttribute(to.resolve(path), "unix:gid"), path);
            assertEquals(
                    0705, (int) Files.getAttribute(to.resolve(path), "unix:mode") & 07777, path);
        }
        assertEquals(12, (int) Files.getAttribute(to.resolve("a"), "unix:uid"), "what was made");
    }

    @Test
    void hardLinksStayLinked() throws IOException {
        Files.createLink(from.resolve("dir/again"), from.resolve("dir/top"));
        copy("dir", "x", null, KEPT);
        assertEquals(2, (int) Files.getAttribute(to.resolve("x/again"), "unix:nlink"));
    }

    @Test
    void linksAreCopiedAsTheyAreAndReplaceOthers() throws IOException {
        Files.createSymbolicLink(from.resolve("dir/away"), Path.of("/etc/shadow"));
        Files.createDirectories(to.resolve("x"));
        Files.createSymbolicLink(to.resolve("x/top"), from.resolve("file"));
        copy("dir", "x", null, KEPT);
        assertEquals(Path.of("/etc/shadow"), Files.readSymbolicLink(to.resolve("x/away")));
        assertEquals("top", Files.readString(to.resolve("x/top")));
        assertEquals("new", Files.readString(from.resolve("file")), "not through the link");
    }

    @Test
    void excludedFilesStayAway() throws IOException {
        Filter excludes = Rules.of(IgnoreRules.of(List.of("inner", "!inner/deep", "top")));
        copy("dir", "x", null, KEPT, excludes);
        assertTrue(Files.exists(to.resolve("x/inner/deep")));
        assertTrue(Files.notExists(to.resolve("x/top")));
    }
}
