package dev.carafe.engine.image;

import dev.carafe.linux.Errno;
import dev.carafe.linux.ErrnoException;
import dev.carafe.linux.Fd;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Objects;

/** Removes directories of layers and containers, whose modes may keep even their owner out. */
public final class DirectoryTree {
    private DirectoryTree() {}

    /**
     * Removes the directory and all below; links are removed, not followed. Nothing there is no
     * error, nor is another thread or process that removes the same.
     */
    public static void delete(Path directory) throws IOException {
        Path whole = directory.toAbsolutePath();
        String name = Objects.requireNonNull(whole.getFileName()).toString();
        try (Fd parent = Dir.open(Objects.requireNonNull(whole.getParent()))) {
            Dir.remove(
                    parent,
                    new String(name.getBytes(StandardCharsets.UTF_8), StandardCharsets.ISO_8859_1));
        } catch (ErrnoException e) {
            if (e.errno() != Errno.ENOENT) {
                throw new IOException("remove " + directory + ": " + e.getMessage(), e);
            }
        }
    }
}
