package dev.carafe.engine.image;

import dev.carafe.engine.erofs.ErofsWriter;
import dev.carafe.linux.Fd;
import dev.carafe.linux.Memory;
import dev.carafe.linux.Native;
import dev.carafe.linux.Sys;
import dev.carafe.oci.image.Digest;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.HexFormat;
import java.util.List;
import java.util.Objects;
import java.util.Set;

/**
 * Images' files as read-only file systems (EROFS), for virtual machines: made once for all images
 * that have the same layers, and kept in the store until the last of them is removed.
 *
 * <p>Safe for use by several threads and processes: one makes a file, the others wait for it.
 */
public final class RootImages {
    /** Changes with what {@link ErofsWriter} makes of the same layers. */
    private static final String SUFFIX = ".1.erofs";

    private static final int O_RDWR = 2;
    private static final int MODE = 0444;
    private static final int UUID_DIGITS = 32;
    private static final int SUPER = 1024;
    private static final int SUPER_SIZE = 128;

    private final Layout layout;

    /** Those of one store. */
    public RootImages(ImageStore store) {
        layout = store.layout();
    }

    /**
     * The file of an image, which is made when it is missing or not whole. Whoever asks keeps the
     * image from being removed, by {@link ImageStore#hold} or a {@link Lease}.
     *
     * <p>Inside a user namespace, owners are those that the namespace shows. An ordinary user
     * outside of one gets the files of images that belong to it alone.
     *
     * @return readable by all who can reach it, writable by nobody
     * @throws ImageException when the disk is full, or a layer can't be read
     */
    public Path of(Image image) throws IOException {
        Path file = file(image);
        if (!isWhole(file)) {
            make(image, file);
        }
        return file;
    }

    /** Where the files are. */
    public Path directory() {
        return layout.roots();
    }

    /** Where {@link #of} has, or would make, an image's file. */
    public Path place(Image image) {
        return file(image);
    }

    /** Whether {@link #of} has nothing to do. */
    public boolean has(Image image) throws IOException {
        return isWhole(file(image));
    }

    private void make(Image image, Path file) throws IOException {
        Path roots = Layout.made(layout.roots());
        // any directory does that all who make this file lock; this one goes with the image
        Path topLayer = Objects.requireNonNull(image.layers().get(0).getParent());
        try (StoreLock _ = StoreLock.directory(topLayer)) {
            if (isWhole(file)) {
                return;
            }
            try (Staging staging = Staging.open(layout)) {
                Path part = staging.path("root");
                write(image, file, part);
                Files.move(part, file, StandardCopyOption.ATOMIC_MOVE);
                Layout.sync(roots);
            }
        } catch (IOException e) {
            IOException told = ImageStore.told(layout, e);
            throw told instanceof ImageException
                    ? told
                    : new ImageException(
                            "the root of image " + image.id() + ": " + Layout.message(e), e);
        }
    }

    private static void write(Image image, Path file, Path part) throws IOException {
        byte[] name = String.valueOf(file.getFileName()).getBytes(StandardCharsets.UTF_8);
        String digits = Digest.sha256(name).hex().substring(0, UUID_DIGITS);
        byte[] uuid = HexFormat.of().parseHex(digits);
        try (Fd out = create(part)) {
            RootTree.write(image.layers(), Privilege.ofThisProcess(), uuid, out);
            Native.check("chmod " + part, Sys.FCHMOD, out.number(), MODE);
            Native.check("fsync " + part, Sys.FSYNC, out.number());
        }
    }

    private static Fd create(Path part) throws IOException {
        try (Memory memory = Memory.borrow()) {
            int flags = O_RDWR | Dir.O_CREAT | Dir.O_EXCL | Dir.O_CLOEXEC;
            long name = memory.string(part.toString());
            return new Fd(
                    (int)
                            Native.check(
                                    "create " + part, Sys.OPENAT, Fd.AT_FDCWD, name, flags, 0600));
        }
    }

    private Path file(Image image) {
        return layout.roots().resolve(name(image) + SUFFIX);
    }

    /** The chain of the layers; for an image without any, the directory that stands for them. */
    private static String name(Image image) {
        List<Digest> diffIds = image.config().rootfs().diffIds();
        return diffIds.isEmpty()
                ? String.valueOf(
                        Objects.requireNonNull(image.layers().get(0).getParent()).getFileName())
                : Layout.chain(diffIds, diffIds.size() - 1);
    }

    /** Whether a file is there, begins as it should and is as long as it says. */
    private static boolean isWhole(Path file) throws IOException {
        try (Memory memory = Memory.borrow()) {
            long name = memory.string(file.toString());
            long fd = Native.syscall(Sys.OPENAT, Fd.AT_FDCWD, name, Dir.O_CLOEXEC, 0);
            if (Native.isError(fd)) {
                return false;
            }
            try (Fd open = new Fd((int) fd)) {
                long address = memory.reserve(SUPER_SIZE);
                long n = Native.syscall(Sys.PREAD64, fd, address, SUPER_SIZE, SUPER);
                Dir.Stat stat = Dir.stat(open, "");
                return n == SUPER_SIZE
                        && stat != null
                        && ErofsWriter.isWhole(memory.view(address, SUPER_SIZE), stat.size());
            }
        }
    }

    /**
     * Deletes those that no image has and no operation uses. The caller holds the store's exclusive
     * lock.
     *
     * @return how many bytes that was
     */
    static long sweep(Layout layout, Set<String> needed, Set<String> leased) throws IOException {
        if (!Files.exists(layout.roots())) {
            return 0;
        }
        long reclaimed = 0;
        try (DirectoryStream<Path> found = Files.newDirectoryStream(layout.roots())) {
            for (Path file : found) {
                String name = String.valueOf(file.getFileName());
                boolean known = name.endsWith(SUFFIX);
                String key = known ? name.substring(0, name.length() - SUFFIX.length()) : "";
                boolean used = needed.contains(key) || leased.contains(key) || layout.hasHost(key);
                if (!known || !used) {
                    reclaimed += Files.size(file);
                    Files.delete(file);
                }
            }
        }
        return reclaimed;
    }
}
