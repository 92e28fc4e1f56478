package dev.carafe.engine.image;

import dev.carafe.linux.Errno;
import dev.carafe.linux.ErrnoException;
import dev.carafe.linux.Fd;
import dev.carafe.linux.Memory;
import dev.carafe.linux.Native;
import dev.carafe.linux.Sys;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/**
 * All of what statx(2) says that an archive can hold, and what tells one file from another.
 *
 * @param blocks of 512 bytes each, that are on the disk
 * @param device of the file system, major and minor in one
 */
record Node(
        int mode,
        int links,
        long uid,
        long gid,
        long inode,
        long device,
        long size,
        long blocks,
        long mtime,
        int mtimeNanos,
        int major,
        int minor) {
    private static final int S_IFMT = 0170000;

    enum Kind {
        FILE,
        DIRECTORY,
        SYMLINK,
        CHAR_DEVICE,
        BLOCK_DEVICE,
        FIFO,
        SOCKET
    }

    /** Which file it is, whatever its names. */
    record Identity(long device, long inode) {}

    Kind kind() {
        return switch (mode & S_IFMT) {
            case 0040000 -> Kind.DIRECTORY;
            case 0120000 -> Kind.SYMLINK;
            case 0020000 -> Kind.CHAR_DEVICE;
            case 0060000 -> Kind.BLOCK_DEVICE;
            case 0010000 -> Kind.FIFO;
            case 0140000 -> Kind.SOCKET;
            default -> Kind.FILE;
        };
    }

    int permissions() {
        return mode & 07777;
    }

    /** Overlayfs's mark for a file that hides the lower layers' file of that name. */
    boolean isWhiteout() {
        return kind() == Kind.CHAR_DEVICE && major == 0 && minor == 0;
    }

    Identity identity() {
        return new Identity(device, inode);
    }

    /** Asks without following a link; an empty name is the descriptor itself. */
    static @Nullable Node of(Fd dir, String name) throws ErrnoException {
        try (Memory memory = Memory.borrow()) {
            long buffer = memory.reserve(256);
            long path = Dir.name(memory, name);
            int flags = Dir.AT_SYMLINK_NOFOLLOW | (name.isEmpty() ? Dir.AT_EMPTY_PATH : 0);
            long result =
                    Native.syscall(Sys.STATX, dir.number(), path, flags, Dir.STATX_BASIC, buffer);
            if (result == -Errno.ENOENT) {
                return null;
            }
            Tree.check("stat", name, result);
            return read(memory.view(buffer, 256));
        }
    }

    /** As {@link #of}; that nothing is there is an error. */
    static Node need(Fd dir, String name, String path) throws ErrnoException {
        Node node = of(dir, name);
        if (node == null) {
            throw new ErrnoException("stat " + TarEntry.shown(path), Errno.ENOENT);
        }
        return node;
    }

    /** Reads a struct statx. */
    private static Node read(ByteBuffer s) {
        return new Node(
                s.getShort(28) & 0xffff,
                s.getInt(16),
                s.getInt(20) & 0xFFFFFFFFL,
                s.getInt(24) & 0xFFFFFFFFL,
                s.getLong(32),
                (long) s.getInt(136) << 32 | s.getInt(140),
                s.getLong(40),
                s.getLong(48),
                s.getLong(112),
                s.getInt(120),
                s.getInt(128),
                s.getInt(132));
    }
}
