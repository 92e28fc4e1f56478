package dev.carafe.engine.image;

import dev.carafe.engine.erofs.Attributes;
import dev.carafe.engine.erofs.ErofsWriter;
import dev.carafe.engine.image.Node.Identity;
import dev.carafe.engine.image.Node.Kind;
import dev.carafe.linux.Fd;
import java.io.IOException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Writes the files of several layers as one EROFS image, as an overlay of them would show. */
final class RootTree implements MergedWalk.Visitor {
    private static final int BLOCK = 512;

    private final ErofsWriter writer;
    private final Privilege privilege;
    private final Map<Identity, Long> links = new HashMap<>();

    private RootTree(ErofsWriter writer, Privilege privilege) {
        this.writer = writer;
        this.privilege = privilege;
    }

    /**
     * Writes the whole image.
     *
     * @param layers top first
     * @param uuid of the file system, 16 bytes
     * @param into empty, open for writing
     * @throws ImageException when a file can't be read, or EROFS can't hold it
     */
    static void write(List<Path> layers, Privilege privilege, byte[] uuid, Fd into)
            throws IOException {
        try (ErofsWriter writer = new ErofsWriter(into)) {
            MergedWalk.walk(layers, new RootTree(writer, privilege));
            writer.finish(uuid);
        }
    }

    @Override
    public void enter(String path, Node node, Xattrs xattrs, List<String> names)
            throws IOException {
        writer.enter(Tree.last(path), attributes(node, path, xattrs.kept()), names);
    }

    @Override
    public void leave() throws IOException {
        writer.leave();
    }

    @Override
    public void leaf(Fd dir, String name, String path, Node node) throws IOException {
        if (node.links() > 1) {
            Long first = links.get(node.identity());
            if (first != null) {
                writer.link(name, first);
                return;
            }
        }
        try {
            long number = inode(dir, name, path, node);
            if (node.links() > 1) {
                links.put(node.identity(), number);
            }
        } catch (ImageException e) {
            throw e;
        } catch (IOException e) {
            throw new ImageException(TarEntry.shown(path) + ": " + Layout.message(e), e);
        }
    }

    private long inode(Fd dir, String name, String path, Node node) throws IOException {
        if (node.kind() == Kind.FILE) {
            try (Fd file = MergedWalk.open(dir, name, path, 0)) {
                Attributes attributes = attributes(node, path, Xattrs.read(file, path).kept());
                boolean sparse = node.blocks() * BLOCK < node.size();
                return writer.file(name, attributes, file, node.size(), sparse);
            }
        }
        Attributes attributes = attributes(node, path, Map.of());
        return node.kind() == Kind.SYMLINK
                ? writer.symlink(name, attributes, Dir.readlink(dir, name))
                : writer.special(name, attributes, node.major(), node.minor());
    }

    private Attributes attributes(Node node, String path, Map<String, String> xattrs)
            throws ImageException {
        return new Attributes(
                node.mode(),
                owner(node.uid(), privilege.uid(), path),
                owner(node.gid(), privilege.gid(), path),
                node.mtime(),
                node.mtimeNanos(),
                node.links(),
                xattrs);
    }

    /** An ordinary user's files are root's in the image. */
    private long owner(long id, long own, String path) throws ImageException {
        if (privilege.owners()) {
            return id;
        }
        if (id != own) {
            throw new ImageException(
                    TarEntry.shown(path)
                            + " belongs to id "
                            + id
                            + " of this user's range, which has a meaning only in its user"
                            + " namespace; let the command line make the image's root");
        }
        return 0;
    }
}
