package dev.carafe.engine.image;

import dev.carafe.engine.image.Dir.Stat;
import dev.carafe.linux.Native;
import dev.carafe.linux.Sys;
import dev.carafe.oci.image.Digest;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * A blob on its way in: the file {@code ingest/sha256-HEX}, as far as it has come. It is locked
 * from before the first byte until the blob is in the store, so that several pulls of one blob
 * fetch it once; what a killed pull left is where the next goes on.
 */
final class Partial implements AutoCloseable {
    /** What nobody has gone on with for so long is deleted. */
    private static final Duration KEPT = Duration.ofDays(7);

    /** So many bytes at a time are handed to the disk early. */
    private static final int WRITEBACK = 4 << 20;

    private final Digest digest;
    private final Path path;
    private final StoreLock lock;
    private long size;
    private long handed;

    private Partial(Digest digest, Path path, StoreLock lock, long size) {
        this.digest = digest;
        this.path = path;
        this.lock = lock;
        this.size = size;
    }

    /** Takes it over, made when missing; null when another pull has it. */
    static @Nullable Partial tryOpen(Layout layout, Digest digest) throws IOException {
        Path path = Layout.made(layout.ingest()).resolve(digest.algorithm() + "-" + digest.hex());
        StoreLock lock = StoreLock.tryFile(path);
        if (lock == null) {
            return null;
        }
        Stat stat = Dir.stat(lock.file(), "");
        return new Partial(digest, path, lock, stat == null ? 0 : stat.size());
    }

    /** Deletes what was given up long ago. */
    static void removeAbandoned(Layout layout) throws IOException {
        removeAbandoned(layout, Instant.now().minus(KEPT));
    }

    /**
     * Deletes what nobody is at work on and has not been since some time.
     *
     * @return how many bytes that was
     */
    static long removeAbandoned(Layout layout, Instant before) throws IOException {
        long removed = 0;
        if (!Files.exists(layout.ingest())) {
            return removed;
        }
        try (DirectoryStream<Path> found = Files.newDirectoryStream(layout.ingest())) {
            for (Path path : found) {
                if (isOlder(path, before)) {
                    try (StoreLock lock = StoreLock.tryFile(path)) {
                        if (lock != null) {
                            removed += Files.size(path);
                            Files.deleteIfExists(path);
                        }
                    }
                }
            }
        }
        return removed;
    }

    private static boolean isOlder(Path path, Instant before) {
        try {
            return Files.getLastModifiedTime(path).toInstant().isBefore(before);
        } catch (IOException e) {
            // published in between
            return false;
        }
    }

    Digest digest() {
        return digest;
    }

    Path path() {
        return path;
    }

    /** Bytes that are here. */
    long size() {
        return size;
    }

    /** Reads what is here from an offset on; false when there is no more. */
    boolean read(long offset, ByteBuffer into) throws IOException {
        long most = Math.min(into.remaining(), size - offset);
        if (most <= 0) {
            return false;
        }
        long at = Native.address(into);
        long n = Native.check("read " + path, Sys.PREAD64, lock.file().number(), at, most, offset);
        into.position(into.position() + (int) n);
        return n > 0;
    }

    /** Appends a direct buffer. */
    void append(ByteBuffer bytes) throws IOException {
        int n = bytes.remaining();
        Tree.writeAt(lock.file(), bytes, size, path.toString());
        size += n;
        if (size - handed >= WRITEBACK) {
            Tree.beginWriteback(lock.file(), handed, size - handed);
            handed = size;
        }
    }

    /** Begins again. */
    void clear() throws IOException {
        Native.check("truncate " + path, Sys.FTRUNCATE, lock.file().number(), 0);
        size = 0;
        handed = 0;
    }

    /** Takes it away: it is of no use to a later pull. */
    void delete() throws IOException {
        Files.deleteIfExists(path);
    }

    /** Lets others have it. An empty one is nothing to go on with. */
    @Override
    public void close() throws IOException {
        try {
            if (size == 0) {
                delete();
            }
        } finally {
            lock.close();
        }
    }
}
