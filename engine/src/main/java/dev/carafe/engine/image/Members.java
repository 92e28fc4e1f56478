package dev.carafe.engine.image;

import dev.carafe.engine.image.Node.Kind;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;

/**
 * What an archive says of files: an ordinary user's belong to root, no time is later than {@code
 * newest}.
 */
record Members(Privilege privilege, OptionalLong newest) {
    /** The type of what is no file, directory or socket. */
    static TarEntry.Type type(Kind kind) {
        return switch (kind) {
            case SYMLINK -> TarEntry.Type.SYMLINK;
            case CHAR_DEVICE -> TarEntry.Type.CHAR_DEVICE;
            case BLOCK_DEVICE -> TarEntry.Type.BLOCK_DEVICE;
            case FIFO -> TarEntry.Type.FIFO;
            case FILE, DIRECTORY, SOCKET -> throw new IllegalArgumentException(kind.name());
        };
    }

    TarEntry entry(
            TarEntry.Type type,
            String path,
            String link,
            long size,
            Node node,
            Map<String, String> xattrs) {
        boolean device = type == TarEntry.Type.CHAR_DEVICE || type == TarEntry.Type.BLOCK_DEVICE;
        return new TarEntry(
                type,
                path,
                link,
                type == TarEntry.Type.SYMLINK ? 0777 : node.permissions(),
                privilege.owners() ? node.uid() : 0,
                privilege.owners() ? node.gid() : 0,
                size,
                time(node),
                0,
                device ? node.major() : 0,
                device ? node.minor() : 0,
                false,
                xattrs,
                List.of());
    }

    /** A member that is nothing but its name. */
    static TarEntry plain(String path, int mode, long size) {
        boolean directory = path.endsWith("/");
        return new TarEntry(
                directory ? TarEntry.Type.DIRECTORY : TarEntry.Type.FILE,
                path,
                "",
                mode,
                0,
                0,
                size,
                0,
                0,
                0,
                0,
                false,
                Map.of(),
                List.of());
    }

    /** Whole seconds since 1970. */
    long time(Node node) {
        return newest.isPresent() ? Math.min(node.mtime(), newest.getAsLong()) : node.mtime();
    }
}
