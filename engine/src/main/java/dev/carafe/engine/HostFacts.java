package dev.carafe.engine;

import dev.carafe.linux.ErrnoException;
import dev.carafe.linux.Fd;
import dev.carafe.linux.Memory;
import dev.carafe.linux.Native;
import dev.carafe.linux.Sys;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;

/** What a container's configuration takes over from the host. */
final class HostFacts {
    private static final int RLIMIT_NOFILE = 7;
    private static final int S_IFMT = 0xF000;
    private static final int S_IFBLK = 0x6000;
    private static final int S_IFCHR = 0x2000;

    private HostFacts() {}

    /** A device node of the host. */
    record Node(String type, long major, long minor, int mode, long uid, long gid) {}

    /** The hard limit of open files. */
    static long openFiles() {
        try (Memory memory = Memory.borrow()) {
            long limit = memory.reserve(16);
            Native.check("read the limit of open files", Sys.PRLIMIT64, 0, RLIMIT_NOFILE, 0, limit);
            return memory.view(limit, 16).getLong(8);
        } catch (ErrnoException e) {
            return 0;
        }
    }

    static String hostname() {
        return text(Path.of("/proc/sys/kernel/hostname")).trim();
    }

    /** A text file's content; empty when it can't be read. */
    static String text(Path file) {
        try {
            return Files.readString(file);
        } catch (IOException e) {
            return "";
        }
    }

    static Node node(String path) {
        try (Memory memory = Memory.borrow()) {
            long buffer = memory.reserve(256);
            Native.check(
                    "device " + path,
                    Sys.STATX,
                    Fd.AT_FDCWD,
                    memory.string(path),
                    0,
                    0x7FF,
                    buffer);
            ByteBuffer stat = memory.view(buffer, 256);
            int mode = stat.getShort(28) & 0xFFFF;
            int type = mode & S_IFMT;
            if (type != S_IFBLK && type != S_IFCHR) {
                throw new EngineException(
                        EngineException.Code.INVALID, "device " + path + ": not a device node");
            }
            return new Node(
                    type == S_IFBLK ? "b" : "c",
                    stat.getInt(128),
                    stat.getInt(132),
                    mode & 0xFFF,
                    stat.getInt(20) & 0xFFFFFFFFL,
                    stat.getInt(24) & 0xFFFFFFFFL);
        } catch (ErrnoException e) {
            throw new EngineException(
                    EngineException.Code.INVALID, String.valueOf(e.getMessage()), e);
        }
    }
}
