package dev.carafe.bench;

import dev.carafe.engine.image.DirectoryTree;
import dev.carafe.linux.Memory;
import dev.carafe.linux.Native;
import dev.carafe.linux.Sys;
import dev.carafe.runtime.cgroup.CgroupHost;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/**
 * A directory under /var/tmp for one run, with a root file system in it, and a name for cgroups of
 * its own. Closing it removes all of these.
 */
final class Workspace implements AutoCloseable {
    private static final int AT_REMOVEDIR = 0x200;
    private static final int AT_FDCWD = -100;

    private final Path directory;
    private final String cgroup;

    private Workspace(Path directory) {
        this.directory = directory;
        this.cgroup = "/carafe-bench-" + ProcessHandle.current().pid();
    }

    /** Unpacks the tar into a new workspace. */
    static Workspace of(Path rootfs) throws IOException {
        if (!Files.isReadable(rootfs)) {
            throw new IOException(
                    "no root file system at "
                            + rootfs
                            + "; make it with it/images, or name one with --rootfs TAR");
        }
        Workspace workspace =
                new Workspace(Files.createTempDirectory(Path.of("/var/tmp"), "carafe-bench"));
        Files.createFile(workspace.log());
        Files.createDirectory(workspace.root());
        Files.createDirectory(workspace.file("mnt"));
        int status =
                new Spawn(
                                List.of(
                                        Spawn.which("tar"),
                                        "-C",
                                        workspace.root().toString(),
                                        "-xf",
                                        rootfs.toString()),
                                Map.of(),
                                workspace.log(),
                                Path.of(""))
                        .run();
        if (status != 0) {
            workspace.close();
            throw new IOException("tar -xf " + rootfs + ": exit code " + status);
        }
        return workspace;
    }

    Path file(String name) {
        return directory.resolve(name);
    }

    /** The root file system. */
    Path root() {
        return directory.resolve("rootfs");
    }

    /** What peers write. */
    Path log() {
        return directory.resolve("log");
    }

    /** The last line of what peers wrote. */
    String lastWords() throws IOException {
        List<String> lines = Files.readAllLines(log());
        return lines.isEmpty() ? "" : lines.getLast();
    }

    /** The parent of every cgroup that this run makes. */
    String cgroup() {
        return cgroup;
    }

    /** A process whose output goes to the log. */
    Spawn spawn(List<String> argv) {
        return new Spawn(argv, environment(), log(), Path.of(""));
    }

    private static Map<String, String> environment() {
        return Map.of(
                "PATH",
                "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
                "HOME",
                System.getProperty("user.home"));
    }

    @Override
    public void close() throws IOException {
        try (Memory memory = Memory.borrow();
                Stream<Path> trees = Files.list(Path.of("/sys/fs/cgroup"))) {
            for (Path tree : trees.toList()) {
                String dir = tree + cgroup;
                if (Files.isDirectory(Path.of(dir))) {
                    Native.syscall(Sys.UNLINKAT, AT_FDCWD, memory.string(dir), AT_REMOVEDIR);
                }
            }
        }
        DirectoryTree.delete(directory);
    }

    /** The host's cgroups as this process sees them. */
    static CgroupHost cgroups() throws IOException {
        return CgroupHost.detect();
    }
}
