package dev.carafe.engine.build;

import dev.carafe.engine.image.Dir;
import dev.carafe.linux.Errno;
import dev.carafe.linux.ErrnoException;
import dev.carafe.linux.Fd;
import dev.carafe.linux.Memory;
import dev.carafe.linux.Native;
import dev.carafe.linux.Sys;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The system calls on names in open directories that builds need beside those of {@link Dir}. */
final class At {
    static final int S_IFMT = 0170000;
    static final int S_IFSOCK = 0140000;
    static final int S_IFLNK = 0120000;
    static final int S_IFREG = 0100000;
    static final int S_IFDIR = 0040000;

    private static final int IN_ROOT = Dir.RESOLVE_IN_ROOT | Dir.RESOLVE_NO_MAGICLINKS;
    private static final int STRICT =
            Dir.RESOLVE_BENEATH | Dir.RESOLVE_NO_MAGICLINKS | Dir.RESOLVE_NO_SYMLINKS;
    private static final int STATX_SIZE = 256;
    private static final int MAX_XATTRS = 64 * 1024 - 64;
    private static final long UTIME_OMIT = (1 << 30) - 2;

    private At() {}

    /** What statx(2) says of a file. Times are seconds and nanoseconds. */
    record Info(
            int mode,
            int uid,
            int gid,
            int links,
            long inode,
            long device,
            long size,
            int major,
            int minor,
            long mtime,
            int mtimeNanos,
            long ctime,
            int ctimeNanos) {
        int type() {
            return mode & S_IFMT;
        }

        int permissions() {
            return mode & 07777;
        }

        boolean isDirectory() {
            return type() == S_IFDIR;
        }

        boolean isRegular() {
            return type() == S_IFREG;
        }

        boolean isSymlink() {
            return type() == S_IFLNK;
        }
    }

    /** UTF-8 as the text of one byte a char that paths are held in here. */
    static String bytes(String text) {
        for (int i = 0; i < text.length(); i++) {
            if (text.charAt(i) >= 0x80) {
                return new String(
                        text.getBytes(StandardCharsets.UTF_8), StandardCharsets.ISO_8859_1);
            }
        }
        return text;
    }

    /** The other way; what is no UTF-8 becomes the replacement character. */
    static String text(String bytes) {
        for (int i = 0; i < bytes.length(); i++) {
            if (bytes.charAt(i) >= 0x80) {
                return new String(
                        bytes.getBytes(StandardCharsets.ISO_8859_1), StandardCharsets.UTF_8);
            }
        }
        return bytes;
    }

    /** A path for a message: control characters are replaced. */
    static String shown(String bytes) {
        String text = text(bytes);
        StringBuilder out = new StringBuilder(text.length());
        for (int i = 0; i < text.length(); i++) {
            out.append(Character.isISOControl(text.charAt(i)) ? '?' : text.charAt(i));
        }
        return out.toString();
    }

    static String parent(String path) {
        return path.substring(0, Math.max(0, path.lastIndexOf('/')));
    }

    static String last(String path) {
        return path.substring(path.lastIndexOf('/') + 1);
    }

    static String join(String directory, String name) {
        return directory.isEmpty() ? name : name.isEmpty() ? directory : directory + "/" + name;
    }

    /**
     * A path without empty parts and dots, no slash at either end; {@code ..} takes a part away,
     * and ends at the root.
     */
    static String clean(String path) {
        List<String> parts = new ArrayList<>();
        for (int at = 0, end; at <= path.length(); at = end + 1) {
            int slash = path.indexOf('/', at);
            end = slash < 0 ? path.length() : slash;
            String part = path.substring(at, end);
            if (part.equals("..")) {
                if (!parts.isEmpty()) {
                    parts.remove(parts.size() - 1);
                }
            } else if (!part.isEmpty() && !part.equals(".")) {
                parts.add(part);
            }
        }
        return String.join("/", parts);
    }

    /**
     * Opens a path as if {@code root} were the root of everything: links end inside.
     *
     * @return the descriptor or the negated errno
     */
    static long inRoot(Fd root, String path, int flags) {
        return Dir.openat2(root, path.isEmpty() ? "." : path, flags, IN_ROOT);
    }

    /** Opens a path that must lie beneath, with no link on the way nor at its end. */
    static long strict(Fd root, String path, int flags) {
        return Dir.openat2(root, path.isEmpty() ? "." : path, flags | Dir.O_NOFOLLOW, STRICT);
    }

    static Fd checked(String what, String path, long result) throws ErrnoException {
        check(what, path, result);
        return new Fd((int) result);
    }

