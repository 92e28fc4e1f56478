package dev.carafe.engine.image;

import dev.carafe.engine.image.Node.Identity;
import dev.carafe.engine.image.Node.Kind;
import dev.carafe.linux.Errno;
import dev.carafe.linux.Fd;
import dev.carafe.linux.Memory;
import dev.carafe.linux.Native;
import dev.carafe.linux.Sys;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/**
 * Writes what is in an overlay's upper directory as a layer's tar (image-spec 1.1, layer.md), names
 * in the order of their bytes, and leaves the directory as {@link Unpack} would make it of that
 * tar: whole seconds, no sockets, none of overlayfs's notes but the opaque mark.
 *
 * <p>What is in it was made by a container: nothing is looked up by path, no link is followed. An
 * ordinary user's files are written as root's: that is who they belong to inside.
 */
final class ChangeSet {
    private static final String WHITEOUT = ".wh.";
    private static final String OPAQUE = ".wh..wh..opq";
    private static final int MAX_DEPTH = 2048;
    private static final long MAX_HOLES = 64L << 30;
    private static final int SPARSE = 64 * 1024;
    private static final int UTIME_OMIT = (1 << 30) - 2;

    private final TarWriter tar;
    private final Privilege privilege;
    private final Members members;
    private final Map<Identity, String> links = new HashMap<>();
    private long count;
    private long holes;

    ChangeSet(TarWriter tar, Privilege privilege, OptionalLong newest) {
        this.tar = tar;
        this.privilege = privilege;
        this.members = new Members(privilege, newest);
    }

    /** Writes the archive to its end; false when there was nothing to write. */
    boolean write(Path changes) throws IOException {
        try (Fd root = Dir.open(changes)) {
            directory(root, "", 0);
        }
        tar.end();
        return count > 0;
    }

    private void directory(Fd dir, String path, int depth) throws IOException {
        if (depth > MAX_DEPTH) {
            throw new ImageException(
                    TarEntry.shown(path) + ": directories nested more than " + MAX_DEPTH + " deep");
        }
        Node node = need(Node.of(dir, ""), path);
        boolean closed = !privilege.root() && (node.mode() & 0700) != 0700;
        if (closed) {
            chmod(dir, node.permissions() | 0700, path);
        }
        Xattrs xattrs = Xattrs.of(dir, path, privilege);
        String prefix = path.isEmpty() ? "" : path + "/";
        if (!path.isEmpty() || isNotable(node, xattrs)) {
            String name = path.isEmpty() ? "./" : prefix;
            add(members.entry(TarEntry.Type.DIRECTORY, name, "", 0, node, xattrs.kept()));
        }
        if (xattrs.opaque()) {
            mark(prefix + OPAQUE);
        }
        boolean removed = children(dir, prefix, depth);
        if (closed) {
            chmod(dir, node.permissions(), path);
        }
        if (removed || isTouched(node)) {
            touch(dir, "", path, node);
        }
    }

    /** What a new directory is not; only then is the root worth a member. */
    private boolean isNotable(Node root, Xattrs xattrs) {
        return root.permissions() != 0755
                || privilege.owners() && (root.uid() != 0 || root.gid() != 0)
                || !xattrs.kept().isEmpty();
    }

    /** Writes all names; true when one was of no use and has been removed. */
    private boolean children(Fd dir, String prefix, int depth) throws IOException {
        List<Dir.Name> names = Dir.names(dir);
        Collections.sort(names);
        boolean removed = false;
        for (Dir.Name name : names) {
            String path = prefix.concat(name.text());
            if (name.text().startsWith(WHITEOUT)) {
                throw new ImageException(
                        TarEntry.shown(path)
                                + ": a name that begins with .wh. means a removed file in a layer");
            }
            switch (kind(dir, name, path)) {
                case FILE -> file(dir, name.text(), path);
                case DIRECTORY -> {
                    try (Fd child = open(dir, name.text(), path, Kind.DIRECTORY)) {
                        directory(child, path, depth + 1);
                    }
                }
                case SYMLINK, CHAR_DEVICE, BLOCK_DEVICE, FIFO, SOCKET ->
                        removed |= !special(dir, name.text(), path);
            }
        }
        return removed;
    }

    private static Kind kind(Fd dir, Dir.Name name, String path) throws IOException {
        return switch (name.type()) {
            case Dir.Name.FILE -> Kind.FILE;
            case Dir.Name.DIRECTORY -> Kind.DIRECTORY;
            default -> need(Node.of(dir, name.text()), path).kind();
        };
    }

    private void file(Fd dir, String name, String path) throws IOException {
        try (Fd file = open(dir, name, path, Kind.FILE)) {
            Node node = need(Node.of(file, ""), path);
            if (node.kind() != Kind.FILE) {
                throw changed(path);
            }
            if (isLink(node, path)) {
                return;
            }
            Xattrs xattrs = Xattrs.of(file, path, privilege);
            add(members.entry(TarEntry.Type.FILE, path, "", node.size(), node, xattrs.kept()));
            long missing = node.size() - 512 * node.blocks();
            if (missing > 0 && node.size() >= SPARSE) {
                holes += missing;
                if (holes > MAX_HOLES) {
                    throw new ImageException(
                            TarEntry.shown(path)
                                    + ": the holes of sparse files come to more than 64 GiB, and in"
                                    + " a layer they are written out; remove such files");
                }
                tar.sparseBody(file, node.size(), path);
            } else {
                tar.body(file, node.size(), path);
            }
            if (isTouched(node)) {
                touch(file, "", path, node);
            }
        }
    }

