package dev.carafe.engine.build;

import dev.carafe.engine.dockerfile.Mount;
import dev.carafe.engine.image.Dir;
import dev.carafe.linux.ErrnoException;
import dev.carafe.linux.Fd;
import dev.carafe.linux.Memory;
import dev.carafe.linux.Native;
import dev.carafe.linux.Sys;

/** Mounts that are nowhere yet: a container's start puts them into the container's tree. */
final class Detached {
    private static final int OPEN_TREE_CLONE = 1;
    private static final int FSOPEN_CLOEXEC = 1;
    private static final int SET_STRING = 1;
    private static final int CMD_CREATE = 6;
    private static final int ATTR_RDONLY = 1;
    private static final int ATTR_NOSUID = 2;
    private static final int ATTR_NODEV = 4;
    private static final long PRIVATE = 1L << 18;

    private Detached() {}

    /**
     * A bind mount of an open file or directory (open_tree(2)), without what is mounted below it.
     *
     * @param file of a mount in this process's tree, held by descriptor so that nobody can put
     *     another file in its place
     */
    static Fd bind(Fd file, boolean readOnly, String shown) throws ErrnoException {
        try (Memory memory = Memory.borrow()) {
            Fd tree =
                    new Fd(
                            (int)
                                    Native.check(
                                            "bind " + shown,
                                            Sys.OPEN_TREE,
                                            file.number(),
                                            memory.string(""),
                                            OPEN_TREE_CLONE | Dir.O_CLOEXEC | Dir.AT_EMPTY_PATH));
            try {
                attributes(memory, tree, readOnly ? ATTR_RDONLY : 0, shown);
                return tree;
            } catch (ErrnoException e) {
                tree.close();
                throw e;
            }
        }
    }

    private static void attributes(Memory memory, Fd tree, long set, String shown)
            throws ErrnoException {
        long attr = memory.reserve(32);
        memory.view(attr, 32).putLong(0, set | ATTR_NODEV).putLong(16, PRIVATE);
        Native.check(
                "bind " + shown,
                Sys.MOUNT_SETATTR,
                tree.number(),
                memory.string(""),
                Dir.AT_EMPTY_PATH,
                attr,
                32);
    }

    /** A tmpfs; a size of 0 is the kernel's usual one. */
    static Fd tmpfs(long size, boolean readOnly) throws ErrnoException {
        try (Memory memory = Memory.borrow();
                Fd fs =
                        new Fd(
                                (int)
                                        Native.check(
                                                "open a tmpfs",
                                                Sys.FSOPEN,
                                                memory.string("tmpfs"),
                                                FSOPEN_CLOEXEC))) {
            option(memory, fs, "source", "tmpfs");
            option(memory, fs, "mode", "1777");
            if (size > 0) {
                option(memory, fs, "size", Long.toString(size));
            }
            Native.check("make a tmpfs", Sys.FSCONFIG, fs.number(), CMD_CREATE, 0, 0, 0);
            int attributes = ATTR_NOSUID | ATTR_NODEV | (readOnly ? ATTR_RDONLY : 0);
            return new Fd(
                    (int)
                            Native.check(
                                    "mount a tmpfs",
                                    Sys.FSMOUNT,
                                    fs.number(),
                                    FSOPEN_CLOEXEC,
                                    attributes));
        }
    }

    private static void option(Memory memory, Fd fs, String key, String value)
            throws ErrnoException {
        Native.check(
                "set a tmpfs's " + key,
                Sys.FSCONFIG,
                fs.number(),
                SET_STRING,
                memory.string(key),
                memory.string(value),
                0);
    }

    /**
     * A mount of a new file. Its name may go once it is mounted, not before (move_mount(2) takes no
     * file without a name).
     *
     * @param directory of a tmpfs when the content must not reach a disk
     * @param name what must not be there yet
     */
    static Fd file(Fd directory, String name, byte[] content, Mount.Owner owner, String shown)
            throws ErrnoException {
        try (Fd file = At.checked("make a file for", shown, At.create(directory, name, 0600))) {
            At.write(file, content, shown);
            At.chown(file, "", (int) owner.uid(), (int) owner.gid());
            At.chmod(file, owner.mode(), shown);
        }
        try (Fd file = At.checked("open", shown, At.strict(directory, name, Dir.O_PATH))) {
            return bind(file, true, shown);
        }
    }

    /** Where secrets may lie: never on a disk. */
    static String memoryDirectory() throws BuildException {
        for (String directory : new String[] {"/dev/shm", "/run"}) {
            if (isTmpfs(directory)) {
                return directory;
            }
        }
        throw new BuildException(
                "secrets need a tmpfs at /dev/shm or /run to lie in, so that they never reach a"
                        + " disk; mount one");
    }

    private static boolean isTmpfs(String directory) {
        try (Memory memory = Memory.borrow()) {
            long buffer = memory.reserve(120);
            long result = Native.syscall(Sys.STATFS, memory.string(directory), buffer);
            return result == 0 && memory.view(buffer, 8).getLong(0) == 0x01021994;
        }
    }
}
