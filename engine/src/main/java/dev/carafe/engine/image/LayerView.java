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
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Unpacked layers read as overlayfs would show them, without mounting: whiteouts and opaque
 * directories hide, symbolic links resolve inside the image. Only regular files are opened, and
 * never for long: an image may have put a FIFO or a device in the place of /etc/passwd.
 *
 * @param layers the layers' directories, top first
 */
public record LayerView(List<Path> layers) {
    private static final int MAX_LINKS = 40;
    private static final int MAX_FILE = 8 << 20;

    public LayerView {
        layers = List.copyOf(layers);
    }

    /** A file found: the layer that has it, and its path there, free of links. */
    record Found(Fd layer, String path, Stat stat) {
        /** Opens it for reading; O_NONBLOCK since, whatever it is by now, opening must not wait. */
        Fd open() throws ErrnoException {
            int flags = Dir.O_NOFOLLOW | Dir.O_NONBLOCK;
            long fd =
                    Dir.openat2(layer, path, flags, Dir.RESOLVE_BENEATH | Dir.RESOLVE_NO_SYMLINKS);
            return new Fd((int) Tree.check("open", path, fd));
        }
    }

    /**
     * Reads a regular file of at most 8 MiB.
     *
     * @param path relative to the image's root; a leading slash is allowed
     * @return its bytes, or null when the image has no such file
     * @throws ImageException when it is not a regular file, too large, or can't be read
     */
    public byte @Nullable [] readFile(String path) throws ImageException {
        try (Layers open = new Layers(layers)) {
            Found found = open.find(bytes(path));
            return found == null ? null : read(found, path);
        } catch (ErrnoException e) {
            throw new ImageException("read /" + path + " of the image: " + e.getMessage(), e);
        }
    }

    /**
     * Finds who {@code spec} is: {@code user}, {@code user:group}, each a name or a number.
     *
     * @throws ImageException when there is no such user or group, or its number is out of range
     */
    public ImageUser resolveUser(String spec) throws ImageException {
        byte[] passwd = readFile("etc/passwd");
        byte[] group = readFile("etc/group");
        return new Users(passwd == null ? new byte[0] : passwd, group == null ? new byte[0] : group)
                .find(spec);
    }

    private static byte[] read(Found found, String path) throws ErrnoException, ImageException {
        if (!found.stat().isRegular()) {
            throw new ImageException("/" + path + " of the image is not a regular file");
        }
        try (Fd file = found.open()) {
            Stat stat = Dir.stat(file, "");
            if (stat == null || !stat.isRegular() || stat.size() > MAX_FILE) {
                throw new ImageException(
                        "/" + path + " of the image is not a regular file of at most 8 MiB");
            }
            return readAll(file, (int) stat.size());
        }
    }

    private static byte[] readAll(Fd file, int size) throws ErrnoException {
        byte[] bytes = new byte[size];
        int have = 0;
        try (Memory memory = Memory.borrow()) {
            int piece = 32 * 1024;
            long buffer = memory.reserve(piece);
            ByteBuffer view = memory.view(buffer, piece);
            while (have < size) {
                int want = Math.min(piece, size - have);
                int n = (int) Native.check("read", Sys.READ, file.number(), buffer, want);
                if (n == 0) {
                    return java.util.Arrays.copyOf(bytes, have);
                }
                view.get(0, bytes, have, n);
                have += n;
            }
        }
        return bytes;
    }

    private static String bytes(String text) {
        return new String(text.getBytes(StandardCharsets.UTF_8), StandardCharsets.ISO_8859_1);
    }

    /** The layers' open directories, top first. */
    static final class Layers implements AutoCloseable {
        private final List<Fd> roots = new ArrayList<>();

        Layers(List<Path> layers) throws ErrnoException {
            try {
                for (Path layer : layers) {
                    roots.add(Dir.open(layer));
                }
            } catch (ErrnoException e) {
                close();
                throw e;
            }
        }

