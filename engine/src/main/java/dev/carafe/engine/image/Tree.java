package dev.carafe.engine.image;

import dev.carafe.engine.image.Dir.Stat;
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
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * A directory tree under construction, written through directory descriptors: a name is only ever
 * looked up in a directory that is already open, without following a link, so no name leads out.
 * Descriptors of recent directories are kept, which also makes it fast. Paths are one byte a char.
 */
final class Tree implements AutoCloseable {
    private static final int KEPT = 64;
    private static final int NAME_ROOM = 4352;
    private static final int SYNC_FILE_RANGE_WRITE = 2;
    private static final int UTIME_OMIT = (1 << 30) - 2;

    private final Fd root;
    private final Privilege privilege;
    private final Memory memory = Memory.borrow();
    private final long name = memory.reserve(NAME_ROOM);
    private final long target = memory.reserve(NAME_ROOM);
    private final long times = memory.reserve(32);
    private final ByteBuffer nameView = memory.view(name, NAME_ROOM);
    private final ByteBuffer targetView = memory.view(target, NAME_ROOM);
    private final ByteBuffer timesView = memory.view(times, 32);
    private final Map<String, Fd> directories = new LinkedHashMap<>(2 * KEPT, 0.75f, true);
    private final List<Fd> dropped = new ArrayList<>();

    Tree(Path root, Privilege privilege) throws ErrnoException {
        this(Dir.open(root), privilege);
    }

    /** Takes the open root over. */
    Tree(Fd root, Privilege privilege) {
        this.root = root;
        this.privilege = privilege;
        timesView.putLong(8, UTIME_OMIT);
    }

    Fd root() {
        return root;
    }

    /**
     * The open directory at a path, made with mode 0755 if it is missing. A link on the way is
     * resolved as if the tree were the root.
     */
    Fd directory(String path) throws ErrnoException, ImageException {
        if (path.isEmpty()) {
            return root;
        }
        Fd known = directories.get(path);
        if (known != null) {
            return known;
        }
        Fd parent = directory(parent(path));
        String last = last(path);
        long fd = openDirectory(parent, last);
        if (fd == -Errno.ENOENT) {
            check("mkdir", path, Native.syscall(Sys.MKDIRAT, parent.number(), name(last), 0755));
            fd = openDirectory(parent, last);
            if (!Native.isError(fd)) {
                Native.syscall(Sys.FCHMOD, fd, 0755);
            }
        } else if (fd == -Errno.ENOTDIR || fd == -Errno.ELOOP) {
            fd = throughLink(parent, last, path);
        }
        Fd directory = new Fd((int) check("open", path, fd));
        directories.put(path, directory);
        return directory;
    }

    /**
     * The directory at a path if there is one: the descriptor, which the caller closes, or the
     * negated errno.
     *
     * @param last what to do with a link as the last part: 0 follows it, {@link Dir#O_NOFOLLOW}
     *     doesn't
     */
    long existing(String path, int last) {
        int flags = Dir.O_DIRECTORY | last;
        return path.isEmpty()
                ? openDirectory(root, ".")
                : Dir.openat2(root, path, flags, Dir.RESOLVE_IN_ROOT | Dir.RESOLVE_NO_MAGICLINKS);
    }

    private long throughLink(Fd parent, String last, String path)
            throws ErrnoException, ImageException {
        Stat stat = Dir.stat(parent, last);
        if (stat != null && stat.isWhiteout()) {
            // removed and then made again by the same layer: nothing of the lower ones shows
            // through
            check("unlink", path, Native.syscall(Sys.UNLINKAT, parent.number(), name(last), 0));
            check("mkdir", path, Native.syscall(Sys.MKDIRAT, parent.number(), name(last), 0755));
            long made = openDirectory(parent, last);
            if (!Native.isError(made)) {
                makeOpaque(made, path);
            }
            return made;
        }
        if (stat == null || !stat.isSymlink()) {
            throw new ImageException(
                    TarEntry.shown(path) + " is not a directory, yet has something in it");
        }
        int resolve = Dir.RESOLVE_IN_ROOT | Dir.RESOLVE_NO_MAGICLINKS;
        long fd = Dir.openat2(root, path, Dir.O_DIRECTORY, resolve);
        if (fd == -Errno.ENOENT || fd == -Errno.ENOTDIR || fd == -Errno.ELOOP) {
            throw new ImageException(
                    TarEntry.shown(path)
                            + " is a link that leads to no directory, yet has something in it");
        }
        return fd;
    }

    private long openDirectory(Fd parent, String last) {
        int flags = Dir.O_DIRECTORY | Dir.O_NOFOLLOW | Dir.O_CLOEXEC;
        return Native.syscall(Sys.OPENAT, parent.number(), name(last), flags, 0);
    }

    /** Creates a file that must not exist; the descriptor or the negated errno. */
    long create(Fd dir, String last, int mode) {
        int flags = Dir.O_WRONLY | Dir.O_CREAT | Dir.O_EXCL | Dir.O_NOFOLLOW | Dir.O_CLOEXEC;
        return Native.syscall(Sys.OPENAT, dir.number(), name(last), flags, mode);
    }

    long mkdir(Fd dir, String last, int mode) {
        return Native.syscall(Sys.MKDIRAT, dir.number(), name(last), mode);
    }

    long mknod(Fd dir, String last, int mode, int major, int minor) {
        // the kernel's new_encode_dev
        long dev = (minor & 0xffL) | (long) major << 8 | (minor & ~0xffL) << 12;
        return Native.syscall(Sys.MKNODAT, dir.number(), name(last), mode, dev);
    }

