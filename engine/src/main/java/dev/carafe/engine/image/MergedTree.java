package dev.carafe.engine.image;

import dev.carafe.engine.image.Node.Identity;
import dev.carafe.linux.Fd;
import java.io.IOException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;

/** Writes the files of several layers as one tar, as an overlay of them would show. */
final class MergedTree implements MergedWalk.Visitor {
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
        MergedWalk.walk(layers, this);
        tar.end();
    }

    @Override
    public void enter(String path, Node node, Xattrs xattrs, List<String> names)
            throws IOException {
        String name = path.isEmpty() ? "./" : path + "/";
        tar.member(members.entry(TarEntry.Type.DIRECTORY, name, "", 0, node, xattrs.kept()));
    }

    @Override
    public void leave() {}

    @Override
    public void leaf(Fd dir, String name, String path, Node node) throws IOException {
        if (node.links() > 1) {
            String first = links.putIfAbsent(node.identity(), path);
            if (first != null) {
                tar.member(members.entry(TarEntry.Type.HARD_LINK, path, first, 0, node, Map.of()));
                return;
            }
        }
        switch (node.kind()) {
            case FILE -> {
                try (Fd file = MergedWalk.open(dir, name, path, 0)) {
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
