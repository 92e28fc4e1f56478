package dev.carafe.engine.image;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Path;
import java.util.OptionalLong;

/** Writes a directory tree as a plain tar. */
public final class TreeArchive {
    private static final int PIECE = 256 * 1024;

    private TreeArchive() {}

    /**
     * Writes everything below a directory, in the order of the names' bytes.
     *
     * @param newest what later times become, in seconds since 1970
     */
    public static void write(Path directory, OutputStream out, OptionalLong newest)
            throws IOException {
        try (ByteSink sink = ByteSink.of(out, PIECE)) {
            TarWriter tar = new TarWriter(sink);
            new ChangeSet(tar, Privilege.ofThisProcess(), newest).write(directory);
            sink.finish();
        }
    }
}
