package dev.carafe.engine.build;

import dev.carafe.engine.image.Dir;
import dev.carafe.engine.image.ImageUser;
import dev.carafe.engine.image.LayerView;
import dev.carafe.linux.Errno;
import dev.carafe.linux.ErrnoException;
import dev.carafe.linux.Fd;
import dev.carafe.linux.Native;
import java.io.IOException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import org.jspecify.annotations.Nullable;

/**
 * Writes what COPY and ADD bring into a tree, by Docker's rules for destinations: a directory's
 * contents go into the destination, a file takes its name or goes below it, what is missing on the
 * way is made, and links of the image end inside of it.
 */
final class Copier implements AutoCloseable {
    private static final int DIRECTORY_MODE = 0755;

    private final Fd to;
    private final @Nullable Owner owner;
    private final OptionalInt chmod;
    private final Map<String, String> linked = new HashMap<>();

    /** Whose the copies are. */
    record Owner(int uid, int gid) {
        static final Owner ROOT = new Owner(0, 0);

        /**
         * The owner that {@code user[:group]} means in an image.
         *
         * @param lowers the image's layers
         */
        static Owner of(String text, List<Path> lowers) throws IOException {
            ImageUser user = new LayerView(lowers).resolveUser(text);
            // a number alone is the group's as well, as Docker has it
            boolean number = text.chars().allMatch(c -> c >= '0' && c <= '9');
            return new Owner(user.uid(), number ? user.uid() : user.gid());
        }
    }

    /**
     * @param to the root of the tree, which this closes
     * @param owner of all that is written; null keeps what the source says, root for a context's
     * @param chmod the mode of all that is written; empty keeps the source's
     */
    Copier(Fd to, @Nullable Owner owner, OptionalInt chmod) {
        this.to = to;
        this.owner = owner;
        this.chmod = chmod;
    }

    /**
     * Copies one source.
     *
     * @param destination clean, from the root
     * @param slash whether it was written with a slash at its end, and so is a directory
     */
    void copy(Source source, Source.Found found, String destination, boolean slash, Filter excludes)
            throws IOException {
        String at = Links.follow(to, destination);
        if (found.info().isDirectory()) {
            make(at);
            below(source, found, at, excludes);
            return;
        }
        if (excludes.excludes(found.name(), false)) {
            return;
        }
        String target = fileTarget(at, slash, found.name());
        try (Fd parent = directory(At.parent(target));
                Fd from = open(source, At.parent(found.path()))) {
            String name = At.last(found.path());
            one(source, from, name, found.info(), parent, At.last(target), target);
        }
    }

    /**
     * Copies one source below the destination with the directories that lead to it.
     *
     * @param kept the part of the source's path that is made below the destination
     */
    void copyWithParents(
            Source source, Source.Found found, String kept, String destination, Filter excludes)
            throws IOException {
        String at = Links.follow(to, destination);
        make(at);
        String base = found.asked().substring(0, found.asked().length() - kept.length());
        String done = "";
        String path = At.parent(kept);
        for (int i = 0; i <= path.length() && !path.isEmpty(); i++) {
            if (i == path.length() || path.charAt(i) == '/') {
                done = path.substring(0, i);
                Source.Found parent = source.find(At.join(At.clean(base), done));
                if (parent != null && parent.info().isDirectory()) {
                    directoryLike(source, parent.info(), At.join(at, done));
                }
            }
        }
        String target = At.join(at, kept);
        if (found.info().isDirectory()) {
            directoryLike(source, found.info(), target);
            below(source, found, target, excludes);
            return;
        }
        if (excludes.excludes(found.name(), false)) {
            return;
        }
        try (Fd parent = directory(At.parent(target));
                Fd from = open(source, At.parent(found.path()))) {
            String name = At.last(found.path());
            one(source, from, name, found.info(), parent, At.last(target), target);
        }
    }

    /** Writes a file whose content is at hand: a heredoc, or what a URL gave. */
    void file(String destination, boolean slash, String name, byte[] content, int mode, long mtime)
            throws IOException {
        String target = fileTarget(Links.follow(to, destination), slash, name);
        try (Fd parent = directory(At.parent(target));
                Fd file = fresh(parent, At.last(target), target)) {
            At.write(file, content, target);
            finish(file, mode, target);
            At.touch(file, "", mtime, 0);
        }
    }

    /** Copies a file that lies on the engine's disk, such as a download. */
    void file(String destination, boolean slash, String name, Fd content, int mode, long mtime)
            throws IOException {
        String target = fileTarget(Links.follow(to, destination), slash, name);
        try (Fd parent = directory(At.parent(target));
                Fd file = fresh(parent, At.last(target), target)) {
            At.copy(content, file, target);
            finish(file, mode, target);
            At.touch(file, "", mtime, 0);
        }
    }

