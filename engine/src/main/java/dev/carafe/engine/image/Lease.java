package dev.carafe.engine.image;

import dev.carafe.linux.ErrnoException;
import dev.carafe.linux.Memory;
import dev.carafe.linux.Native;
import dev.carafe.linux.Sys;
import dev.carafe.oci.OciException;
import dev.carafe.oci.image.Descriptor;
import dev.carafe.oci.image.Digest;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.UUID;

/**
 * Blobs and layers that a running operation needs, although no image names them yet or any more.
 * Whatever removes things from the store leaves these alone.
 *
 * <p>A lease is a file of digests that stays locked while the operation runs; the kernel lets go of
 * it when the process dies, and whoever sweeps next deletes it. Safe for use by several threads.
 */
public final class Lease implements AutoCloseable {
    private static final int SEEK_END = 2;

    private final Layout layout;
    private final Path path;
    private final StoreLock lock;
    private final Set<String> held = new HashSet<>();

    private Lease(Layout layout, Path path, StoreLock lock) {
        this.layout = layout;
        this.path = path;
        this.lock = lock;
    }

    static Lease open(Layout layout) throws IOException {
        Path directory = Layout.made(layout.leases());
        removeAbandoned(directory);
        while (true) {
            Path path = directory.resolve(UUID.randomUUID().toString());
            StoreLock lock = StoreLock.tryFile(path);
            if (lock != null) {
                return new Lease(layout, path, lock);
            }
        }
    }

    /**
     * Holds on to blobs, to layers by diff id, and to layers by chain id. What is in the store when
     * this returns stays there; so ask for it afterwards. The caller must not hold the store's
     * lock.
     */
    public void add(Digest... digests) throws IOException {
        add(List.of(digests));
    }

    /** As {@link #add(Digest...)}. */
    public void add(List<Digest> digests) throws IOException {
        // under the lock, so that no sweep is between reading the leases and deleting
        try (StoreLock _ = StoreLock.shared(layout.lock())) {
            append(digests);
        }
    }

    /**
     * Holds on to an image: its manifest, configuration, layers' blobs and unpacked layers.
     *
     * @param reference a name, digest, id or the beginning of an id
     * @throws ImageException when there is no such image
     */
    public Image image(String reference) throws IOException {
        // the sweep that could take it away needs the lock for itself
        try (StoreLock _ = StoreLock.shared(layout.lock())) {
            Names names = new Names(layout.readIndex().manifests());
            Descriptor entry = hold(names, reference);
            return ImageStore.image(layout, Names.id(entry), names);
        }
    }

    /** The same, for its entry in the index. */
    Descriptor entry(String reference) throws IOException {
        try (StoreLock _ = StoreLock.shared(layout.lock())) {
            return hold(new Names(layout.readIndex().manifests()), reference);
        }
    }

    private Descriptor hold(Names names, String reference) throws IOException {
        Descriptor entry = names.find(reference);
        Reachable needed = new Reachable(layout);
        needed.add(entry);
        append(needed.digests());
        return entry;
    }

    private synchronized void append(List<Digest> digests) throws ErrnoException {
        StringBuilder lines = new StringBuilder();
        for (Digest digest : digests) {
            if (held.add(digest.toString())) {
                lines.append(digest).append('\n');
            }
        }
        append(lines.toString().getBytes(StandardCharsets.UTF_8));
    }

    private void append(byte[] lines) throws ErrnoException {
        int file = lock.file().number();
        Native.check("write " + path, Sys.LSEEK, file, 0, SEEK_END);
        try (Memory memory = Memory.of(lines.length + 8)) {
            long at = memory.bytes(lines);
            for (int done = 0; done < lines.length; ) {
                long left = (long) lines.length - done;
                done += (int) Native.check("write " + path, Sys.WRITE, file, at + done, left);
            }
        }
    }

    /**
     * The digests' hexadecimal parts in all leases of running operations; what others left is
     * deleted. The caller holds the store's exclusive lock.
     */
    static Set<String> live(Layout layout) throws IOException {
        Set<String> digests = new HashSet<>();
        if (!Files.exists(layout.leases())) {
            return digests;
        }
        removeAbandoned(layout.leases());
        try (DirectoryStream<Path> found = Files.newDirectoryStream(layout.leases())) {
            for (Path path : found) {
                read(path, digests);
            }
        }
        return digests;
    }

    /** Deletes what dead processes left; nobody else has a lease that can be locked. */
    private static void removeAbandoned(Path directory) throws IOException {
        try (DirectoryStream<Path> found = Files.newDirectoryStream(directory)) {
            for (Path path : found) {
                try (StoreLock abandoned = StoreLock.tryFile(path)) {
                    if (abandoned != null) {
                        Files.deleteIfExists(path);
                    }
                }
            }
        }
    }

    private static void read(Path path, Set<String> digests) throws IOException {
        try {
            for (String line : Files.readAllLines(path, StandardCharsets.ISO_8859_1)) {
                digests.add(hex(line));
            }
        } catch (NoSuchFileException e) {
            // its operation has just ended
            return;
        }
    }

    /** A line cut by a full disk names nothing that its writer relies on. */
    private static String hex(String line) {
        try {
            return Digest.parse(line).hex();
        } catch (OciException e) {
            return "";
        }
    }

    @Override
    public void close() throws IOException {
        try {
            Files.deleteIfExists(path);
        } finally {
            lock.close();
        }
    }
}
