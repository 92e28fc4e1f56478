package dev.carafe.engine.build;

import dev.carafe.engine.dockerfile.Mount;
import dev.carafe.engine.image.Dir;
import dev.carafe.linux.Errno;
import dev.carafe.linux.ErrnoException;
import dev.carafe.linux.Fd;
import dev.carafe.linux.Memory;
import dev.carafe.linux.Native;
import dev.carafe.linux.Sys;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * The directories of {@code RUN --mount=type=cache}: {@code cache/mounts/NAME} in the store's root,
 * each with a lock beside it. What users call them never becomes a path.
 */
final class CacheMounts {
    private static final int LOCK_SH = 1;
    private static final int LOCK_EX = 2;
    private static final int LOCK_NB = 4;
    private static final int O_RDWR = 2;
    private static final int MOST_PRIVATE = 1000;

    private final Path directory;

    CacheMounts(Path directory) {
        this.directory = directory;
    }

    /** A cache in use; closing it lets others have it. */
    record Held(Fd root, Fd lock, boolean fresh) implements AutoCloseable {
        @Override
        public void close() {
            root.close();
            lock.close();
        }
    }

    /** Takes a cache by its id, waiting where sharing says so. */
    Held take(Mount.Cache cache) throws IOException {
        Files.createDirectories(directory);
        String name = new Hash().put(cache.id()).hex().substring(0, 32);
        if (cache.sharing() != Mount.Sharing.PRIVATE) {
            boolean alone = cache.sharing() == Mount.Sharing.LOCKED;
            return open(name, lock(name, alone ? LOCK_EX : LOCK_SH), cache.owner());
        }
        for (int i = 0; i < MOST_PRIVATE; i++) {
            String own = i == 0 ? name : name + "-" + i;
            Fd lock = tryLock(own, LOCK_EX | LOCK_NB);
            if (lock != null) {
                return open(own, lock, cache.owner());
            }
        }
        throw new BuildException(
                "cache " + cache.id() + ": " + MOST_PRIVATE + " private copies are in use");
    }

    private Fd lock(String name, int operation) throws IOException {
        Fd lock = tryLock(name, operation);
        if (lock == null) {
            throw new ErrnoException("lock a cache", Errno.EAGAIN);
        }
        return lock;
    }

    private @Nullable Fd tryLock(String name, int operation) throws ErrnoException {
        Path file = directory.resolve(name + ".lock");
        try (Memory memory = Memory.borrow()) {
            int flags = O_RDWR | Dir.O_CREAT | Dir.O_CLOEXEC | Dir.O_NOFOLLOW;
            long path = memory.string(file.toString());
            Fd lock =
                    new Fd(
                            (int)
                                    Native.check(
                                            "open " + file,
                                            Sys.OPENAT,
                                            Fd.AT_FDCWD,
                                            path,
                                            flags,
                                            0600));
            long result;
            do {
                result = Native.syscall(Sys.FLOCK, lock.number(), operation);
            } while (result == -Errno.EINTR);
            if (Native.isError(result)) {
                lock.close();
                if (result == -Errno.EAGAIN) {
                    return null;
                }
                throw new ErrnoException("lock " + file, (int) -result);
            }
            return lock;
        }
    }

    private Held open(String name, Fd lock, Mount.Owner owner) throws IOException {
        try (Fd all = Dir.open(directory)) {
            long made = At.mkdir(all, name, 0700);
            boolean fresh = made != -Errno.EEXIST;
            if (fresh) {
                At.check("make a cache", name, made);
            }
            Fd root = At.checked("open a cache", name, At.strict(all, name, Dir.O_DIRECTORY));
            if (fresh) {
                At.chown(root, "", (int) owner.uid(), (int) owner.gid());
                At.chmod(root, owner.mode(), name);
            }
            return new Held(root, lock, fresh);
        } catch (IOException e) {
            lock.close();
            throw e;
        }
    }

    /**
     * Removes every cache that nobody uses.
     *
     * @return the bytes that its files had
     */
    long prune() throws IOException {
        if (!Files.exists(directory)) {
            return 0;
        }
        long freed = 0;
        try (Fd all = Dir.open(directory)) {
            for (String name : Dir.list(all)) {
                if (!name.endsWith(".lock")) {
                    Fd lock = tryLock(name, LOCK_EX | LOCK_NB);
                    if (lock != null) {
                        try (lock) {
                            freed += Sizes.of(all, name);
                            // the lock's file stays: somebody may be waiting for it
                            Dir.remove(all, name);
                        }
                    }
                }
            }
        }
        return freed;
    }
}