    private void finish(Fd file, int mode, String shown) throws ErrnoException {
        Owner whose = owner == null ? Owner.ROOT : owner;
        At.chown(file, "", whose.uid, whose.gid);
        At.chmod(file, chmod.isPresent() ? chmod.getAsInt() : mode, shown);
    }

    /** Where a file goes: below the destination if that is a directory. */
    private String fileTarget(String at, boolean slash, String name) throws IOException {
        if (slash || at.isEmpty()) {
            make(at);
            return checkedTarget(At.join(at, name));
        }
        At.Info there = info(at);
        return there != null && there.isDirectory() ? checkedTarget(At.join(at, name)) : at;
    }

    /** A link with that name inside the destination is replaced, not followed. */
    private static String checkedTarget(String target) throws BuildException {
        if (target.isEmpty()) {
            throw new BuildException("a file can't become the root directory");
        }
        return target;
    }

    private At.@Nullable Info info(String path) throws ErrnoException {
        long fd = At.strict(to, path, Dir.O_PATH);
        if (At.isAbsent(fd)) {
            return null;
        }
        try (Fd file = At.checked("open", path, fd)) {
            return At.stat(file);
        }
    }

    private static Fd open(Source source, String directory) throws ErrnoException {
        return At.checked("open", directory, At.strict(source.root(), directory, Dir.O_DIRECTORY));
    }

    /** Makes a directory and what is missing above it. */
    void make(String path) throws IOException {
        directory(path).close();
    }

    /** Opens a directory, links followed, made if it is missing. */
    Fd open(String path) throws IOException {
        return directory(Links.follow(to, path));
    }

    /** Opens a directory (a path free of links), made if it is missing. */
    private Fd directory(String path) throws IOException {
        long fd = At.strict(to, path, Dir.O_DIRECTORY);
        if (!Native.isError(fd)) {
            return new Fd((int) fd);
        }
        if (fd != -Errno.ENOENT) {
            throw notADirectory(path, fd);
        }
        try (Fd parent = directory(At.parent(path))) {
            String name = At.last(path);
            At.check("mkdir", path, At.mkdir(parent, name, DIRECTORY_MODE));
            Fd made = At.checked("open", path, At.strict(parent, name, Dir.O_DIRECTORY));
            Owner whose = owner == null ? Owner.ROOT : owner;
            At.chown(made, "", whose.uid, whose.gid);
            At.chmod(made, DIRECTORY_MODE, path);
            return made;
        }
    }

    private static IOException notADirectory(String path, long errno) {
        return errno == -Errno.ENOTDIR || errno == -Errno.ELOOP
                ? new BuildException("/" + At.shown(path) + " in the image is not a directory")
                : new ErrnoException("open /" + At.shown(path), (int) -errno);
    }

    /** A directory with the source's mode and owner. */
    private void directoryLike(Source source, At.Info info, String target) throws IOException {
        try (Fd directory = directory(target)) {
            attributes(source, info, directory, target);
            At.touch(directory, "", info.mtime(), info.mtimeNanos());
        }
    }

    private void below(Source source, Source.Found found, String target, Filter excludes)
            throws IOException {
        source.walk(found.path(), new Below(source, target, excludes));
    }

    /** Copies what a walk meets. */
    private final class Below implements Source.Visitor {
        private final Source source;
        private final String target;
        private final Filter excludes;

        Below(Source source, String target, Filter excludes) {
            this.source = source;
            this.target = target;
            this.excludes = excludes;
        }

        @Override
        public void visit(String path, String below, Fd from, String name, At.Info info)
                throws IOException {
            if (excludes.excludes(below, info.isDirectory())) {
                return;
            }
            String at = At.join(target, below);
            try (Fd parent = directory(At.parent(at))) {
                one(source, from, name, info, parent, name, at);
            }
        }

        @Override
        public void leave(String path, String below, At.Info info) throws IOException {
            if (excludes.excludes(below, true)) {
                return;
            }
            // last, since what is made in a directory changes its time
            String at = At.join(target, below);
            try (Fd directory = directory(at)) {
                At.touch(directory, "", info.mtime(), info.mtimeNanos());
            }
        }
    }

