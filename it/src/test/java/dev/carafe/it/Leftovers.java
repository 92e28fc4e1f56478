package dev.carafe.it;

import static org.junit.jupiter.api.Assertions.fail;

import java.io.IOException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * What a container could leave on the host: mounts, cgroups, processes, network links, and entries
 * of the directories where state lives. One taken before a test is compared with one taken after
 * it.
 */
record Leftovers(Set<String> things) {
    /**
     * The kernel's tear-down of a namespace goes on for a moment after its last process has been
     * reaped.
     */
    private static final long SETTLE_MILLIS = 3_000;

    static Leftovers now(Path root) throws IOException {
        var things = new TreeSet<String>();
        mounts(things);
        cgroups(things);
        processes(root, things);
        names(things, "link", Path.of("/sys/class/net"));
        names(things, "state", Path.of("/run/carafe"));
        names(things, "state", Path.of("/var/lib/carafe/containers"));
        names(things, "container", root.resolve("containers"));
        return new Leftovers(things);
    }

    /** Fails when there is more than there was, and goes on being so. */
    void check(Path root) throws IOException, InterruptedException {
        long end = System.nanoTime() + SETTLE_MILLIS * 1_000_000;
        Set<String> left = new TreeSet<>(now(root).things());
        left.removeAll(things);
        while (true) {
            // what another engine on this host has for a moment is not what stays
            left.retainAll(now(root).things());
            if (left.isEmpty()) {
                return;
            }
            if (System.nanoTime() > end) {
                fail("left behind:\n  " + String.join("\n  ", left));
            }
            Thread.sleep(20);
        }
    }

    private static void mounts(Set<String> things) throws IOException {
        for (String line : Files.readAllLines(Path.of("/proc/self/mountinfo"))) {
            if (line.contains("carafe")) {
                // from the third field on: the ids differ from one reading to the next
                things.add("mount " + line.split(" ", 4)[3]);
            }
        }
    }

    /** Groups below carafe's own; that one stays, as the parent of the next. */
    private static void cgroups(Set<String> things) throws IOException {
        var visitor =
                new SimpleFileVisitor<Path>() {
                    @Override
                    public FileVisitResult preVisitDirectory(Path dir, BasicFileAttributes a) {
                        if (dir.toString().contains("/carafe/")) {
                            things.add("cgroup " + dir);
                        }
                        return FileVisitResult.CONTINUE;
                    }

                    @Override
                    public FileVisitResult visitFileFailed(Path file, IOException e) {
                        return FileVisitResult.CONTINUE; // removed by another process meanwhile
                    }

                    @Override
                    public FileVisitResult postVisitDirectory(Path dir, @Nullable IOException e) {
                        return FileVisitResult.CONTINUE;
                    }
                };
        Files.walkFileTree(Path.of("/sys/fs/cgroup"), Set.of(), 8, visitor);
    }

    /**
     * Processes in a PID namespace that is not ours which see this root's files in their mounts, as
     * far as this user may see.
     */
    private static void processes(Path root, Set<String> things) throws IOException {
        Path self = Path.of("/proc/self/ns");
        Path pid = Files.readSymbolicLink(self.resolve("pid"));
        try (Stream<Path> all = Files.list(Path.of("/proc"))) {
            for (Path process : (Iterable<Path>) all::iterator) {
                if (!Character.isDigit(process.getFileName().toString().charAt(0))) {
                    continue;
                }
                try {
                    if (!Files.readSymbolicLink(process.resolve("ns/pid")).equals(pid)
                            && Files.readString(process.resolve("mountinfo"))
                                    .contains(root.toString())) {
                        things.add(
                                "process "
                                        + process.getFileName()
                                        + " "
                                        + Files.readString(process.resolve("cmdline"))
                                                .replace('\0', ' '));
                    }
                } catch (IOException e) {
                    // it ended, or belongs to someone else
                }
            }
        }
    }

    private static void names(Set<String> things, String kind, Path directory) throws IOException {
        if (!Files.isReadable(directory)) {
            return;
        }
        try (Stream<Path> entries = Files.list(directory)) {
            entries.forEach(p -> things.add(kind + " " + p));
        }
    }
}
