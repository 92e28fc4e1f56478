package dev.carafe.engine.image;

import dev.carafe.engine.image.Dir.Stat;
import dev.carafe.engine.image.TarEntry.Extent;
import dev.carafe.linux.Errno;
import dev.carafe.linux.ErrnoException;
import dev.carafe.linux.Fd;
import dev.carafe.linux.Native;
import dev.carafe.linux.Sys;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Writes one layer's tar into an empty directory, as overlayfs takes it: a whiteout becomes a
 * character device 0/0, an opaque mark an extended attribute. The archive is hostile: see {@link
 * Tree}.
 *
 * <p>An ordinary user owns every file, and devices are left out: neither chown nor mknod is allowed
 * then.
 */
final class Unpack implements AutoCloseable {
    private static final String WHITEOUT = ".wh.";
    private static final String OPAQUE = ".wh..wh..opq";

    /** From here on, in bytes, a file is worth a call of its own to get it to the disk early. */
    private static final int LARGE = 512 * 1024;

    private static final int S_IFCHR = 0020000;
    private static final int S_IFBLK = 0060000;
    private static final int S_IFIFO = 0010000;

    private final Tree tree;
    private final Privilege privilege;
    private final LayerView.@Nullable Layers lower;
    private final boolean layer;
    private final Optional<Extraction.Owner> owner;
    private final Map<String, TarEntry> directories = new HashMap<>();

    /** A hard link to a file of a lower layer, met while those were not at hand. */
    static final class NeedsLowerLayers extends IOException {
        private static final long serialVersionUID = 1;

        NeedsLowerLayers(String path) {
            super(TarEntry.shown(path) + " is a hard link to a file that is not there");
        }
    }

    Unpack(Path into, Privilege privilege, LayerView.@Nullable Layers lower) throws ErrnoException {
        this(new Tree(into, privilege), privilege, lower, true, Optional.empty());
    }

    private Unpack(
            Tree tree,
            Privilege privilege,
            LayerView.@Nullable Layers lower,
            boolean layer,
            Optional<Extraction.Owner> owner) {
        this.tree = tree;
        this.privilege = privilege;
        this.lower = lower;
        this.layer = layer;
        this.owner = owner;
    }

    /** For an archive that is no layer, into a tree that has files already. */
    static Unpack plain(Fd into, Privilege privilege, Optional<Extraction.Owner> owner)
            throws ErrnoException {
        long root = Dir.openat2(into, ".", Dir.O_DIRECTORY, Dir.RESOLVE_BENEATH);
        Fd own = new Fd((int) Tree.check("open", "", root));
        return new Unpack(new Tree(own, privilege), privilege, null, false, owner);
    }

    /**
     * Writes everything, then the directories' modes and times, and reads the archive to its end.
     */
    void all(TarReader tar) throws IOException {
        if (layer) {
            Native.check("chmod the layer's root", Sys.FCHMOD, tree.root().number(), 0755);
        }
        TarEntry entry;
        while ((entry = tar.next()) != null) {
            add(entry, tar);
            tree.trim();
        }
        tar.drain();
        finishDirectories();
    }

    private void add(TarEntry entry, TarReader tar) throws IOException {
        String path = clean(entry.path());
        if (path.isEmpty()) {
            if (entry.type() != TarEntry.Type.DIRECTORY) {
                throw new ImageException(entry.shown() + ": the root can only be a directory");
            }
            if (layer) {
                directories.put("", entry);
            }
            return;
        }
        String name = Tree.last(path);
        if (layer && name.startsWith(WHITEOUT)) {
            whiteout(Tree.parent(path), name);
            return;
        }
        Fd parent = tree.directory(Tree.parent(path));
        switch (entry.type()) {
            case FILE -> file(parent, name, entry, tar);
            case DIRECTORY -> directory(parent, name, path, entry);
            case SYMLINK -> symlink(parent, name, path, entry);
            case HARD_LINK -> hardLink(parent, name, path, entry);
            case CHAR_DEVICE -> node(parent, name, path, entry, S_IFCHR);
            case BLOCK_DEVICE -> node(parent, name, path, entry, S_IFBLK);
            case FIFO -> node(parent, name, path, entry, S_IFIFO);
        }
    }