    /** Copies one file, or makes one directory. */
    private void one(
            Source source, Fd from, String name, At.Info info, Fd parent, String into, String shown)
            throws IOException {
        switch (info.type()) {
            case At.S_IFDIR -> makeDirectory(source, from, name, info, parent, into, shown);
            case At.S_IFREG -> copyFile(source, from, name, info, parent, into, shown);
            case At.S_IFLNK -> {
                clear(parent, into, shown);
                String target = Dir.readlink(from, name);
                At.check("link", shown, At.symlink(target, parent, into));
                ownName(source, info, parent, into);
                At.touch(parent, into, info.mtime(), info.mtimeNanos());
            }
            default -> {
                clear(parent, into, shown);
                int mode = info.type() | 0600;
                At.check("mknod", shown, At.mknod(parent, into, mode, info.major(), info.minor()));
                ownName(source, info, parent, into);
                At.chmod(parent, into, chmod.isPresent() ? chmod.getAsInt() : info.permissions());
                At.touch(parent, into, info.mtime(), info.mtimeNanos());
            }
        }
    }

    private void makeDirectory(
            Source source, Fd from, String name, At.Info info, Fd parent, String into, String shown)
            throws IOException {
        long made = At.mkdir(parent, into, 0700);
        if (made == -Errno.EEXIST) {
            At.Info there = At.stat(parent, into);
            if (there != null && !there.isDirectory()) {
                throw new BuildException(
                        "/"
                                + At.shown(shown)
                                + " in the image is no directory, so that a directory can't be"
                                + " copied there");
            }
        } else {
            At.check("mkdir", shown, made);
        }
        try (Fd directory = At.checked("open", shown, At.strict(parent, into, Dir.O_DIRECTORY));
                Fd original = At.checked("open", shown, At.strict(from, name, Dir.O_DIRECTORY))) {
            attributes(source, info, directory, shown);
            xattrs(original, directory, shown);
        }
    }

    private void copyFile(
            Source source, Fd from, String name, At.Info info, Fd parent, String into, String shown)
            throws IOException {
        String inode = info.links() > 1 ? info.device() + ":" + info.inode() : "";
        String first = inode.isEmpty() ? null : linked.get(inode);
        if (first != null) {
            link(first, parent, into, shown);
            return;
        }
        try (Fd original = Source.read(from, name, shown);
                Fd copy = fresh(parent, into, shown)) {
            At.copy(original, copy, shown);
            attributes(source, info, copy, shown);
            xattrs(original, copy, shown);
            At.touch(copy, "", info.mtime(), info.mtimeNanos());
        }
        if (!inode.isEmpty()) {
            linked.put(inode, shown);
        }
    }

    private void link(String first, Fd parent, String into, String shown) throws IOException {
        try (Fd directory = directory(At.parent(first))) {
            clear(parent, into, shown);
            At.check("link", shown, At.link(directory, At.last(first), parent, into));
        }
    }

    private Fd fresh(Fd parent, String name, String shown) throws IOException {
        clear(parent, name, shown);
        return At.checked("create", shown, At.create(parent, name, 0600));
    }

    /** Takes away what a copy replaces, which must not be a directory. */
    private void clear(Fd parent, String name, String shown) throws IOException {
        // what was linked to it must not be linked to the file that comes instead
        linked.values().remove(shown);
        long result = At.unlink(parent, name);
        if (result == -Errno.EISDIR || result == -Errno.EPERM) {
            throw new BuildException(
                    "/"
                            + At.shown(shown)
                            + " in the image is a directory, so that a file can't be copied there");
        }
        if (result != -Errno.ENOENT) {
            At.check("replace", shown, result);
        }
    }

    private Owner ownerOf(Source source, At.Info info) {
        if (owner != null) {
            return owner;
        }
        return source.context() ? Owner.ROOT : new Owner(info.uid(), info.gid());
    }

    private void ownName(Source source, At.Info info, Fd parent, String name)
            throws ErrnoException {
        Owner whose = ownerOf(source, info);
        At.chown(parent, name, whose.uid, whose.gid);
    }

    /** In this order: a change of owner takes setuid away. */
    private void attributes(Source source, At.Info info, Fd file, String shown)
            throws ErrnoException {
        Owner whose = ownerOf(source, info);
        At.chown(file, "", whose.uid, whose.gid);
        At.chmod(file, chmod.isPresent() ? chmod.getAsInt() : info.permissions(), shown);
    }

    /**
     * Capabilities and a user's own attributes; what overlayfs or a policy keeps there stays out.
     */
    private static void xattrs(Fd from, Fd to, String shown) throws ErrnoException {
        for (String name : At.xattrs(from)) {
            boolean plain = name.startsWith("user.") && !name.startsWith("user.overlay.");
            if (plain || name.equals("security.capability")) {
                At.check(
                        "set " + name + " of", shown, At.setXattr(to, name, Dir.xattr(from, name)));
            }
        }
    }

    @Override
    public void close() {
        to.close();
    }
}