    /** Writes what is no file and no directory; false when it was removed. */
    private boolean special(Fd dir, String name, String path) throws IOException {
        Node node = need(Node.of(dir, name), path);
        if (node.isWhiteout()) {
            mark(path.substring(0, path.length() - name.length()) + WHITEOUT + name);
            return true;
        }
        switch (node.kind()) {
            case SYMLINK, CHAR_DEVICE, BLOCK_DEVICE, FIFO -> {}
            case SOCKET -> {
                // as tar does; nobody could connect to it anyway
                Dir.remove(dir, name);
                return false;
            }
            case FILE, DIRECTORY -> throw changed(path);
        }
        TarEntry.Type type = Members.type(node.kind());
        if (!isLink(node, path)) {
            String target = type == TarEntry.Type.SYMLINK ? Dir.readlink(dir, name) : "";
            add(members.entry(type, path, target, 0, node, Map.of()));
            if (isTouched(node)) {
                touch(dir, name, path, node);
            }
        }
        return true;
    }

    /** Whether this file has been written under another name, and now as a link to that. */
    private boolean isLink(Node node, String path) throws IOException {
        if (node.links() < 2) {
            return false;
        }
        String first = links.putIfAbsent(node.identity(), path);
        if (first == null) {
            return false;
        }
        add(members.entry(TarEntry.Type.HARD_LINK, path, first, 0, node, Map.of()));
        return true;
    }

    private void add(TarEntry entry) throws IOException {
        count++;
        tar.member(entry);
    }

    /** A whiteout, or an opaque mark: an empty file whose name says it. */
    private void mark(String path) throws IOException {
        add(Members.plain(path, 0, 0));
    }

    private boolean isTouched(Node node) {
        return node.mtimeNanos() != 0 || members.time(node) != node.mtime();
    }

    /** Gives a file the time that the archive has. An empty name is the descriptor itself. */
    private void touch(Fd dir, String name, String path, Node node) throws IOException {
        try (Memory memory = Memory.borrow()) {
            long times = memory.reserve(32);
            memory.view(times, 32).putLong(8, UTIME_OMIT).putLong(16, members.time(node));
            long result =
                    name.isEmpty()
                            ? Native.syscall(Sys.UTIMENSAT, dir.number(), 0, times, 0)
                            : Native.syscall(
                                    Sys.UTIMENSAT,
                                    dir.number(),
                                    Dir.name(memory, name),
                                    times,
                                    Dir.AT_SYMLINK_NOFOLLOW);
            Tree.check("set the time of", path, result);
        }
    }

    /** Opens a directory, or what was a file a moment ago; a FIFO in its place does not block. */
    private Fd open(Fd dir, String name, String path, Kind kind) throws IOException {
        int flags = Dir.O_NOFOLLOW | Dir.O_NONBLOCK | Dir.O_CLOEXEC;
        if (kind == Kind.DIRECTORY) {
            flags |= Dir.O_DIRECTORY;
        }
        long fd = openat(dir, name, flags | Dir.O_NOATIME);
        if (fd == -Errno.EPERM) {
            fd = openat(dir, name, flags);
        }
        if (fd == -Errno.EACCES && !privilege.root()) {
            fd = openClosed(dir, name, path, flags);
        }
        if (fd == -Errno.ELOOP || fd == -Errno.ENOTDIR || fd == -Errno.ENOENT) {
            throw changed(path);
        }
        return new Fd((int) Tree.check("open", path, fd));
    }

    /** Opens what its own owner may not read. */
    private static long openClosed(Fd dir, String name, String path, int flags) throws IOException {
        long pinned = openat(dir, name, Dir.O_PATH | Dir.O_NOFOLLOW | Dir.O_CLOEXEC);
        if (Native.isError(pinned)) {
            return pinned;
        }
        try (Fd pin = new Fd((int) pinned)) {
            Node node = need(Node.of(pin, ""), path);
            if (node.kind() != Kind.FILE && node.kind() != Kind.DIRECTORY) {
                throw changed(path);
            }
            // the way to what is pinned and to nothing else
            String proc = "/proc/self/fd/" + pin.number();
            chmodPath(proc, node.permissions() | 0400, path);
            try (Memory memory = Memory.borrow()) {
                int through = flags & ~Dir.O_NOFOLLOW;
                return Native.syscall(Sys.OPENAT, Fd.AT_FDCWD, Dir.name(memory, proc), through, 0);
            } finally {
                chmodPath(proc, node.permissions(), path);
            }
        }
    }

    private static long openat(Fd dir, String name, int flags) {
        try (Memory memory = Memory.borrow()) {
            return Native.syscall(Sys.OPENAT, dir.number(), Dir.name(memory, name), flags, 0);
        }
    }

    private static void chmodPath(String proc, int mode, String path) throws IOException {
        try (Memory memory = Memory.borrow()) {
            long result = Native.syscall(Sys.FCHMODAT, Fd.AT_FDCWD, Dir.name(memory, proc), mode);
            Tree.check("chmod", path, result);
        }
    }

    private static void chmod(Fd file, int mode, String path) throws IOException {
        Tree.check("chmod", path, Native.syscall(Sys.FCHMOD, file.number(), mode));
    }

    private static Node need(@Nullable Node node, String path) throws ImageException {
        if (node == null) {
            throw changed(path);
        }
        return node;
    }

    private static ImageException changed(String path) {
        return new ImageException(
                TarEntry.shown(path)
                        + " changed while the layer was written: is a program still"
                        + " running in it?");
    }
}
