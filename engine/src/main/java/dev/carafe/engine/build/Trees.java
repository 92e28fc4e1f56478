package dev.carafe.engine.build;

import dev.carafe.engine.image.Dir;
import dev.carafe.linux.Errno;
import dev.carafe.linux.Fd;
import dev.carafe.linux.Native;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A directory or file of a stack of layers, for a mount of it alone. */
final class Trees {
    private Trees() {}

    /**
     * The layers' own directories of that path, from the uppermost down to the last one that shows:
     * what an overlay of the directory is made of.
     *
     * @param lowers unpacked layers, the uppermost first
     * @param path free of links
     * @param held takes the open directories, whose names are good while they are open: a layer's
     *     own names need not be text
     */
    static List<Path> directories(List<Path> lowers, String path, List<AutoCloseable> held)
            throws IOException {
        List<Path> found = new ArrayList<>();
        for (Path layer : lowers) {
            try (Fd root = Dir.open(layer)) {
                Hidden hidden = look(root, path);
                if (hidden == Hidden.HERE || hidden == Hidden.HERE_ALONE) {
                    Fd directory = At.checked("open", path, At.strict(root, path, Dir.O_DIRECTORY));
                    held.add(directory);
                    found.add(Path.of("/proc/self/fd/" + directory.number()));
                }
                if (hidden == Hidden.HERE_ALONE || hidden == Hidden.BELOW) {
                    return found;
                }
            }
        }
        return found;
    }

    /** The uppermost layer's file of that path, opened without access; null when there is none. */
    static @Nullable Fd file(List<Path> lowers, String path) throws IOException {
        for (Path layer : lowers) {
            try (Fd root = Dir.open(layer)) {
                long fd = At.strict(root, path, Dir.O_PATH);
                if (!Native.isError(fd)) {
                    return new Fd((int) fd);
                }
                if (look(root, path) == Hidden.BELOW) {
                    return null;
                }
            }
        }
        return null;
    }

    /** What a layer does to a directory. */
    private enum Hidden {
        /** It has it, and the lower layers' is seen too. */
        HERE,
        /** It has it, and hides the lower layers'. */
        HERE_ALONE,
        /** It has not, and hides the lower layers'. */
        BELOW,
        /** It has nothing to do with it. */
        NOTHING
    }

    private static Hidden look(Fd root, String path) throws IOException {
        for (int end = path.indexOf('/'); ; end = path.indexOf('/', end + 1)) {
            boolean whole = end < 0;
            String part = whole ? path : path.substring(0, end);
            long fd = At.strict(root, part, Dir.O_DIRECTORY);
            if (fd == -Errno.ENOENT) {
                return Hidden.NOTHING;
            }
            if (fd == -Errno.ENOTDIR || fd == -Errno.ELOOP) {
                return Hidden.BELOW;
            }
            try (Fd directory = At.checked("open", part, fd)) {
                boolean opaque =
                        Dir.xattr(directory, "trusted.overlay.opaque").equals("y")
                                || Dir.xattr(directory, "user.overlay.opaque").equals("y");
                if (whole) {
                    return opaque ? Hidden.HERE_ALONE : Hidden.HERE;
                }
                if (opaque) {
                    // the lower layers' is hidden, so whether it is here decides
                    long inside = At.strict(root, path, Dir.O_DIRECTORY);
                    if (Native.isError(inside)) {
                        return Hidden.BELOW;
                    }
                    new Fd((int) inside).close();
                    return Hidden.HERE_ALONE;
                }
            }
        }
    }
}
