package dev.carafe.engine.image;

import dev.carafe.engine.image.Node.Kind;
import dev.carafe.linux.Fd;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * Goes through the files of several layers as an overlay of them would show: whiteouts and hidden
 * directories applied, names in the order of their bytes.
 */
final class MergedWalk {
    private static final int MAX_DEPTH = 2048;

    private final Visitor visitor;

    /** What is told of the files. Paths are relative, the root's is empty; one byte a char. */
    interface Visitor {
        /**
         * A directory, before what is in it.
         *
         * @param names what is in it
         */
        void enter(String path, Node node, Xattrs xattrs, List<String> names) throws IOException;

        /**
         * Anything else.
         *
         * @param dir the directory of the layer that has it
         * @param name its name there
         */
        void leaf(Fd dir, String name, String path, Node node) throws IOException;

        /** The end of the directory that was entered last. */
        void leave() throws IOException;
    }

    /** A name of a merged directory: the layers' directories that have it, top first. */
    private record Child(String name, List<Fd> dirs, Node node) {}

    private MergedWalk(Visitor visitor) {
        this.visitor = visitor;
    }

    /**
     * Visits everything.
     *
     * @param layers top first
     */
    static void walk(List<Path> layers, Visitor visitor) throws IOException {
        List<Fd> roots = new ArrayList<>();
        try {
            for (Path layer : layers) {
                roots.add(Dir.open(layer));
            }
            new MergedWalk(visitor).directory(roots, "", 0);
        } finally {
            roots.forEach(Fd::close);
        }
    }

    /** Opens what {@link Visitor#leaf} or a directory told of, without following a link. */
    static Fd open(Fd dir, String name, String path, int flags) throws IOException {
        int how = flags | Dir.O_NOFOLLOW | Dir.O_NONBLOCK;
        return new Fd(
                (int) Tree.check("open", path, Dir.openat2(dir, name, how, Dir.RESOLVE_BENEATH)));
    }

    /** One directory that is in some layers, top first; the top one says what it is like. */
    private void directory(List<Fd> same, String path, int depth) throws IOException {
        if (depth > MAX_DEPTH) {
            throw new ImageException(
                    TarEntry.shown(path) + ": directories nested more than " + MAX_DEPTH + " deep");
        }
        Fd top = same.get(0);
        String prefix = path.isEmpty() ? "" : path + "/";
        List<Child> children = children(same, prefix);
        List<String> names = new ArrayList<>(children.size());
        for (Child child : children) {
            names.add(child.name());
        }
        visitor.enter(path, Node.need(top, "", path), Xattrs.read(top, path), names);
        for (Child child : children) {
            String at = prefix.concat(child.name());
            if (child.node().kind() == Kind.DIRECTORY) {
                below(child, at, depth);
            } else {
                visitor.leaf(child.dirs().get(0), child.name(), at, child.node());
            }
        }
        visitor.leave();
    }

    private static List<Child> children(List<Fd> same, String prefix) throws IOException {
        Map<String, List<Fd>> names = new TreeMap<>();
        for (Fd dir : same) {
            for (String name : Dir.list(dir)) {
                names.computeIfAbsent(name, _ -> new ArrayList<>(2)).add(dir);
            }
        }
        List<Child> children = new ArrayList<>(names.size());
        for (Map.Entry<String, List<Fd>> one : names.entrySet()) {
            List<Fd> dirs = one.getValue();
            Node node = Node.need(dirs.get(0), one.getKey(), prefix + one.getKey());
            if (!node.isWhiteout()) {
                children.add(new Child(one.getKey(), dirs, node));
            }
        }
        return children;
    }

    private void below(Child child, String path, int depth) throws IOException {
        List<Fd> same = new ArrayList<>();
        try {
            for (Fd dir : child.dirs()) {
                Node below = Node.need(dir, child.name(), path);
                if (below.kind() != Kind.DIRECTORY) {
                    break;
                }
                Fd opened = open(dir, child.name(), path, Dir.O_DIRECTORY);
                same.add(opened);
                if (Xattrs.read(opened, path).opaque()) {
                    break;
                }
            }
            directory(same, path, depth + 1);
        } finally {
            same.forEach(Fd::close);
        }
    }
}
