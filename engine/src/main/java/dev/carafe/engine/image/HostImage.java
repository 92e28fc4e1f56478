package dev.carafe.engine.image;

import dev.carafe.engine.image.Dir.Stat;
import dev.carafe.linux.Arch;
import dev.carafe.linux.Fd;
import dev.carafe.linux.Memory;
import dev.carafe.linux.Native;
import dev.carafe.linux.Sys;
import dev.carafe.oci.image.ImageConfig;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;

/**
 * The built-in image {@code host}: the host's own userland, read-only, and everything else fresh.
 *
 * @param image its one layer has empty directories, the links of a merged /usr, and the part of
 *     /etc that no secret can be in; its default command is a shell
 * @param binds host directories, such as /usr, to be bind-mounted read-only on the same paths
 */
public record HostImage(Image image, List<Path> binds) {
    /** The name that means this image. */
    public static final String NAME = "host";

    static final String[] SYSTEM = {"bin", "sbin", "lib", "lib32", "lib64", "libx32"};

    public HostImage {
        binds = List.copyOf(binds);
    }

    private static Image image(Path skeleton) {
        ImageConfig.Config config =
                new ImageConfig.Config(
                        null,
                        List.of(),
                        List.of(),
                        List.of(),
                        List.of("/bin/sh"),
                        List.of(),
                        null,
                        java.util.Map.of(),
                        null,
                        false);
        ImageConfig.RootFs rootfs = new ImageConfig.RootFs("layers", List.of());
        ImageConfig image =
                new ImageConfig(
                        null,
                        null,
                        Arch.host().oci(),
                        "linux",
                        null,
                        List.of(),
                        null,
                        config,
                        rootfs,
                        List.of());
        return new Image(NAME, image, List.of(skeleton), List.of(NAME));
    }

    /**
     * Gives the image, made anew when the host's files that its skeleton copies have changed.
     *
     * @param root the image store's directory, where the skeleton is kept
     */
    public static HostImage open(Path root) throws IOException {
        return open(Layout.open(root), Path.of("/"));
    }

    /**
     * Finds the skeleton that fits the host as it is now, or builds it: its name is a fingerprint
     * of the files that it copies, so a change in /etc makes a new one.
     */
    static HostImage open(Layout layout, Path host) throws IOException {
        List<Path> binds = new ArrayList<>();
        long fingerprint;
        try (Fd root = Dir.open(host)) {
            fingerprint = fingerprint(root);
            for (String name : SYSTEM) {
                Stat stat = Dir.stat(root, name);
                if (stat != null && stat.isDirectory()) {
                    binds.add(Path.of("/", name));
                }
            }
        }
        binds.add(Path.of("/usr"));
        Path skeleton = layout.hosts().resolve(Long.toHexString(fingerprint));
        if (!Files.exists(skeleton)) {
            build(layout, host, skeleton);
        }
        return new HostImage(image(skeleton.resolve("fs")), binds);
    }

    private static void build(Layout layout, Path host, Path skeleton) throws IOException {
        try (Staging staging = Staging.open(layout)) {
            Path part = Files.createDirectory(staging.path("host"));
            new HostSkeleton(host, Files.createDirectory(part.resolve("fs"))).build();
            staging.sync();
            Path parent = layout.hosts();
            Files.createDirectories(parent);
            try (StoreLock _ = StoreLock.exclusive(layout.lock())) {
                if (!Files.exists(skeleton)) {
                    Files.move(part, skeleton, StandardCopyOption.ATOMIC_MOVE);
                    Layout.sync(parent);
                }
            }
        }
    }

    /**
     * A hash of what stat tells of the system directories and of everything that may be copied. It
     * is on the way of a cold start, hence the one buffer for all.
     */
    private static long fingerprint(Fd root) {
        try (Memory memory = Memory.borrow()) {
            long address = memory.reserve(256);
            ByteBuffer stat = memory.view(address, 256);
            long hash = HostSkeleton.VERSION;
            for (String name : SYSTEM) {
                hash = mix(hash, root, memory.string(name), address, stat);
            }
            long etc = Dir.openat2(root, "etc", Dir.O_PATH | Dir.O_DIRECTORY, 0);
            if (Native.isError(etc)) {
                return hash;
            }
            try (Fd directory = new Fd((int) etc)) {
                for (String name : HostSkeleton.ETC) {
                    hash = mix(hash, directory, memory.string(name), address, stat);
                }
            }
            return hash;
        }
    }

    private static long mix(long hash, Fd dir, long name, long address, ByteBuffer stat) {
        int flags = Dir.AT_SYMLINK_NOFOLLOW;
        long result =
                Native.syscall(Sys.STATX, dir.number(), name, flags, Dir.STATX_BASIC, address);
        if (Native.isError(result)) {
            return hash * 31 + result;
        }
        // uid and gid, mode, inode, size, modification time: struct statx
        long mixed = hash;
        mixed = mixed * 31 + stat.getLong(20);
        mixed = mixed * 31 + stat.getShort(28);
        mixed = mixed * 31 + stat.getLong(32);
        mixed = mixed * 31 + stat.getLong(40);
        mixed = mixed * 31 + stat.getLong(112);
        mixed = mixed * 31 + stat.getInt(120);
        return (mixed ^ mixed >>> 32) * 0x9E3779B97F4A7C15L;
    }
}
