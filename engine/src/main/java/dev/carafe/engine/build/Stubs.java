package dev.carafe.engine.build;

import dev.carafe.engine.image.Dir;
import dev.carafe.linux.Errno;
import dev.carafe.linux.Fd;
import dev.carafe.linux.Native;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Mount points for a RUN that its image lacks. They lie in a read-only layer of their own between
 * the image and the step's changes, so that none of them can end in the step's layer and nothing
 * has to be deleted by name afterwards, where a link of the container's could lead elsewhere
 * (CVE-2024-23652).
 */
final class Stubs {
    /** What every container gets mounted. */
    private static final List<Target> USUAL =
            List.of(
                    new Target("proc", true),
                    new Target("sys", true),
                    new Target("dev", true),
                    new Target("etc/resolv.conf", false),
                    new Target("etc/hosts", false),
                    new Target("etc/hostname", false));

    /** A mount point: a path from the root, and whether a directory is mounted there. */
    record Target(String path, boolean directory) {}

    private final Fd image;
    private final Path directory;
    private @Nullable Fd stubs;

    private Stubs(Fd image, Path directory) {
        this.image = image;
        this.directory = directory;
    }

    /**
     * Makes what is missing.
     *
     * @param image the root of the layers below
     * @param directory an empty directory for the stubs
     * @return whether anything was
     */
    static boolean make(Fd image, Path directory, List<Target> targets) throws IOException {
        Stubs all = new Stubs(image, directory);
        try {
            for (Target target : USUAL) {
                all.add(target);
            }
            for (Target target : targets) {
                all.add(target);
            }
            return all.stubs != null;
        } finally {
            if (all.stubs != null) {
                all.stubs.close();
            }
        }
    }

    private void add(Target target) throws IOException {
        String path = Links.follow(image, target.path());
        if (path.isEmpty()) {
            throw new BuildException("nothing can be mounted on the root directory");
        }
        if (path.startsWith("proc/") || path.startsWith("sys/") || path.startsWith("dev/")) {
            return; // in a file system that the start mounts
        }
        long fd = At.strict(image, path, Dir.O_PATH);
        if (!Native.isError(fd)) {
            new Fd((int) fd).close();
            return;
        }
        if (fd == -Errno.ENOTDIR) {
            throw new BuildException(
                    "/" + At.shown(path) + ": a file of the image is where a directory is needed");
        }
        if (fd != -Errno.ENOENT) {
            At.check("open", path, fd);
        }
        try (Fd parent = parent(At.parent(path))) {
            String name = At.last(path);
            long made =
                    target.directory()
                            ? At.mkdir(parent, name, 0755)
                            : At.mknod(parent, name, At.S_IFREG | 0644, 0, 0);
            if (made != -Errno.EEXIST) {
                At.check("make the mount point", path, made);
                At.chmod(parent, name, target.directory() ? 0755 : 0644);
            }
        }
    }

    /** The stub of a directory: as it is in the image, for the image's own is hidden below it. */
    private Fd parent(String path) throws IOException {
        if (path.isEmpty()) {
            return copyOfRoot();
        }
        try (Fd above = parent(At.parent(path))) {
            String name = At.last(path);
            long made = At.mkdir(above, name, 0755);
            Fd directory = At.checked("open", path, At.strict(above, name, Dir.O_DIRECTORY));
            if (made == -Errno.EEXIST) {
                return directory;
            }
            At.check("mkdir", path, made);
            long original = At.strict(image, path, Dir.O_DIRECTORY);
            if (Native.isError(original)) {
                At.chmod(directory, 0755, path);
            } else {
                try (Fd like = new Fd((int) original)) {
                    imitate(like, directory, path);
                }
            }
            return directory;
        }
    }

    private Fd copyOfRoot() throws IOException {
        Fd root = stubs;
        if (root == null) {
            root = Dir.open(directory);
            stubs = root;
            imitate(image, root, "");
        }
        return At.checked("open", "", At.strict(root, "", Dir.O_DIRECTORY));
    }

    private static void imitate(Fd like, Fd directory, String path) throws IOException {
        At.Info info = At.stat(like);
        At.chown(directory, "", info.uid(), info.gid());
        At.chmod(directory, info.permissions(), path);
        for (String name : At.xattrs(like)) {
            if (!name.startsWith("trusted.overlay.") && !name.startsWith("user.overlay.")) {
                At.setXattr(directory, name, Dir.xattr(like, name));
            }
        }
        At.touch(directory, "", info.mtime(), info.mtimeNanos());
    }
}
