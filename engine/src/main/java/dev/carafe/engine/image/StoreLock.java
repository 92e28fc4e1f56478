package dev.carafe.engine.image;

import dev.carafe.linux.Errno;
import dev.carafe.linux.ErrnoException;
import dev.carafe.linux.Fd;
import dev.carafe.linux.Memory;
import dev.carafe.linux.Native;
import dev.carafe.linux.Sys;
import java.nio.file.Path;
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

    private static StoreLock take(Path path, int operation) throws ErrnoException {
        try (Memory memory = Memory.borrow()) {
            int flags = O_RDWR | Dir.O_CREAT | Dir.O_CLOEXEC | Dir.O_NOFOLLOW;
            long name = memory.string(path.toString());
            Fd file =
                    new Fd(
                            (int)
                                    Native.check(
                                            "open " + path,
                                            Sys.OPENAT,
                                            Fd.AT_FDCWD,
                                            name,
                                            flags,
                                            0600));
            try {
                Native.check("lock " + path, Sys.FLOCK, file.number(), operation);
                return new StoreLock(file);
            } catch (ErrnoException e) {
                file.close();
                throw e;
            }
        }
    }

    @Override
    public void close() {
        file.close();
    }
}
