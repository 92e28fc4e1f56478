package dev.carafe.runtime;

import dev.carafe.linux.Fd;
import java.nio.file.Path;
import java.util.List;

/** What a container's root file system is made of. */
public sealed interface Rootfs {
    /** A directory, used as it is. */
    record Directory(Path path) implements Rootfs {}

    /**
     * A detached mount that this process made (fsmount(2), open_tree(2)) and hands over: the
     * container's mount namespace takes it. Keep the descriptor open until the start is over.
     *
     * @param mount its descriptor
     */
    record Detached(Fd mount) implements Rootfs {}

    /**
     * An overlay (Documentation/filesystems/overlayfs.rst).
     *
     * @param lower the read-only layers, the uppermost first; at least one. mount(2) takes one page
     *     of names: more than some 40 layers want short names in one directory
     * @param upper the writable layer
     * @param work the overlay's own directory, on the same file system as {@code upper}
     * @param fleeting whether the writable layer is thrown away at the end, so that it need never
     *     be synced (the {@code volatile} option, Linux 5.10)
     * @param userXattr whether marks are kept in user.* attributes, for user namespaces
     */
    record Overlay(List<Path> lower, Path upper, Path work, boolean fleeting, boolean userXattr)
            implements Rootfs {
        public Overlay {
            lower = List.copyOf(lower);
            if (lower.isEmpty()) {
                throw new IllegalArgumentException("an overlay needs a lower directory");
            }
        }
    }
}
