package dev.carafe.engine;

import dev.carafe.linux.Native;
import dev.carafe.linux.Sys;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * Where things lie on disk.
 *
 * @param data images and containers: what outlives a reboot
 * @param run what does not
 */
public record Roots(Path data, Path run) {
    /** The properties that tell a JVM in a user namespace what the user's places are. */
    static final String DATA = "dev.carafe.roots.data";

    static final String RUN = "dev.carafe.roots.run";

    /** CARAFE_ROOT, or the usual places of root and of an ordinary user. */
    public static Roots usual() {
        String data = System.getProperty(DATA);
        String run = System.getProperty(RUN);
        if (data != null && run != null) {
            return new Roots(Path.of(data), Path.of(run)); // inside a user namespace
        }
        String root = System.getenv("CARAFE_ROOT");
        if (root != null && !root.isEmpty()) {
            return under(Path.of(root).toAbsolutePath());
        }
        if (Native.syscall(Sys.GETEUID) == 0) {
            return new Roots(Path.of("/var/lib/carafe"), Path.of("/run/carafe"));
        }
        Path share =
                path(
                        System.getenv("XDG_DATA_HOME"),
                        Path.of(System.getProperty("user.home"), ".local/share"));
        Path dataRoot = share.resolve("carafe");
        String runtimeDir = System.getenv("XDG_RUNTIME_DIR");
        return runtimeDir == null || runtimeDir.isEmpty()
                ? under(dataRoot)
                : new Roots(dataRoot, Path.of(runtimeDir).resolve("carafe"));
    }

    /** Everything under one directory. */
    public static Roots under(Path root) {
        return new Roots(root, root.resolve("run"));
    }

    private static Path path(@Nullable String value, Path otherwise) {
        return value == null || value.isEmpty() ? otherwise : Path.of(value);
    }

    Path containers() {
        return data.resolve("containers");
    }

    /**
     * The directory on which every container assembles its root, each in its own mount namespace.
     */
    Path mountPoint() {
        return run.resolve("root");
    }
}
