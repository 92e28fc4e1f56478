package dev.carafe.runtime.cgroup;

import dev.carafe.linux.Errno;
import dev.carafe.linux.ErrnoException;
import dev.carafe.linux.Fd;
import dev.carafe.linux.Memory;
import dev.carafe.linux.Native;
import dev.carafe.linux.Sys;
import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/** The cgroup files of a host: the kernel's, or those that a test makes up. */
interface CgroupFs {
    /** A file's content. */
    String read(String file) throws IOException;

    boolean exists(String path);

    /** Whether this process may write to a file, or make files in a directory. */
    boolean writable(String path);

    /** Whether this process is root in the first user namespace. */
    boolean privileged() throws IOException;

    /** The files of the kernel that this runs on. */
    static CgroupFs kernel() {
        return Kernel.INSTANCE;
    }

    /** The real files, by raw calls: a write keeps its errno, and nothing is buffered. */
    final class Kernel implements CgroupFs {
        static final Kernel INSTANCE = new Kernel();
        private static final int O_RDONLY_CLOEXEC = 0x80000;
        private static final int O_WRONLY_CLOEXEC = 0x80001;
        private static final int AT_REMOVEDIR = 0x200;
        private static final int CHUNK = 16 * 1024;

        private Kernel() {}

        @Override
        public String read(String file) throws IOException {
            byte[] all = new byte[0];
            try (Memory memory = Memory.borrow();
                    Fd fd = open(memory, file, O_RDONLY_CLOEXEC)) {
                long chunk = memory.reserve(CHUNK);
                while (true) {
                    int n = (int) Native.check("read " + file, Sys.READ, fd.number(), chunk, CHUNK);
                    if (n == 0) {
                        return new String(all, StandardCharsets.UTF_8);
                    }
                    int at = all.length;
                    all = java.util.Arrays.copyOf(all, at + n);
                    memory.view(chunk, n).get(all, at, n);
                }
            }
        }

        void write(String why, String file, String text) throws ErrnoException {
            byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
            try (Memory memory = Memory.borrow();
                    Fd fd = open(memory, file, O_WRONLY_CLOEXEC)) {
                Native.check(
                        why + ": write to " + file,
                        Sys.WRITE,
                        fd.number(),
                        memory.bytes(bytes),
                        bytes.length);
            }
        }

        private static Fd open(Memory memory, String file, int flags) throws ErrnoException {
            long path = memory.string(file);
            return new Fd(
                    (int) Native.check("open " + file, Sys.OPENAT, Fd.AT_FDCWD, path, flags, 0));
        }

        /** Makes a group; one that is there already is as good. */
        void mkdir(String dir) throws ErrnoException {
            try (Memory memory = Memory.borrow()) {
                long result = Native.syscall(Sys.MKDIRAT, Fd.AT_FDCWD, memory.string(dir), 0755);
                if (Native.isError(result) && -result != Errno.EEXIST) {
                    throw new ErrnoException("make the cgroup " + dir, (int) -result);
                }
            }
        }

        /** Removes a group; returns 0 or the errno. */
        int rmdir(String dir) {
            try (Memory memory = Memory.borrow()) {
                return (int)
                        -Native.syscall(
                                Sys.UNLINKAT, Fd.AT_FDCWD, memory.string(dir), AT_REMOVEDIR);
            }
        }

        /** The groups in a group, by path. */
        List<String> children(String dir) {
            List<String> children = new ArrayList<>();
            File[] entries = new File(dir).listFiles(File::isDirectory);
            if (entries != null) {
                for (File entry : entries) {
                    children.add(entry.getPath());
                }
            }
            return children;
        }

        @Override
        public boolean exists(String path) {
            return new File(path).exists();
        }

        @Override
        public boolean writable(String path) {
            return new File(path).canWrite();
        }

        @Override
        public boolean privileged() throws IOException {
            // the first user namespace maps all ids to themselves
            return Native.syscall(Sys.GETEUID) == 0
                    && CgroupHost.words(read("/proc/self/uid_map"))
                            .equals(List.of("0", "0", "4294967295"));
        }
    }
}
