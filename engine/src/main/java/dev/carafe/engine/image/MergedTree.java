package dev.carafe.engine.image;

import dev.carafe.engine.image.Node.Identity;
import dev.carafe.engine.image.Node.Kind;
import dev.carafe.linux.Fd;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.TreeMap;

/**
 * Writes the files of several layers as one tar, as an overlay of them would show: whiteouts and
 * hidden directories applied, names in the order of their bytes.
 */
final class MergedTree {
    private static final int MAX_DEPTH = 2048;

    private final TarWriter tar;
    private final Members members;
    private final Map<Identity, String> links = new HashMap<>();

    MergedTree(TarWriter tar, Privilege privilege, OptionalLong newest) {
        this.tar = tar;
        this.members = new Members(privilege, newest);
    }

    /**
     * Writes the archive to its end.
     *
     * @param layers top first
     */
    void write(List<Path> layers) throws IOException {
        List<Fd> roots = new ArrayList<>();
        try {
            for (Path layer : layers) {
                roots.add(Dir.open(layer));
            }
            directory(roots, "", 0);
        } finally {
            roots.forEach(Fd::close);
        }
        tar.end();
    }

    /** One directory that is in some layers, top first; the top one says what it is like. */
    private void directory(List<Fd> same, String path, int depth) throws IOException {
        if (depth > MAX_DEPTH) {
            throw new ImageException(
                    TarEntry.shown(path) + ": directories nested more than " + MAX_DEPTH + " deep");
        }
        Fd top = same.get(0);
        Node node = Node.need(top, "", path);
        Xattrs xattrs = Xattrs.read(top, path);
        String prefix = path.isEmpty() ? "" : path + "/";
        String name = path.isEmpty() ? "./" : prefix;
        tar.member(members.entry(TarEntry.Type.DIRECTORY, name, "", 0, node, xattrs.kept()));
        for (Map.Entry<String, List<Fd>> child : names(same).entrySet()) {
            child(child.getValue(), child.getKey(), prefix.concat(child.getKey()), depth);
        }
    }

    /** In which of the directories each name is. */
    private static Map<String, List<Fd>> names(List<Fd> same) throws IOException {
        Map<String, List<Fd>> names = new TreeMap<>();
        for (Fd dir : same) {
            for (String name : Dir.list(dir)) {
                names.computeIfAbsent(name, _ -> new ArrayList<>(2)).add(dir);
            }
        }
        return names;
    }

    private void child(List<Fd> dirs, String name, String path, int depth) throws IOException {
        Fd top = dirs.get(0);
        Node node = Node.need(top, name, path);
        if (node.isWhiteout()) {
            return;
        }
        if (node.kind() != Kind.DIRECTORY) {
            leaf(top, name, path, node);
            return;
        }
        List<Fd> same = new ArrayList<>();
        try {
            for (Fd dir : dirs) {
                Node below = Node.need(dir, name, path);
                if (below.kind() != Kind.DIRECTORY) {
                    break;
                }
                Fd opened = open(dir, name, path, Dir.O_DIRECTORY);
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

    private static Fd open(Fd dir, String name, String path, int flags) throws IOException {
        int how = flags | Dir.O_NOFOLLOW | Dir.O_NONBLOCK;
        return new Fd(
                (int) Tree.check("open", path, Dir.openat2(dir, name, how, Dir.RESOLVE_BENEATH)));
    }

    private void leaf(Fd dir, String name, String path, Node node) throws IOException {
        if (node.links() > 1) {
            String first = links.putIfAbsent(node.identity(), path);
            if (first != null) {
                tar.member(members.entry(TarEntry.Type.HARD_LINK, path, first, 0, node, Map.of()));
                return;
            }
        }
        switch (node.kind()) {
            case FILE -> {
                try (Fd file = open(dir, name, path, 0)) {
                    Map<String, String> kept = Xattrs.read(file, path).kept();
                    tar.member(
                            members.entry(TarEntry.Type.FILE, path, "", node.size(), node, kept));
                    tar.body(file, node.size(), path);
                }
            }
            case SYMLINK -> {
                String target = Dir.readlink(dir, name);
                tar.member(members.entry(TarEntry.Type.SYMLINK, path, target, 0, node, Map.of()));
            }
            case CHAR_DEVICE, BLOCK_DEVICE, FIFO -> {
                TarEntry.Type type = Members.type(node.kind());
                tar.member(members.entry(type, path, "", 0, node, Map.of()));
            }
            case SOCKET, DIRECTORY -> {}
        }
    }
}