    long symlink(Fd dir, String last, String to) {
        return Native.syscall(Sys.SYMLINKAT, put(targetView, target, to), dir.number(), name(last));
    }

    /** linkat(2); a link is linked, not followed. */
    long link(long targetDir, String file, Fd dir, String link) {
        long from = put(targetView, target, file);
        return Native.syscall(Sys.LINKAT, targetDir, from, dir.number(), name(link), 0);
    }

    void chown(Fd dir, String last, long uid, long gid) throws ErrnoException {
        long result =
                Native.syscall(
                        Sys.FCHOWNAT, dir.number(), name(last), uid, gid, Dir.AT_SYMLINK_NOFOLLOW);
        check("chown", last, result);
    }

    /** chmod(2) of a name that is known not to be a link. */
    void chmod(Fd dir, String last, int mode) throws ErrnoException {
        check("chmod", last, Native.syscall(Sys.FCHMODAT, dir.number(), name(last), mode));
    }

    void touch(Fd dir, String last, long seconds, int nanos) throws ErrnoException {
        timesView.putLong(16, seconds).putLong(24, nanos);
        long result =
                Native.syscall(
                        Sys.UTIMENSAT, dir.number(), name(last), times, Dir.AT_SYMLINK_NOFOLLOW);
        check("set the time of", last, result);
    }

    void touchOpen(Fd file, String shown, long seconds, int nanos) throws ErrnoException {
        timesView.putLong(16, seconds).putLong(24, nanos);
        check("set the time of", shown, Native.syscall(Sys.UTIMENSAT, file.number(), 0, times, 0));
    }

    /** Marks a directory as hiding what the lower layers have in it. */
    void makeOpaque(long directory, String path) throws ErrnoException {
        if (privilege.root()) {
            check("mark as opaque", path, setXattr(directory, "trusted.overlay.opaque", "y"));
        }
        // what overlayfs reads when it is mounted with userxattr, from inside a user namespace
        long result = setXattr(directory, "user.overlay.opaque", "y");
        if (!privilege.root()) {
            check("mark as opaque", path, result);
        }
    }

    /** fsetxattr(2); the negated errno when refused. */
    long setXattr(long file, String xattr, String value) {
        byte[] bytes = value.getBytes(StandardCharsets.ISO_8859_1);
        try (Memory room = Memory.of(xattr.length() + bytes.length + 64)) {
            long key = Dir.name(room, xattr);
            return Native.syscall(Sys.FSETXATTR, file, key, room.bytes(bytes), bytes.length, 0);
        }
    }

    /** Writes all of a direct buffer at the file's position. */
    static void write(Fd file, ByteBuffer data, String shown) throws ErrnoException {
        long at = Native.address(data);
        long left = data.remaining();
        while (left > 0) {
            long n = Native.syscall(Sys.WRITE, file.number(), at, left);
            if (n != -Errno.EINTR) {
                check("write", shown, n);
                at += n;
                left -= n;
            }
        }
    }

    /**
     * Asks the kernel to begin writing a file's bytes to the disk, without waiting: the sync at the
     * end then finds less to do.
     */
    static void beginWriteback(Fd file, long offset, long length) {
        // a hint, so a refusal doesn't matter
        Native.syscall(Sys.SYNC_FILE_RANGE, file.number(), offset, length, SYNC_FILE_RANGE_WRITE);
    }

    /** Writes all of a direct buffer at an offset. */
    static void writeAt(Fd file, ByteBuffer data, long offset, String shown) throws ErrnoException {
        long at = Native.address(data);
        long left = data.remaining();
        long to = offset;
        while (left > 0) {
            long n = Native.syscall(Sys.PWRITE64, file.number(), at, left, to);
            if (n != -Errno.EINTR) {
                check("write", shown, n);
                at += n;
                to += n;
                left -= n;
            }
        }
    }

    /** Removes what a later member of the archive replaces; true when it was a directory. */
    boolean clear(Fd dir, String last) throws ErrnoException {
        Stat stat = Dir.stat(dir, last);
        Dir.remove(dir, last);
        if (stat == null || !(stat.isDirectory() || stat.isSymlink())) {
            return false;
        }
        // closed later: the caller may be working in one of them
        dropped.addAll(directories.values());
        directories.clear();
        return stat.isDirectory();
    }

    /** Closes descriptors that are no longer of use; nobody may be holding one. */
    void trim() {
        for (Fd fd : dropped) {
            fd.close();
        }
        dropped.clear();
        var oldest = directories.values().iterator();
        while (directories.size() > KEPT) {
            oldest.next().close();
            oldest.remove();
        }
    }

    static String parent(String path) {
        return path.substring(0, Math.max(0, path.lastIndexOf('/')));
    }

    static String last(String path) {
        return path.substring(path.lastIndexOf('/') + 1);
    }

    static long check(String operation, String path, long result) throws ErrnoException {
        if (Native.isError(result)) {
            throw new ErrnoException(operation + " " + TarEntry.shown(path), (int) -result);
        }
        return result;
    }

    private long name(String text) {
        return put(nameView, name, text);
    }

    private static long put(ByteBuffer view, long address, String text) {
        byte[] bytes = text.getBytes(StandardCharsets.ISO_8859_1);
        view.put(0, bytes).put(bytes.length, (byte) 0);
        return address;
    }

    @Override
    public void close() {
        dropped.addAll(directories.values());
        directories.clear();
        trim();
        root.close();
        memory.close();
    }
}
