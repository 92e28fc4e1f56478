package dev.carafe.engine.image;

import dev.carafe.linux.Errno;
import dev.carafe.linux.ErrnoException;
import dev.carafe.linux.Fd;
import dev.carafe.linux.Memory;
import dev.carafe.linux.Native;
import dev.carafe.linux.Sys;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * A lock between processes and threads alike: flock(2) belongs to the open file, where the locks of
 * FileChannel belong to the process. The kernel lets go of it when its holder dies.
 */
public final class StoreLock implements AutoCloseable {
    private static final int O_RDWR = 2;
    private static final int LOCK_SH = 1;
    private static final int LOCK_EX = 2;
    private static final int LOCK_NB = 4;

    private final Fd file;

    private StoreLock(Fd file) {
        this.file = file;
    }

    static StoreLock shared(Path path) throws ErrnoException {
        return take(path, LOCK_SH);
    }

    static StoreLock exclusive(Path path) throws ErrnoException {
        return take(path, LOCK_EX);
    }

    /** Waits for an exclusive lock of a directory. */
    static StoreLock directory(Path path) throws ErrnoException {
        return locked(Dir.open(path), path, LOCK_EX);
    }

    /** An exclusive lock of a directory, or null when someone has it or the directory is gone. */
    static @Nullable StoreLock tryDirectory(Path path) throws ErrnoException {
        Fd directory;
        try {
            directory = Dir.open(path);
        } catch (ErrnoException e) {
            if (e.errno() == Errno.ENOENT) {
                return null;
            }
            throw e;
        }
        if (Native.isError(Native.syscall(Sys.FLOCK, directory.number(), LOCK_EX | LOCK_NB))) {
            directory.close();
            return null;
        }
        return new StoreLock(directory);
    }

    /**
     * An exclusive lock of a file, which is made when missing; null when someone has it. The file
     * that was locked is the one that the path still means.
     */
    static @Nullable StoreLock tryFile(Path path) throws ErrnoException {
        while (true) {
            Fd file = open(path);
            if (Native.isError(Native.syscall(Sys.FLOCK, file.number(), LOCK_EX | LOCK_NB))) {
                file.close();
                return null;
            }
            if (isAt(file, path)) {
                return new StoreLock(file);
            }
            // renamed or deleted by whoever had it locked before
            file.close();
        }
    }

    private static boolean isAt(Fd file, Path path) throws ErrnoException {
        long[] open = identity(file.number(), "", Dir.AT_EMPTY_PATH);
        long[] named = identity(Fd.AT_FDCWD, path.toString(), Dir.AT_SYMLINK_NOFOLLOW);
        return Arrays.equals(open, named);
    }

    /** Device and inode; empty when there is no such file. */
    private static long[] identity(int directory, String path, int flags) throws ErrnoException {
        try (Memory memory = Memory.borrow()) {
            long buffer = memory.reserve(256);
            long name = memory.string(path);
            long result =
                    Native.syscall(Sys.STATX, directory, name, flags, Dir.STATX_BASIC, buffer);
            if (result == -Errno.ENOENT) {
                return new long[0];
            }
            Tree.check("stat", path, result);
            ByteBuffer stat = memory.view(buffer, 256);
            return new long[] {stat.getInt(136), stat.getInt(140), stat.getLong(32)};
        }
    }

    /** The locked file; closing the lock closes it. */
    Fd file() {
        return file;
    }

    private static StoreLock take(Path path, int operation) throws ErrnoException {
        return locked(open(path), path, operation);
    }

    private static StoreLock locked(Fd file, Path path, int operation) throws ErrnoException {
        try {
            Native.check("lock " + path, Sys.FLOCK, file.number(), operation);
            return new StoreLock(file);
        } catch (ErrnoException e) {
            file.close();
            throw e;
        }
    }

    private static Fd open(Path path) throws ErrnoException {
        try (Memory memory = Memory.borrow()) {
            int flags = O_RDWR | Dir.O_CREAT | Dir.O_CLOEXEC | Dir.O_NOFOLLOW;
            long name = memory.string(path.toString());
            long fd = Native.check("open " + path, Sys.OPENAT, Fd.AT_FDCWD, name, flags, 0600);
            return new Fd((int) fd);
        }
    }

    @Override
    public void close() {
        file.close();
    }
}
