package dev.carafe.engine.jar;

import java.io.IOException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** Makes a tree look the same wherever it was made: one time, and modes that no umask cut. */
final class FileTimes {
    private static final Set<PosixFilePermission> PLAIN =
            PosixFilePermissions.fromString("rw-r--r--");
    private static final Set<PosixFilePermission> EXECUTABLE =
            PosixFilePermissions.fromString("rwxr-xr-x");

    private FileTimes() {}

    /**
     * Sets the times, and modes to 0755 or 0644.
     *
     * @param epoch seconds since 1970
     */
    static void set(Path tree, long epoch) throws IOException {
        Files.walkFileTree(tree, new Visitor(FileTime.from(epoch, TimeUnit.SECONDS)));
    }

    private static final class Visitor extends SimpleFileVisitor<Path> {
        private final FileTime time;

        Visitor(FileTime time) {
            this.time = time;
        }

        @Override
        public FileVisitResult visitFile(Path file, BasicFileAttributes attributes)
                throws IOException {
            // the time of a link, which java.nio can't set, is clamped when the layer is written
            if (attributes.isRegularFile()) {
                boolean executable =
                        Files.getPosixFilePermissions(file)
                                .contains(PosixFilePermission.OWNER_EXECUTE);
                Files.setPosixFilePermissions(file, executable ? EXECUTABLE : PLAIN);
                Files.setLastModifiedTime(file, time);
            }
            return FileVisitResult.CONTINUE;
        }

        @Override
        public FileVisitResult postVisitDirectory(Path directory, @Nullable IOException e)
                throws IOException {
            if (e != null) {
                throw e;
            }
            Files.setPosixFilePermissions(directory, EXECUTABLE);
            Files.setLastModifiedTime(directory, time);
            return FileVisitResult.CONTINUE;
        }
    }
}
