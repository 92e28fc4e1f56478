package dev.carafe.engine.build;

import dev.carafe.engine.image.Dir;
import dev.carafe.linux.Fd;
import dev.carafe.linux.Native;
import java.io.IOException;
import java.nio.file.Path;

/**
 * A layer that hides from a mounted directory what .dockerignore excludes: whiteouts, and copies of
 * the directories that lead to them.
 */
final class Mask {
    private static final int S_IFCHR = 0020000;

    private final Source source;
    private final String directory;

    Mask(Source source, String directory) {
        this.source = source;
        this.directory = directory;
    }

    /** Writes it into an empty directory; false when nothing is to be hidden. */
    boolean write(Path into) throws IOException {
        if (source.filter().equals(Filter.NONE)) {
            return false;
        }
        try (Fd from =
                        At.checked(
                                "open",
                                directory,
                                At.strict(source.root(), directory, Dir.O_DIRECTORY));
                Fd to = Dir.open(into)) {
            imitate(from, to);
            return hide(from, to, directory);
        }
    }

    private boolean hide(Fd from, Fd to, String path) throws IOException {
        boolean any = false;
        for (String name : Dir.list(from)) {
            At.Info info = At.stat(from, name);
            if (info == null) {
                continue;
            }
            String at = At.join(path, name);
            boolean excluded = source.filter().excludes(at, info.isDirectory());
            if (excluded && (!info.isDirectory() || source.filter().excludesAllOf(at))) {
                At.check("hide", at, At.mknod(to, name, S_IFCHR, 0, 0));
                any = true;
            } else if (info.isDirectory()) {
                any |= below(from, to, name, at);
            }
        }
        return any;
    }

    private boolean below(Fd from, Fd to, String name, String at) throws IOException {
        long fd = At.strict(from, name, Dir.O_DIRECTORY);
        if (Native.isError(fd)) {
            return false;
        }
        try (Fd original = new Fd((int) fd)) {
            At.check("mkdir", at, At.mkdir(to, name, 0700));
            boolean any;
            try (Fd copy = At.checked("open", at, At.strict(to, name, Dir.O_DIRECTORY))) {
                any = hide(original, copy, at);
                imitate(original, copy);
            }
            if (!any) {
                Dir.remove(to, name);
            }
            return any;
        }
    }

    private static void imitate(Fd like, Fd directory) throws IOException {
        At.Info info = At.stat(like);
        At.chown(directory, "", info.uid(), info.gid());
        At.chmod(directory, info.permissions(), "");
        At.touch(directory, "", info.mtime(), info.mtimeNanos());
    }
}
