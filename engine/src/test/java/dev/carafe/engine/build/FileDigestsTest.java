package dev.carafe.engine.build;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;

import dev.carafe.engine.image.Dir;
import dev.carafe.linux.Fd;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class FileDigestsTest {
    @TempDir Path directory;

    private String digest(FileDigests digests) throws IOException {
        try (Fd dir = Dir.open(directory)) {
            At.Info info = At.stat(dir, "file");
            return digests.of(dir, "file", "file", java.util.Objects.requireNonNull(info));
        }
    }

    /**
     * The size and, set back by hand, the modification time are the same; the change time is not.
     */
    @Test
    void sameSizeAndTimeIsNotTheSameFile() throws IOException {
        Path file = Files.writeString(directory.resolve("file"), "one");
        FileTime old = FileTime.fromMillis(1_000_000);
        Files.setLastModifiedTime(file, old);
        FileDigests digests = new FileDigests(directory.resolve("known"));
        String first = digest(digests);
        Files.writeString(file, "two");
        Files.setLastModifiedTime(file, old);
        assertNotEquals(first, digest(digests));
    }

    @Test
    void freshFilesAreNotRemembered() throws IOException {
        Files.writeString(directory.resolve("file"), "one");
        FileDigests digests = new FileDigests(directory.resolve("known"));
        digest(digests);
        digests.save();
        assertEquals(false, Files.exists(directory.resolve("known")));
    }

    @Test
    void damagedMemoryIsNone() throws IOException {
        Files.writeString(directory.resolve("file"), "one");
        Files.write(directory.resolve("known"), new byte[100]);
        String hex = "7692c3ad3540bb803c020b3aee66cd8887123234ea0c6e7143c0add73ff431ed";
        assertEquals(hex, digest(new FileDigests(directory.resolve("known"))));
    }
}
