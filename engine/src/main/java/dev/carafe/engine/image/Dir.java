package dev.carafe.engine.image;

import dev.carafe.linux.Errno;
import dev.carafe.linux.ErrnoException;
import dev.carafe.linux.Fd;
import dev.carafe.linux.Memory;
import dev.carafe.linux.Native;
import dev.carafe.linux.Sys;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Directories by descriptor: opening without following what an image put there, and clearing away.
 */
public final class Dir {
    public static final int O_WRONLY = 1;
    public static final int O_CREAT = 0100;
    public static final int O_EXCL = 0200;
    public static final int O_NONBLOCK = 04000;
    public static final int O_DIRECTORY = Fcntl.DIRECTORY;
    public static final int O_NOFOLLOW = Fcntl.NOFOLLOW;
    public static final int O_CLOEXEC = 02000000;
    static final int O_NOATIME = 01000000;
    public static final int O_PATH = 010000000;
    public static final int AT_SYMLINK_NOFOLLOW = 0x100;
    public static final int AT_REMOVEDIR = 0x200;
    public static final int AT_EMPTY_PATH = 0x1000;

    public static final int STATX_BASIC = 0x7ff;

    public static final int RESOLVE_NO_MAGICLINKS = 0x02;
    public static final int RESOLVE_NO_SYMLINKS = 0x04;
    public static final int RESOLVE_BENEATH = 0x08;
    public static final int RESOLVE_IN_ROOT = 0x10;

    private static final int S_IFMT = 0170000;

    private Dir() {}

    /** The two open(2) flags whose numbers differ between x86_64 and aarch64. */
    private static final class Fcntl {
        static final boolean ARM = dev.carafe.linux.Arch.host() == dev.carafe.linux.Arch.AARCH64;
        static final int DIRECTORY = ARM ? 040000 : 0200000;
        static final int NOFOLLOW = ARM ? 0100000 : 0400000;
    }

    /** What statx(2) says of a file. */
    public record Stat(
            int mode,
            int uid,
            int gid,
            long size,
            int major,
            int minor,
            long mtime,
            int mtimeNanos) {
        public boolean isDirectory() {
            return (mode & S_IFMT) == 0040000;
        }

        public boolean isRegular() {
            return (mode & S_IFMT) == 0100000;
        }

        public boolean isSymlink() {
            return (mode & S_IFMT) == 0120000;
        }

        /** Overlayfs's mark for a file that hides the lower layers' file of that name. */
        public boolean isWhiteout() {
            return (mode & S_IFMT) == 0020000 && major == 0 && minor == 0;
        }
    }

    /** Opens a directory that the engine itself named. */
    public static Fd open(Path path) throws ErrnoException {
        try (Memory memory = Memory.borrow()) {
            return new Fd(
                    (int)
                            Native.check(
                                    "open " + path,
                                    Sys.OPENAT,
                                    Fd.AT_FDCWD,
                                    memory.string(path.toString()),
                                    O_DIRECTORY | O_CLOEXEC,
                                    0));
        }
    }

    /**
     * openat2(2) of a path (one byte a char) beneath a directory.
     *
     * @return the descriptor or the negated errno
     */
    public static long openat2(Fd root, String path, int flags, int resolve) {
        try (Memory memory = Memory.borrow()) {
            long how = memory.reserve(24);
            memory.view(how, 24).putLong(0, (flags | O_CLOEXEC) & 0xFFFFFFFFL).putLong(16, resolve);
            long result;
            do {
                result = Native.syscall(Sys.OPENAT2, root.number(), name(memory, path), how, 24);
                // EAGAIN: something was renamed while ".." was resolved
            } while (result == -Errno.EINTR || result == -Errno.EAGAIN);
            return result;
        }
    }

    /**
     * statx(2) without following a link; null when there is nothing. An empty name is the
     * descriptor itself.
     */
    public static @Nullable Stat stat(Fd dir, String name) throws ErrnoException {
        try (Memory memory = Memory.borrow()) {
            long buffer = memory.reserve(256);
            long result =
                    Native.syscall(
                            Sys.STATX,
                            dir.number(),
                            name(memory, name),
                            AT_SYMLINK_NOFOLLOW | (name.isEmpty() ? AT_EMPTY_PATH : 0),
                            STATX_BASIC,
                            buffer);
            if (result == -Errno.ENOENT) {
                return null;
            }
            if (Native.isError(result)) {
                throw new ErrnoException("stat " + TarEntry.shown(name), (int) -result);
            }
            ByteBuffer stat = memory.view(buffer, 256);
            return new Stat(
                    stat.getShort(28) & 0xffff,
                    stat.getInt(20),
                    stat.getInt(24),
                    stat.getLong(40),
                    stat.getInt(128),
                    stat.getInt(132),
                    stat.getLong(112),
                    stat.getInt(120));
        }
    }

    /** The target of a symbolic link, one byte a char; empty when it is none. */
    public static String readlink(Fd dir, String name) {
        try (Memory memory = Memory.borrow()) {
            long buffer = memory.reserve(4096);
            long n = Native.syscall(Sys.READLINKAT, dir.number(), name(memory, name), buffer, 4096);
            if (Native.isError(n)) {
                return "";
            }
            byte[] bytes = new byte[(int) n];
            memory.view(buffer, 4096).get(bytes);
            return new String(bytes, StandardCharsets.ISO_8859_1);
        }
    }

