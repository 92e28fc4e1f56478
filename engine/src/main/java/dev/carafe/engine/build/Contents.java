package dev.carafe.engine.build;

import dev.carafe.engine.image.Dir;
import dev.carafe.linux.Fd;
import java.io.IOException;
import java.util.List;

/**
 * The digest of what a COPY takes: paths, types, modes, owners where they count, contents and link
 * targets. Not times: a file that was only touched is the same file.
 */
final class Contents {
    private final Source source;
    private final Filter excludes;
    private final FileDigests digests;
    private final Hash hash = new Hash();

    Contents(Source source, Filter excludes, FileDigests digests) {
        this.source = source;
        this.excludes = excludes;
        this.digests = digests;
    }

    /** Adds files that were found, with all below. */
    Contents add(List<Source.Found> files) throws IOException {
        for (Source.Found file : files) {
            add(file);
        }
        return this;
    }

    private void add(Source.Found found) throws IOException {
        hash.put("source").put(found.asked());
        if (!found.info().isDirectory()) {
            long fd = At.strict(source.root(), At.parent(found.path()), Dir.O_DIRECTORY);
            try (Fd parent = At.checked("open", At.parent(found.path()), fd)) {
                entry("", found.path(), parent, At.last(found.path()), found.info());
            }
            return;
        }
        header("", found.info());
        source.walk(
                found.path(),
                new Source.Visitor() {
                    @Override
                    public void visit(
                            String path, String below, Fd parent, String name, At.Info info)
                            throws IOException {
                        if (!excludes.excludes(below, info.isDirectory())) {
                            entry(below, path, parent, name, info);
                        }
                    }

                    @Override
                    public void leave(String path, String below, At.Info info) {}
                });
    }

    private void header(String below, At.Info info) {
        hash.put(below).put(info.mode());
        if (!source.context()) {
            hash.put(info.uid()).put(info.gid());
        }
    }

    private void entry(String below, String path, Fd parent, String name, At.Info info)
            throws IOException {
        header(below, info);
        switch (info.type()) {
            case At.S_IFREG ->
                    // an overlay's device number is another one's the next time
                    hash.put(
                            source.context()
                                    ? digests.of(parent, name, path, info)
                                    : FileDigests.read(parent, name, path));
            case At.S_IFLNK -> hash.put(Dir.readlink(parent, name));
            case At.S_IFDIR -> hash.put("directory");
            default -> hash.put(info.major()).put(info.minor());
        }
    }

    String hex() {
        return hash.hex();
    }
}
