package dev.carafe.engine.build;

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
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Layers as one tree: a mount that is nowhere in the host's tree, so that nothing is left of it
 * when this process ends, however it ends (fsopen(2), fsmount(2), Linux 5.2).
 *
 * <p>Nothing is made durable while it is used ({@code volatile}): the store syncs once at the end.
 * Renamed directories and changed modes are copied up whole, since a layer has no word for less.
 */
final class Merged implements AutoCloseable {
    private static final int FSOPEN_CLOEXEC = 1;
    private static final int SET_FLAG = 0;
    private static final int SET_STRING = 1;
    private static final int CMD_CREATE = 6;
    private static final int OPEN_TREE_CLONE = 1;
    private static final int AT_RECURSIVE = 0x8000;
    private static final int MNT_DETACH = 2;
    private static final int MS_RDONLY = 1;
    private static final int ATTR_RDONLY = 1;

    /** fsconfig(2) takes strings of at most 256 bytes with the NUL. */
    private static final int LONGEST = 255;

    /** Kernels before 6.8 have no {@code lowerdir+}; found out once. */
    private static volatile boolean listed = Boolean.getBoolean("carafe.build.lowerdir");

    private final Fd root;

    private Merged(Fd root) {
        this.root = root;
    }

    /**
     * The layers, read only.
     *
     * @param lowers unpacked layers, the uppermost first
     * @param empty an empty directory with another one beside it of the name lower, for overlayfs
     *     wants two
     */
    static Merged readOnly(List<Path> lowers, Path empty) throws ErrnoException {
        List<Path> two = new ArrayList<>(lowers);
        while (two.size() < 2) {
            two.add(two.contains(empty) ? empty.resolveSibling("lower") : empty);
        }
        return mount(two, null, null);
    }

    /** The layers below a directory that takes all changes; {@code work} is on the same disk. */
    static Merged writable(List<Path> lowers, Path upper, Path work) throws ErrnoException {
        return mount(lowers, upper, work);
    }

    private static Merged mount(List<Path> lowers, @Nullable Path upper, @Nullable Path work)
            throws ErrnoException {
        List<Fd> held = new ArrayList<>();
        try {
            if (!listed) {
                Fd mount = attached(lowers, upper, work, held);
                if (mount != null) {
                    return new Merged(mount);
                }
                listed = true;
            }
            return new Merged(byData(lowers, upper, work, held));
        } finally {
            for (Fd fd : held) {
                fd.close();
            }
        }
    }

    /** The new way; null when this kernel takes no layers one by one. */
    private static @Nullable Fd attached(
            List<Path> lowers, @Nullable Path upper, @Nullable Path work, List<Fd> held)
            throws ErrnoException {
        try (Memory memory = Memory.borrow();
                Fd fs =
                        new Fd(
                                (int)
                                        Native.check(
                                                "open an overlay",
                                                Sys.FSOPEN,
                                                memory.string("overlay"),
                                                FSOPEN_CLOEXEC))) {
            for (Path lower : lowers) {
                long result = set(fs, "lowerdir+", name(lower, held));
                if (result == -Errno.EINVAL) {
                    return null;
                }
                checkOption(lower.toString(), result);
            }
            if (upper != null && work != null) {
                checkOption("upperdir", set(fs, "upperdir", name(upper, held)));
                checkOption("workdir", set(fs, "workdir", name(work, held)));
                checkOption("volatile", flag(fs, "volatile"));
            }
            if (isInUserNamespace()) {
                checkOption("userxattr", flag(fs, "userxattr"));
            }
            checkOption("redirect_dir", set(fs, "redirect_dir", "nofollow"));
            checkOption("metacopy", set(fs, "metacopy", "off"));
            checkOption("index", set(fs, "index", "off"));
            Native.check(
                    "mount " + lowers.size() + " layers",
                    Sys.FSCONFIG,
                    fs.number(),
                    CMD_CREATE,
                    0,
                    0,
                    0);
            int attributes = upper == null ? ATTR_RDONLY : 0;
            return new Fd(
                    (int)
                            Native.check(
                                    "mount layers",
                                    Sys.FSMOUNT,
                                    fs.number(),
                                    FSOPEN_CLOEXEC,
                                    attributes));
        }
    }

    /** Where trusted attributes are out of reach, overlayfs keeps its marks in those of users. */
    private static boolean isInUserNamespace() {
        try {
            return !Files.readString(Path.of("/proc/self/uid_map")).strip().endsWith(" 4294967295");
        } catch (IOException e) {
            return false;
        }
    }

    private static void checkOption(String option, long result) throws ErrnoException {
        if (Native.isError(result)) {
            throw new ErrnoException("mount layers: " + option, (int) -result);
        }
    }

    private static long set(Fd fs, String key, String value) {
        try (Memory memory = Memory.borrow()) {
            long k = memory.string(key);
            return Native.syscall(
                    Sys.FSCONFIG, fs.number(), SET_STRING, k, memory.string(value), 0);
        }
    }

    private static long flag(Fd fs, String key) {
        try (Memory memory = Memory.borrow()) {
            return Native.syscall(Sys.FSCONFIG, fs.number(), SET_FLAG, memory.string(key), 0, 0);
        }
    }

    /** A directory's path, or a short name for it while it is held open. */
    private static String name(Path directory, List<Fd> held) throws ErrnoException {
        String path = directory.toString();
        return path.length() <= LONGEST ? path : byDescriptor(directory, held);
    }

    private static String byDescriptor(Path directory, List<Fd> held) throws ErrnoException {
        Fd fd = Dir.open(directory);
        held.add(fd);
        return "/proc/self/fd/" + fd.number();
    }

    /**
     * The old way: mounted on a directory of ours, taken from there, and unmounted. Short names
     * keep the data within its page.
     */
    private static Fd byData(
            List<Path> lowers, @Nullable Path upper, @Nullable Path work, List<Fd> held)
            throws ErrnoException {
        StringBuilder data = new StringBuilder();
        String separator = "lowerdir=";
        for (Path lower : lowers) {
            data.append(separator).append(byDescriptor(lower, held));
            separator = ":";
        }
        if (upper != null && work != null) {
            data.append(",upperdir=").append(byDescriptor(upper, held));
            data.append(",workdir=").append(byDescriptor(work, held));
            data.append(",volatile");
        }
        data.append(",redirect_dir=nofollow,metacopy=off,index=off");
        if (isInUserNamespace()) {
            data.append(",userxattr");
        }
        Path at = work != null ? work : lowers.get(lowers.size() - 1);
        try (Memory memory = Memory.borrow()) {
            long target = memory.string(byDescriptor(at, held));
            Native.check(
                    "mount " + lowers.size() + " layers",
                    Sys.MOUNT,
                    memory.string("overlay"),
                    target,
                    memory.string("overlay"),
                    upper == null ? MS_RDONLY : 0,
                    memory.string(data.toString()));
            long path = memory.string(at.toString());
            long tree =
                    Native.syscall(
                            Sys.OPEN_TREE,
                            Fd.AT_FDCWD,
                            path,
                            OPEN_TREE_CLONE | Dir.O_CLOEXEC | AT_RECURSIVE);
            Native.check("unmount layers", Sys.UMOUNT2, path, MNT_DETACH);
            return At.checked("take the mount of", at.toString(), tree);
        }
    }

    /** The tree's root. */
    Fd root() {
        return root;
    }

    @Override
    public void close() {
        root.close();
    }
}