    /** A path without empty parts and dots; one with {@code ..} is refused, not guessed at. */
    private static String clean(String path) throws ImageException {
        if (isClean(path)) {
            return path;
        }
        StringBuilder clean = new StringBuilder(path.length());
        for (int at = 0, end; at <= path.length(); at = end + 1) {
            int slash = path.indexOf('/', at);
            end = slash < 0 ? path.length() : slash;
            String part = path.substring(at, end);
            if (part.equals("..")) {
                throw new ImageException(TarEntry.shown(path) + ": a path with \"..\" in it");
            }
            if (!part.isEmpty() && !part.equals(".")) {
                clean.append(clean.isEmpty() ? "" : "/").append(part);
            }
        }
        return clean.toString();
    }

    private static boolean isClean(String path) {
        int length = path.length();
        if (length == 0 || path.charAt(0) == '/' || path.charAt(length - 1) == '/') {
            return false;
        }
        return path.charAt(0) != '.' && path.indexOf("//") < 0 && path.indexOf("/.") < 0;
    }

    private void file(Fd parent, String name, TarEntry entry, TarReader tar) throws IOException {
        // with nothing that the umask or the kernel would take away, one call less
        boolean plain = (entry.mode() & (privilege.umask() | 07000)) == 0;
        int mode = plain ? entry.mode() : 0600;
        long fd = tree.create(parent, name, mode);
        if (fd == -Errno.EEXIST) {
            replace(parent, name, entry.path());
            fd = tree.create(parent, name, mode);
        }
        try (Fd file = new Fd((int) Tree.check("create", entry.path(), fd))) {
            if (entry.sparse()) {
                writeSparse(file, entry, tar);
            } else {
                ByteBuffer piece;
                while ((piece = tar.body()) != null) {
                    Tree.write(file, piece, entry.path());
                }
            }
            // this order: chown clears setuid and capabilities
            if (mustChown(entry)) {
                long result = Native.syscall(Sys.FCHOWN, file.number(), uid(entry), gid(entry));
                refuseForeign(entry, result);
                Tree.check("chown", entry.path(), result);
            }
            if (!plain) {
                Native.check("chmod " + entry.shown(), Sys.FCHMOD, file.number(), entry.mode());
            }
            xattrs(file, entry);
            tree.touchOpen(file, entry.path(), entry.mtime(), entry.mtimeNanos());
            if (entry.size() >= LARGE) {
                Tree.beginWriteback(file, 0, entry.size());
            }
        }
    }

    private static void writeSparse(Fd file, TarEntry entry, TarReader tar) throws IOException {
        List<Extent> extents = entry.extents();
        int at = 0;
        long into = 0;
        ByteBuffer piece;
        while ((piece = tar.body()) != null) {
            while (piece.hasRemaining()) {
                Extent extent = extents.get(at);
                int n = (int) Math.min(piece.remaining(), extent.length() - into);
                Tree.writeAt(
                        file,
                        piece.slice(piece.position(), n),
                        extent.offset() + into,
                        entry.path());
                piece.position(piece.position() + n);
                into += n;
                if (into == extent.length()) {
                    at++;
                    into = 0;
                }
            }
        }
        Native.check(
                "set the size of " + entry.shown(), Sys.FTRUNCATE, file.number(), entry.size());
    }

    private void directory(Fd parent, String name, String path, TarEntry entry) throws IOException {
        long result = tree.mkdir(parent, name, 0700);
        if (result == -Errno.EEXIST) {
            Stat stat = Dir.stat(parent, name);
            if (stat != null && stat.isDirectory()) {
                directories.put(path, entry);
                return;
            }
            replace(parent, name, path);
            result = tree.mkdir(parent, name, 0700);
            if (stat != null && stat.isWhiteout()) {
                Tree.check("mkdir", path, result);
                tree.makeOpaque(tree.directory(path).number(), path);
            }
        }
        Tree.check("mkdir", path, result);
        directories.put(path, entry);
    }

    private void symlink(Fd parent, String name, String path, TarEntry entry) throws IOException {
        long result = tree.symlink(parent, name, entry.link());
        if (result == -Errno.EEXIST) {
            replace(parent, name, path);
            result = tree.symlink(parent, name, entry.link());
        }
        Tree.check("link", path, result);
        ownAndTouch(parent, name, entry);
    }

