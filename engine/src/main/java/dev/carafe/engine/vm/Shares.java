package dev.carafe.engine.vm;

import dev.carafe.engine.image.Dir;
import dev.carafe.linux.ErrnoException;
import dev.carafe.linux.Fd;
import dev.carafe.linux.LocalSocket;
import dev.carafe.linux.Memory;
import dev.carafe.linux.Native;
import dev.carafe.linux.Sys;
import dev.carafe.runtime.StartException;
import dev.carafe.runtime.cgroup.Cgroup;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/**
 * Files and directories of the host that one machine sees, over virtio-fs. One virtiofsd serves
 * them all: the n-th is at /n of the tree that the guest mounts.
 *
 * <p>It runs behind the container wall. A read-only share is a read-only mount there, so whatever a
 * guest sends, the host's kernel writes nothing. The daemon ends with the machine's connection.
 */
public final class Shares implements AutoCloseable {
    /** The tag of the file system, for {@code mount -t virtiofs TAG DIRECTORY} in the guest. */
    public static final String TAG = "share";

    /** Where the guest is to mount it. */
    public static final String MOUNT_POINT = "/share";

    private static final String TREE = "/run/share";
    private static final String SOCKET = "share.sock";
    private static final String LOG = "share.log";
    private static final int LISTENER = 0;
    private static final int RLIMIT_NOFILE = 7;

    /**
     * A file or directory, with what is mounted below it.
     *
     * @param source absolute, on the host
     */
    public record Share(Path source, boolean readOnly) {}

    private final Path socket;
    private final Running process;

    private Shares(Path socket, Running process) {
        this.socket = socket;
        this.process = process;
    }

    /**
     * Starts serving.
     *
     * @param directory where the socket goes, and beside it the log: the daemon sees neither
     * @param shares one at least
     * @param user whom the socket is for, {@link Program#user} of the machine's QEMU
     * @param cgroup the group that the daemon joins
     * @throws StartException when there is no virtiofsd, when a source is missing, or when it can't
     *     be started; nothing is left then
     */
    public static Shares start(
            Confined confined,
            List<Share> shares,
            Path directory,
            long user,
            Optional<Cgroup> cgroup)
            throws StartException {
        Path socket = directory.resolve(SOCKET);
        try (Fd listener = LocalSocket.listen(socket)) {
            if (!confined.ids().mapped()) {
                give(socket, user);
            }
            Program program = program(confined, shares, directory).input(listener);
            cgroup.ifPresent(program::cgroup);
            return new Shares(socket, confined.start(program));
        } catch (StartException e) {
            remove(socket);
            throw e;
        } catch (IOException e) {
            remove(socket);
            throw new StartException(
                    StartException.Kind.FAILED, "shared directories: " + e.getMessage(), e);
        }
    }

    /** What {@link #start} would do; for {@link Confined#explain}. */
    public static Program program(Confined confined, List<Share> shares, Path directory)
            throws StartException {
        if (shares.isEmpty()) {
            throw new IllegalArgumentException("nothing is shared");
        }
        Virtiofsd daemon = Virtiofsd.find(Path.of("/"));
        Program program =
                Program.of(daemon.command(LISTENER, TREE), directory.resolveSibling(LOG))
                        .root(Virtiofsd.CAPABILITIES)
                        .settings() // neither kind starts without /proc/sys/fs
                        .filter(Virtiofsd.filter(Native.arch(), confined.ids().areOne()))
                        .limit("RLIMIT_NOFILE", openFiles());
        for (int i = 0; i < shares.size(); i++) {
            Share share = shares.get(i);
            if (!Files.exists(share.source())) {
                throw new StartException(
                        StartException.Kind.FAILED,
                        "volume " + share.source() + ": no such file or directory on the host");
            }
            program.serves(share.source(), TREE + "/" + i, share.readOnly());
        }
        return program;
    }

    /** As many as this process may have: the daemon holds one for each file that a guest knows. */
    private static long openFiles() {
        try (Memory memory = Memory.borrow()) {
            long limit = memory.reserve(16);
            long result = Native.syscall(Sys.PRLIMIT64, 0, RLIMIT_NOFILE, 0, limit);
            return Native.isError(result) ? 1024 : memory.view(limit, 16).getLong(8);
        }
    }

    /** The socket of the host on which QEMU finds the daemon (vhost-user). */
    public Path socket() {
        return socket;
    }

    /** Where the n-th share is in the guest, once the tree is mounted. */
    public static String guestPath(int n) {
        return MOUNT_POINT + "/" + n;
    }

    /** The daemon. */
    public Running process() {
        return process;
    }

    private static void give(Path path, long user) throws ErrnoException {
        try (Memory memory = Memory.borrow()) {
            Native.check(
                    "give " + path + " to the machine",
                    Sys.FCHOWNAT,
                    Fd.AT_FDCWD,
                    memory.string(path.toString()),
                    user,
                    user,
                    Dir.AT_SYMLINK_NOFOLLOW);
        }
    }

    private static void remove(Path socket) {
        try {
            Files.deleteIfExists(socket);
        } catch (IOException e) {
            // it stays in the machine's directory and goes with that
        }
    }

    /** Ends the daemon, and removes the socket. */
    @Override
    public void close() {
        process.close();
        remove(socket);
    }
}