    /** An extended attribute of an open file, of at most 4 KiB; empty when there is none. */
    public static String xattr(Fd file, String xattr) {
        try (Memory memory = Memory.borrow()) {
            long buffer = memory.reserve(4096);
            long n =
                    Native.syscall(Sys.FGETXATTR, file.number(), name(memory, xattr), buffer, 4096);
            if (Native.isError(n)) {
                return "";
            }
            byte[] bytes = new byte[(int) n];
            memory.view(buffer, 4096).get(bytes);
            return new String(bytes, StandardCharsets.ISO_8859_1);
        }
    }

    /**
     * Removes a file or a whole tree, never following a link nor leaving {@code dir}.
     *
     * @return whether there was anything
     */
    public static boolean remove(Fd dir, String name) throws ErrnoException {
        long result = unlink(dir, name, 0);
        if (result == -Errno.ENOENT) {
            return false;
        }
        if (result == -Errno.EISDIR || result == -Errno.EPERM) {
            result = removeDirectory(dir, name);
        }
        // ENOENT: another thread or process removes the same
        if (Native.isError(result) && result != -Errno.ENOENT) {
            throw new ErrnoException("remove " + TarEntry.shown(name), (int) -result);
        }
        return true;
    }

    private static long removeDirectory(Fd dir, String name) throws ErrnoException {
        long result = unlink(dir, name, AT_REMOVEDIR);
        if (result != -Errno.ENOTEMPTY) {
            return result;
        }
        try (Fd child = openForRemoval(dir, name)) {
            if (child == null) {
                return -Errno.ENOENT;
            }
            for (String inside : list(child)) {
                remove(child, inside);
            }
        }
        return unlink(dir, name, AT_REMOVEDIR);
    }

    private static @Nullable Fd openForRemoval(Fd dir, String name) throws ErrnoException {
        try (Memory memory = Memory.borrow()) {
            long path = name(memory, name);
            int flags = O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;
            long fd = Native.syscall(Sys.OPENAT, dir.number(), path, flags, 0);
            if (fd == -Errno.EACCES) {
                // an ordinary user's own directory, which an image may have made unreadable
                Native.syscall(Sys.FCHMODAT, dir.number(), path, 0700);
                fd = Native.syscall(Sys.OPENAT, dir.number(), path, flags, 0);
            }
            if (fd == -Errno.ENOENT) {
                return null;
            }
            if (Native.isError(fd)) {
                throw new ErrnoException(
                        "open " + TarEntry.shown(name) + " to remove it", (int) -fd);
            }
            Fd child = new Fd((int) fd);
            // an ordinary user needs write and search permission to empty it; root does not, and it
            // is harmless
            Native.syscall(Sys.FCHMOD, child.number(), 0700);
            return child;
        }
    }

    private static long unlink(Fd dir, String name, int flags) {
        try (Memory memory = Memory.borrow()) {
            return Native.syscall(Sys.UNLINKAT, dir.number(), name(memory, name), flags);
        }
    }

    /** A name in a directory, one byte a char, and what readdir(3) calls d_type; 0 is unknown. */
    record Name(String text, int type) implements Comparable<Name> {
        static final int DIRECTORY = 4;
        static final int FILE = 8;

        @Override
        public int compareTo(Name other) {
            return text.compareTo(other.text);
        }
    }

    /** The names in an open directory, one byte a char, without {@code .} and {@code ..}. */
    public static List<String> list(Fd dir) throws ErrnoException {
        List<String> names = new ArrayList<>();
        for (Name name : names(dir)) {
            names.add(name.text());
        }
        return names;
    }

    /** As {@link #list}, with the kinds that the directory tells. */
    static List<Name> names(Fd dir) throws ErrnoException {
        List<Name> names = new ArrayList<>();
        try (Memory memory = Memory.borrow()) {
            int size = 32 * 1024;
            long buffer = memory.reserve(size);
            ByteBuffer view = memory.view(buffer, size);
            byte[] bytes = new byte[256];
            long n;
            while ((n =
                            Native.check(
                                    "list a directory", Sys.GETDENTS64, dir.number(), buffer, size))
                    > 0) {
                for (int at = 0; at < n; at += view.getShort(at + 16) & 0xffff) {
                    int length = 0;
                    for (byte b; (b = view.get(at + 19 + length)) != 0; length++) {
                        bytes[length] = b;
                    }
                    if (length > 2 || bytes[0] != '.' || length == 2 && bytes[1] != '.') {
                        String text = new String(bytes, 0, length, StandardCharsets.ISO_8859_1);
                        names.add(new Name(text, view.get(at + 18)));
                    }
                }
            }
        }
        return names;
    }

    /** Copies a name that is held one byte a char into native memory. */
    public static long name(Memory memory, String name) {
        byte[] bytes = new byte[name.length() + 1];
        for (int i = 0; i < name.length(); i++) {
            bytes[i] = (byte) name.charAt(i);
        }
        return memory.bytes(bytes);
    }
}
