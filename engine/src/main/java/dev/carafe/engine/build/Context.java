package dev.carafe.engine.build;

import dev.carafe.engine.dockerfile.IgnoreRules;
import dev.carafe.engine.image.Dir;
import dev.carafe.linux.Fd;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/** A directory that is a build context, and what its .dockerignore leaves of it. */
final class Context implements AutoCloseable {
    private static final int LARGEST_FILE = 1 << 20;

    private final Fd root;
    private Source source;

    private Context(Fd root, String name) {
        this.root = root;
        this.source = new Source(root, Filter.NONE, true, name);
    }

    /** Opens a directory of the host. */
    static Context directory(Path path, String name) throws IOException {
        if (!Files.isDirectory(path)) {
            throw new BuildException(
                    "the build context "
                            + path
                            + (Files.exists(path) ? " is not a directory" : " does not exist"));
        }
        return new Context(Dir.open(path), name);
    }

    /** Reads a small file of it, links resolved inside; null when there is none. */
    byte @Nullable [] read(String path) throws IOException {
        Source.Found found = source.find(At.bytes(path));
        if (found == null) {
            return null;
        }
        if (!found.info().isRegular() || found.info().size() > LARGEST_FILE) {
            throw new BuildException(path + " of the build context is not a file of at most 1 MiB");
        }
        Fd parent =
                At.checked("open", path, At.strict(root, At.parent(found.path()), Dir.O_DIRECTORY));
        try (parent;
                Fd file = Source.read(parent, At.last(found.path()), path)) {
            return At.readAll(file, LARGEST_FILE, path);
        }
    }

    /** Leaves out what rules say. */
    void ignore(IgnoreRules rules) {
        source = new Source(root, Rules.of(rules), true, source.name());
    }

    Source source() {
        return source;
    }

    @Override
    public void close() {
        root.close();
    }
}