    private void node(Fd parent, String name, String path, TarEntry entry, int kind)
            throws IOException {
        if (!privilege.root() && kind != S_IFIFO) {
            return;
        }
        int mode = kind | entry.mode();
        long result = tree.mknod(parent, name, mode, entry.major(), entry.minor());
        if (result == -Errno.EEXIST) {
            replace(parent, name, path);
            result = tree.mknod(parent, name, mode, entry.major(), entry.minor());
        }
        Tree.check("mknod", path, result);
        ownAndTouch(parent, name, entry);
        if ((entry.mode() & (privilege.umask() | 07000)) != 0) {
            tree.chmod(parent, name, entry.mode());
        }
    }

    private void ownAndTouch(Fd parent, String name, TarEntry entry) throws IOException {
        if (mustChown(entry)) {
            chown(parent, name, entry);
        }
        tree.touch(parent, name, entry.mtime(), entry.mtimeNanos());
    }

    private void hardLink(Fd parent, String name, String path, TarEntry entry) throws IOException {
        String target = clean(entry.link());
        if (target.isEmpty()) {
            throw new ImageException(entry.shown() + ": a hard link to the root");
        }
        if (target.equals(path)) {
            return;
        }
        long result = link(target, parent, name);
        if (result == -Errno.ENOENT || result == -Errno.ENOTDIR) {
            copyUp(target, entry);
            result = link(target, parent, name);
        }
        if (result == -Errno.EEXIST) {
            replace(parent, name, path);
            result = link(target, parent, name);
        }
        Tree.check("link " + TarEntry.shown(target) + " to", path, result);
    }

    private long link(String target, Fd parent, String name) {
        long dir = tree.existing(Tree.parent(target), 0);
        if (Native.isError(dir)) {
            return dir;
        }
        try (Fd directory = new Fd((int) dir)) {
            String file = Tree.last(target);
            return tree.link(directory.number(), file, parent, name);
        }
    }

    /**
     * Copies a file of the lower layers into this one, as overlayfs does when such a file is
     * linked.
     */
    private void copyUp(String path, TarEntry entry) throws IOException {
        if (lower == null) {
            throw new NeedsLowerLayers(entry.path());
        }
        LayerView.Found found = lower.find(path);
        if (found == null || !found.stat().isRegular()) {
            throw new ImageException(
                    entry.shown()
                            + ": a hard link to "
                            + TarEntry.shown(path)
                            + ", and no layer has that file");
        }
        Stat stat = found.stat();
        Fd parent = tree.directory(Tree.parent(path));
        long fd = tree.create(parent, Tree.last(path), 0600);
        try (Fd to = new Fd((int) Tree.check("create", path, fd));
                Fd from = found.open()) {
            long left = stat.size();
            while (left > 0) {
                long n =
                        Native.check(
                                "copy up " + TarEntry.shown(path),
                                Sys.COPY_FILE_RANGE,
                                from.number(),
                                0,
                                to.number(),
                                0,
                                left,
                                0);
                if (n == 0) {
                    break;
                }
                left -= n;
            }
            if (privilege.owners()) {
                Native.check(
                        "chown " + TarEntry.shown(path),
                        Sys.FCHOWN,
                        to.number(),
                        stat.uid(),
                        stat.gid());
            }
            Native.check(
                    "chmod " + TarEntry.shown(path), Sys.FCHMOD, to.number(), stat.mode() & 07777);
            String capability = Dir.xattr(from, "security.capability");
            if (!capability.isEmpty()) {
                tree.setXattr(to.number(), "security.capability", capability);
            }
            tree.touchOpen(to, path, stat.mtime(), stat.mtimeNanos());
        }
    }

