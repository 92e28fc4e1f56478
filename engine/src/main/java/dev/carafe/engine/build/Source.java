package dev.carafe.engine.build;

import dev.carafe.engine.image.Dir;
import dev.carafe.linux.ErrnoException;
import dev.carafe.linux.Fd;
import dev.carafe.linux.Native;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A tree that COPY and ADD take files from: the context, a stage, an image. Links lead nowhere
 * outside of it.
 *
 * @param root its open root, which the owner of the tree closes
 * @param filter what is not to be seen of it
 * @param context whether it is a user's own directory, whose owners mean nothing in the image
 * @param name what messages call it
 */
record Source(Fd root, Filter filter, boolean context, String name) {
    /** More files than this in one COPY are a mistake, or an attack. */
    static final int MOST_FILES = 5_000_000;

    private static final int MOST_DEPTH = 1000;

    /**
     * A file or directory to be copied.
     *
     * @param path where it is, free of links
     * @param asked the path as it was asked for; its last part is the name that the copy gets
     */
    record Found(String path, String asked, At.Info info) {
        /** The copy's name. */
        String name() {
            return At.last(asked);
        }
    }

    /** Sees each file below a directory, a directory before what is in it. */
    interface Visitor {
        /**
         * @param path from the tree's root
         * @param below from the directory where the walk began
         * @param parent its open directory
         */
        void visit(String path, String below, Fd parent, String name, At.Info info)
                throws IOException;

        /** After all that is in a directory was seen. */
        void leave(String path, String below, At.Info info) throws IOException;
    }

    /** The file at a path with links followed; null when there is none, or it is not to be seen. */
    @Nullable Found find(String asked) throws IOException {
        String clean = At.clean(asked);
        String path = Links.follow(root, clean);
        long fd = At.strict(root, path, Dir.O_PATH);
        if (At.isAbsent(fd)) {
            return null;
        }
        try (Fd file = At.checked("open", path, fd)) {
            At.Info info = At.stat(file);
            if (!path.isEmpty()
                    && filter.excludes(path, info.isDirectory())
                    && (!info.isDirectory() || filter.excludesAllOf(path))) {
                return null;
            }
            return new Found(path, clean, info);
        }
    }

    /** The names in a directory, sorted, so that the order on disk has no say. */
    List<String> names(String directory) throws ErrnoException {
        String path = Links.follow(root, directory);
        long fd = At.strict(root, path, Dir.O_DIRECTORY);
        if (At.isAbsent(fd)) {
            return List.of();
        }
        try (Fd open = At.checked("open", path, fd)) {
            return sorted(open);
        }
    }

    private static List<String> sorted(Fd directory) throws ErrnoException {
        List<String> names = new ArrayList<>(Dir.list(directory));
        Collections.sort(names);
        return names;
    }

    /** Walks everything below a directory that {@link #find} gave. */
    void walk(String directory, Visitor visitor) throws IOException {
        long fd = At.strict(root, directory, Dir.O_DIRECTORY);
        try (Fd open = At.checked("open", directory, fd)) {
            new Walk(visitor).directory(open, directory, "", 0);
        }
    }

    private final class Walk {
        private final Visitor visitor;
        private int seen;

        Walk(Visitor visitor) {
            this.visitor = visitor;
        }

        void directory(Fd open, String path, String below, int depth) throws IOException {
            if (depth > MOST_DEPTH) {
                throw new BuildException(name + ": " + At.shown(path) + ": directories too deep");
            }
            for (String one : sorted(open)) {
                String at = At.join(path, one);
                At.Info info = At.stat(open, one);
                // a socket is an end of a running process: there is nothing to copy
                if (info == null || info.type() == At.S_IFSOCK) {
                    continue;
                }
                boolean excluded = filter.excludes(at, info.isDirectory());
                if (excluded && (!info.isDirectory() || filter.excludesAllOf(at))) {
                    continue;
                }
                if (++seen > MOST_FILES) {
                    throw new BuildException(
                            name + ": more than " + MOST_FILES + " files in one copy");
                }
                String under = At.join(below, one);
                if (!excluded) {
                    visitor.visit(at, under, open, one, info);
                }
                if (info.isDirectory()) {
                    long fd = At.strict(open, one, Dir.O_DIRECTORY);
                    try (Fd child = At.checked("open", at, fd)) {
                        directory(child, at, under, depth + 1);
                    }
                    if (!excluded) {
                        visitor.leave(at, under, info);
                    }
                }
            }
        }
    }

    /** Opens a regular file for reading. Whatever it has become by now, opening does not wait. */
    static Fd read(Fd parent, String name, String shown) throws IOException {
        long fd = At.strict(parent, name, Dir.O_NONBLOCK);
        if (Native.isError(fd)) {
            At.check("open", shown, fd);
        }
        Fd file = new Fd((int) fd);
        if (!At.stat(file).isRegular()) {
            file.close();
            throw new BuildException(At.shown(shown) + ": it changed while it was copied");
        }
        return file;
    }
}
