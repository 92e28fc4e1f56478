package dev.carafe.engine.build;

import dev.carafe.engine.image.Dir;
import dev.carafe.linux.ErrnoException;
import dev.carafe.linux.Fd;
import dev.carafe.linux.Native;

/** How much there is in a directory. */
final class Sizes {
    private Sizes() {}

    /** The bytes of all files below a name, which may change meanwhile. */
    static long of(Fd parent, String name) throws ErrnoException {
        At.Info info = At.stat(parent, name);
        if (info == null) {
            return 0;
        }
        if (!info.isDirectory()) {
            return info.size();
        }
        long sum = 0;
        long fd = At.strict(parent, name, Dir.O_DIRECTORY);
        if (Native.isError(fd)) {
            return 0;
        }
        try (Fd directory = new Fd((int) fd)) {
            for (String child : Dir.list(directory)) {
                sum += of(directory, child);
            }
        }
        return sum;
    }
}