    private void whiteout(String parent, String mark) throws IOException {
        Fd directory = tree.directory(parent);
        if (mark.equals(OPAQUE)) {
            tree.makeOpaque(directory.number(), parent);
            return;
        }
        String name = mark.substring(WHITEOUT.length());
        if (name.startsWith(WHITEOUT)) {
            // aufs's own files
            return;
        }
        if (name.isEmpty() || name.equals(".") || name.equals("..")) {
            throw new ImageException(
                    TarEntry.shown(parent + "/" + mark) + ": a whiteout of nothing");
        }
        long result = tree.mknod(directory, name, S_IFCHR, 0, 0);
        if (result != -Errno.EEXIST) {
            Tree.check("make the whiteout", name, result);
            return;
        }
        // this layer has its own file of that name, so the mark means the lower layers' one
        Stat stat = Dir.stat(directory, name);
        if (stat != null && stat.isDirectory()) {
            String path = parent.isEmpty() ? name : parent + "/" + name;
            tree.makeOpaque(tree.directory(path).number(), path);
        }
    }

    private void replace(Fd parent, String name, String path) throws ErrnoException {
        if (!tree.clear(parent, name)) {
            return;
        }
        String prefix = path + "/";
        directories.keySet().removeIf(known -> known.equals(path) || known.startsWith(prefix));
    }

    private void chown(Fd parent, String name, TarEntry entry)
            throws ErrnoException, ImageException {
        try {
            tree.chown(parent, name, uid(entry), gid(entry));
        } catch (ErrnoException e) {
            refuseForeign(entry, -e.errno());
            throw e;
        }
    }

    /** An id that the user namespace hasn't is EINVAL to chown. */
    private void refuseForeign(TarEntry entry, long result) throws ImageException {
        if (result == -Errno.EINVAL && !privilege.root()) {
            throw new ImageException(
                    entry.shown()
                            + " belongs to "
                            + uid(entry)
                            + ":"
                            + gid(entry)
                            + ", an id beyond your range in /etc/subuid and /etc/subgid; give"
                            + " yourself a larger one");
        }
    }

    private boolean mustChown(TarEntry entry) {
        return privilege.owners()
                && (uid(entry) != privilege.uid() || gid(entry) != privilege.gid());
    }

    private long uid(TarEntry entry) {
        return owner.isPresent() ? owner.get().uid() : entry.uid();
    }

    private long gid(TarEntry entry) {
        return owner.isPresent() ? owner.get().gid() : entry.gid();
    }

    /**
     * Sets what may be set. Overlayfs's own attributes are not among it: with them a layer could
     * redirect lookups. Attributes that the host's policy or an ordinary user can't set are left
     * out.
     */
    private void xattrs(Fd file, TarEntry entry) throws ErrnoException {
        for (Map.Entry<String, String> xattr : entry.xattrs().entrySet()) {
            String name = xattr.getKey();
            boolean ours = name.startsWith("user.") && !name.startsWith("user.overlay.");
            if (ours
                    || name.equals("security.capability")
                    || name.startsWith("system.posix_acl_")) {
                long result = tree.setXattr(file.number(), name, xattr.getValue());
                if (privilege.root()) {
                    Tree.check("set " + TarEntry.shown(name) + " of", entry.path(), result);
                }
            }
        }
    }

    /**
     * Last, since whatever is made in a directory changes its time, and a mode may forbid writing.
     */
    private void finishDirectories() throws ErrnoException {
        // deepest first: a parent's final mode may close the way
        List<String> paths =
                directories.keySet().stream().sorted(Comparator.reverseOrder()).toList();
        for (String path : paths) {
            TarEntry entry = directories.get(path);
            long fd = tree.existing(path, Dir.O_NOFOLLOW);
            if (entry == null
                    || fd == -Errno.ENOENT
                    || fd == -Errno.ENOTDIR
                    || fd == -Errno.ELOOP) {
                // reached through a link that a later member replaced
                continue;
            }
            try (Fd directory = new Fd((int) Tree.check("open", path, fd))) {
                if (mustChown(entry)) {
                    Native.check(
                            "chown " + entry.shown(),
                            Sys.FCHOWN,
                            directory.number(),
                            uid(entry),
                            gid(entry));
                }
                Native.check(
                        "chmod " + entry.shown(), Sys.FCHMOD, directory.number(), entry.mode());
                xattrs(directory, entry);
                tree.touchOpen(directory, path, entry.mtime(), entry.mtimeNanos());
            }
        }
    }

    @Override
    public void close() {
        tree.close();
    }
}