    static long check(String what, String path, long result) throws ErrnoException {
        if (Native.isError(result)) {
            throw new ErrnoException(what + " /" + shown(path), (int) -result);
        }
        return result;
    }

    static boolean isAbsent(long result) {
        return result == -Errno.ENOENT || result == -Errno.ENOTDIR;
    }

    /**
     * statx(2), not following a link; null when there is nothing. An empty name is the file itself.
     */
    static @Nullable Info stat(Fd dir, String name) throws ErrnoException {
        try (Memory memory = Memory.borrow()) {
            long buffer = memory.reserve(STATX_SIZE);
            int flags = Dir.AT_SYMLINK_NOFOLLOW | (name.isEmpty() ? Dir.AT_EMPTY_PATH : 0);
            long result =
                    Native.syscall(
                            Sys.STATX,
                            dir.number(),
                            Dir.name(memory, name),
                            flags,
                            Dir.STATX_BASIC,
                            buffer);
            if (isAbsent(result)) {
                return null;
            }
            check("stat", name, result);
            return info(memory.view(buffer, STATX_SIZE));
        }
    }

    private static Info info(ByteBuffer stat) {
        return new Info(
                stat.getShort(28) & 0xffff,
                stat.getInt(20),
                stat.getInt(24),
                stat.getInt(16),
                stat.getLong(32),
                (long) stat.getInt(136) << 32 | stat.getInt(140),
                stat.getLong(40),
                stat.getInt(128),
                stat.getInt(132),
                stat.getLong(112),
                stat.getInt(120),
                stat.getLong(96),
                stat.getInt(104));
    }

    /** The open file's state, which exists. */
    static Info stat(Fd file) throws ErrnoException {
        Info info = stat(file, "");
        if (info == null) {
            throw new ErrnoException("stat an open file", Errno.ENOENT);
        }
        return info;
    }

    static long mkdir(Fd dir, String name, int mode) {
        try (Memory memory = Memory.borrow()) {
            return Native.syscall(Sys.MKDIRAT, dir.number(), Dir.name(memory, name), mode);
        }
    }

    /** Makes a file that must not exist, open for writing; the descriptor or the negated errno. */
    static long create(Fd dir, String name, int mode) {
        int flags = Dir.O_WRONLY | Dir.O_CREAT | Dir.O_EXCL | Dir.O_NOFOLLOW | Dir.O_CLOEXEC;
        try (Memory memory = Memory.borrow()) {
            return Native.syscall(Sys.OPENAT, dir.number(), Dir.name(memory, name), flags, mode);
        }
    }

    static long symlink(String target, Fd dir, String name) {
        try (Memory memory = Memory.borrow()) {
            long to = Dir.name(memory, target);
            return Native.syscall(Sys.SYMLINKAT, to, dir.number(), Dir.name(memory, name));
        }
    }

    static long mknod(Fd dir, String name, int mode, int major, int minor) {
        long device = (minor & 0xffL) | (long) major << 8 | (minor & ~0xffL) << 12;
        try (Memory memory = Memory.borrow()) {
            return Native.syscall(Sys.MKNODAT, dir.number(), Dir.name(memory, name), mode, device);
        }
    }

    /** linkat(2) of a name; a link is linked, not followed. */
    static long link(Fd fromDir, String from, Fd dir, String name) {
        try (Memory memory = Memory.borrow()) {
            long source = Dir.name(memory, from);
            return Native.syscall(
                    Sys.LINKAT, fromDir.number(), source, dir.number(), Dir.name(memory, name), 0);
        }
    }

    /** unlinkat(2) of what is no directory. */
    static long unlink(Fd dir, String name) {
        try (Memory memory = Memory.borrow()) {
            return Native.syscall(Sys.UNLINKAT, dir.number(), Dir.name(memory, name), 0);
        }
    }

    /** fchownat(2), not following a link. An empty name is the descriptor itself. */
    static void chown(Fd dir, String name, int uid, int gid) throws ErrnoException {
        try (Memory memory = Memory.borrow()) {
            int flags = Dir.AT_SYMLINK_NOFOLLOW | (name.isEmpty() ? Dir.AT_EMPTY_PATH : 0);
            check(
                    "chown",
                    name,
                    Native.syscall(
                            Sys.FCHOWNAT, dir.number(), Dir.name(memory, name), uid, gid, flags));
        }
    }

    static void chmod(Fd file, int mode, String shown) throws ErrnoException {
        check("chmod", shown, Native.syscall(Sys.FCHMOD, file.number(), mode));
    }