        /** Resolves a path through the layers and their links; null when nothing is there. */
        @Nullable Found find(String path) throws ErrnoException {
            Deque<String> todo = new ArrayDeque<>();
            push(todo, path);
            String at = "";
            int links = 0;
            Found found = null;
            while (!todo.isEmpty()) {
                String name = todo.pop();
                if (name.equals("..")) {
                    at = at.substring(0, Math.max(0, at.lastIndexOf('/')));
                    found = null;
                    continue;
                }
                String next = at.isEmpty() ? name : at + "/" + name;
                found = lookup(next);
                if (found == null) {
                    return null;
                }
                if (!found.stat().isSymlink()) {
                    at = next;
                    continue;
                }
                if (++links > MAX_LINKS) {
                    throw new ErrnoException("resolve", Errno.ELOOP);
                }
                String target = target(found);
                if (target.startsWith("/")) {
                    at = "";
                }
                push(todo, target);
            }
            return found;
        }

        private static void push(Deque<String> todo, String path) {
            int end = path.length();
            while (end > 0) {
                int slash = path.lastIndexOf('/', end - 1);
                String name = path.substring(slash + 1, end);
                if (!name.isEmpty() && !name.equals(".")) {
                    todo.push(name);
                }
                end = slash;
            }
        }

        private static String target(Found link) throws ErrnoException {
            int flags = Dir.O_PATH | Dir.O_NOFOLLOW;
            long fd = Dir.openat2(link.layer(), link.path(), flags, Dir.RESOLVE_BENEATH);
            if (Native.isError(fd)) {
                throw new ErrnoException("open a link", (int) -fd);
            }
            try (Fd file = new Fd((int) fd)) {
                return Dir.readlink(file, "");
            }
        }

        /** Finds a path whose parents are all directories of the merged tree. */
        @Nullable Found lookup(String path) throws ErrnoException {
            for (Fd layer : roots) {
                int flags = Dir.O_PATH | Dir.O_NOFOLLOW;
                long fd =
                        Dir.openat2(
                                layer, path, flags, Dir.RESOLVE_BENEATH | Dir.RESOLVE_NO_SYMLINKS);
                if (fd == -Errno.ENOTDIR || fd == -Errno.ELOOP) {
                    // a parent is a file, a whiteout or a link here, under a directory of an upper
                    // layer
                    return null;
                }
                if (!Native.isError(fd)) {
                    try (Fd file = new Fd((int) fd)) {
                        Stat stat = Dir.stat(file, "");
                        return stat == null || stat.isWhiteout()
                                ? null
                                : new Found(layer, path, stat);
                    }
                }
                if (fd != -Errno.ENOENT) {
                    throw new ErrnoException("open", (int) -fd);
                }
                if (hidesBelow(layer, path)) {
                    return null;
                }
            }
            return null;
        }

        /** Whether this layer has an opaque directory or a non-directory on the way. */
        private static boolean hidesBelow(Fd layer, String path) throws ErrnoException {
            int slash = path.indexOf('/');
            for (; slash >= 0; slash = path.indexOf('/', slash + 1)) {
                int flags = Dir.O_DIRECTORY | Dir.O_NOFOLLOW;
                String parent = path.substring(0, slash);
                long fd =
                        Dir.openat2(
                                layer,
                                parent,
                                flags,
                                Dir.RESOLVE_BENEATH | Dir.RESOLVE_NO_SYMLINKS);
                if (fd == -Errno.ENOENT) {
                    return false;
                }
                if (Native.isError(fd)) {
                    return fd != -Errno.EACCES;
                }
                try (Fd directory = new Fd((int) fd)) {
                    if (Dir.xattr(directory, "trusted.overlay.opaque").equals("y")
                            || Dir.xattr(directory, "user.overlay.opaque").equals("y")) {
                        return true;
                    }
                }
            }
            return false;
        }

        @Override
        public void close() {
            for (Fd root : roots) {
                root.close();
            }
        }
    }
}
