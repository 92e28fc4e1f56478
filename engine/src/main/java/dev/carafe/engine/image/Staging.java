package dev.carafe.engine.image;

import dev.carafe.linux.Errno;
import dev.carafe.linux.ErrnoException;
import dev.carafe.linux.Fd;
import dev.carafe.linux.Native;
import dev.carafe.linux.Sys;
import dev.carafe.oci.image.Digest;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.security.MessageDigest;
import org.jspecify.annotations.Nullable;

/**
 * A directory beside the store in which one operation prepares what it then renames into place. It
 * is locked while it is used; one that nobody has locked was left by a process that died.
 */
final class Staging implements AutoCloseable {
    private final Path directory;
    private final StoreLock lock;
    private int next;

    /** A file that was written here, and its digest. */
    record Spooled(Path file, Digest digest, long size) {}

    private Staging(Path directory, StoreLock lock) {
        this.directory = directory;
        this.lock = lock;
    }

    static Staging open(Layout layout) throws IOException {
        removeAbandoned(layout);
        while (true) {
            Path directory = Files.createTempDirectory(layout.tmp(), "new-");
            StoreLock lock = StoreLock.tryDirectory(directory);
            if (lock != null && Files.exists(directory)) {
                return new Staging(directory, lock);
            }
            // another process took it for abandoned in between
            if (lock != null) {
                lock.close();
            }
        }
    }

    private static void removeAbandoned(Layout layout) throws IOException {
        try (DirectoryStream<Path> found = Files.newDirectoryStream(layout.tmp())) {
            for (Path path : found) {
                try (StoreLock lock = StoreLock.tryDirectory(path)) {
                    if (lock != null) {
                        deleteOwn(path);
                    }
                }
            }
        }
    }

    Path path(String name) {
        return directory.resolve(name);
    }

    /** Copies a stream here and digests it on the way. */
    Spooled spool(InputStream in) throws IOException {
        return spool(ByteSource.of(in, 256 * 1024));
    }

    Spooled spool(ByteSource in) throws IOException {
        Path path = path("blob-" + next++);
        MessageDigest hash = LayerStream.sha256();
        long size = 0;
        try (FileChannel out =
                FileChannel.open(path, StandardOpenOption.WRITE, StandardOpenOption.CREATE_NEW)) {
            ByteBuffer piece;
            while ((piece = in.next()) != null) {
                size += piece.remaining();
                hash.update(piece.duplicate());
                while (piece.hasRemaining()) {
                    out.write(piece);
                }
            }
        }
        return new Spooled(path, Digest.of("sha256", hash.digest()), size);
    }

    /** Makes everything here last; one call for the thousands of files of a layer. */
    void sync() throws IOException {
        try (Fd fd = Dir.open(directory)) {
            Native.check("syncfs " + directory, Sys.SYNCFS, fd.number());
        }
    }

    /** Whether a write failed for want of room, here or in what it was told of. */
    static boolean isDiskFull(@Nullable Throwable e) {
        if (e == null) {
            return false;
        }
        boolean full =
                e instanceof ErrnoException errno
                        && (errno.errno() == Errno.ENOSPC || errno.errno() == Errno.EDQUOT);
        // java.nio says it in a text
        return full || "No space left on device".equals(e.getMessage()) || isDiskFull(e.getCause());
    }

    static void delete(Path path) throws IOException {
        DirectoryTree.delete(path);
    }

    /**
     * Deletes it, unless a directory in it belongs to another id of the user's range: then it waits
     * for the next operation that runs where that id is the user's.
     */
    private static void deleteOwn(Path path) throws IOException {
        try {
            delete(path);
        } catch (ErrnoException e) {
            if (e.errno() != Errno.EACCES && e.errno() != Errno.EPERM) {
                throw e;
            }
        }
    }

    @Override
    public void close() throws IOException {
        try {
            deleteOwn(directory);
        } finally {
            lock.close();
        }
    }
}