    /** chmod(2) of a name that was just made and is no link. */
    static void chmod(Fd dir, String name, int mode) throws ErrnoException {
        try (Memory memory = Memory.borrow()) {
            check(
                    "chmod",
                    name,
                    Native.syscall(Sys.FCHMODAT, dir.number(), Dir.name(memory, name), mode));
        }
    }

    /**
     * Sets the modification time of a name, a link's own. An empty name is the descriptor itself.
     */
    static void touch(Fd dir, String name, long seconds, int nanos) throws ErrnoException {
        try (Memory memory = Memory.borrow()) {
            long times = memory.reserve(32);
            memory.view(times, 32).putLong(8, UTIME_OMIT).putLong(16, seconds).putLong(24, nanos);
            long path = name.isEmpty() ? 0 : Dir.name(memory, name);
            int flags = name.isEmpty() ? 0 : Dir.AT_SYMLINK_NOFOLLOW;
            check(
                    "set the time of",
                    name,
                    Native.syscall(Sys.UTIMENSAT, dir.number(), path, times, flags));
        }
    }

    /** Copies a file's content, in the kernel where it can. */
    static void copy(Fd from, Fd to, String shown) throws ErrnoException {
        long n;
        do {
            n = Native.syscall(Sys.COPY_FILE_RANGE, from.number(), 0, to.number(), 0, 1L << 30, 0);
        } while (n > 0 || n == -Errno.EINTR);
        if (n == -Errno.EXDEV || n == -Errno.EINVAL || n == -Errno.EOPNOTSUPP) {
            copyByHand(from, to, shown);
        } else {
            check("copy", shown, n);
        }
    }

    private static void copyByHand(Fd from, Fd to, String shown) throws ErrnoException {
        try (Memory memory = Memory.of(256 * 1024)) {
            int size = 255 * 1024;
            long buffer = memory.reserve(size);
            long n;
            while ((n =
                            Native.check(
                                    "read /" + shown(shown), Sys.READ, from.number(), buffer, size))
                    > 0) {
                for (long done = 0; done < n; ) {
                    done +=
                            Native.check(
                                    "write /" + shown(shown),
                                    Sys.WRITE,
                                    to.number(),
                                    buffer + done,
                                    n - done);
                }
            }
        }
    }

    static void write(Fd to, byte[] bytes, String shown) throws ErrnoException {
        try (Memory memory = Memory.of(bytes.length + 64)) {
            long at = memory.bytes(bytes);
            for (long done = 0; done < bytes.length; ) {
                done +=
                        Native.check(
                                "write /" + shown(shown),
                                Sys.WRITE,
                                to.number(),
                                at + done,
                                bytes.length - done);
            }
        }
    }

    /** Reads a file to its end, or to one byte more than the most. */
    static byte[] readAll(Fd file, int most, String shown) throws ErrnoException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        try (Memory memory = Memory.borrow()) {
            int size = 32 * 1024;
            long buffer = memory.reserve(size);
            byte[] bytes = new byte[size];
            int n;
            while (out.size() <= most
                    && (n =
                                    (int)
                                            Native.check(
                                                    "read " + shown(shown),
                                                    Sys.READ,
                                                    file.number(),
                                                    buffer,
                                                    size))
                            > 0) {
                memory.view(buffer, size).get(0, bytes, 0, n);
                out.write(bytes, 0, n);
            }
        }
        return out.toByteArray();
    }

    /** The names of a file's extended attributes. */
    static List<String> xattrs(Fd file) {
        List<String> names = new ArrayList<>();
        try (Memory memory = Memory.borrow()) {
            long buffer = memory.reserve(MAX_XATTRS / 2);
            long n = Native.syscall(Sys.FLISTXATTR, file.number(), buffer, MAX_XATTRS / 2);
            if (Native.isError(n)) {
                return names;
            }
            byte[] bytes = new byte[(int) n];
            memory.view(buffer, bytes.length).get(bytes);
            for (int at = 0, end; at < bytes.length; at = end + 1) {
                end = at;
                while (end < bytes.length && bytes[end] != 0) {
                    end++;
                }
                names.add(new String(bytes, at, end - at, StandardCharsets.ISO_8859_1));
            }
        }
        return names;
    }

    static long setXattr(Fd file, String name, String value) {
        try (Memory memory = Memory.borrow()) {
            long key = Dir.name(memory, name);
            byte[] bytes = value.getBytes(StandardCharsets.ISO_8859_1);
            return Native.syscall(
                    Sys.FSETXATTR, file.number(), key, memory.bytes(bytes), bytes.length, 0);
        }
    }

    /** The target of an open link (O_PATH), one byte a char. */
    static String readlink(Fd link) {
        return Dir.readlink(link, "");
    }
}
