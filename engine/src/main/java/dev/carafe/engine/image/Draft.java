package dev.carafe.engine.image;

import dev.carafe.engine.image.Staging.Spooled;
import dev.carafe.linux.Fd;
import dev.carafe.linux.Native;
import dev.carafe.linux.Sys;
import dev.carafe.oci.OciException;
import dev.carafe.oci.image.Descriptor;
import dev.carafe.oci.image.Digest;
import dev.carafe.oci.image.ImageConfig;
import dev.carafe.oci.image.ImageReference;
import dev.carafe.oci.image.Manifest;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * An image in the making: a place for its files beside the store, the layers that have been
 * finished, and a hold on those that the store has. Nothing of it is visible before {@link
 * #commit}; closing it removes what was neither committed nor kept.
 *
 * <p>Safe for use by several threads.
 */
public final class Draft implements AutoCloseable {
    private final Layout layout;
    private final Staging staging;
    private final Lease lease;
    private final Privilege privilege = Privilege.ofThisProcess();
    private final AtomicInteger next = new AtomicInteger();
    private final Map<Digest, Layer> finished = new LinkedHashMap<>();
    private final Map<Digest, Layer> used = new LinkedHashMap<>();

    private Draft(Layout layout, Staging staging, Lease lease) throws IOException {
        this.layout = layout;
        this.staging = staging;
        this.lease = lease;
    }

    static Draft open(Layout layout) throws IOException {
        Lease lease = Lease.open(layout);
        Staging staging = null;
        try {
            staging = Staging.open(layout);
            Files.createDirectories(staging.path("layers"));
            return new Draft(layout, staging, lease);
        } catch (IOException e) {
            if (staging != null) {
                staging.close();
            }
            lease.close();
            throw e;
        }
    }

    /**
     * A new empty directory with mode 0755 on the store's disk, for a layer's files or whatever
     * else goes with the draft.
     *
     * @param hint becomes part of its name
     */
    public Path newDirectory(String hint) throws IOException {
        String tidy = hint.replaceAll("[^A-Za-z0-9]", "");
        String name = next.incrementAndGet() + tidy.substring(0, Math.min(20, tidy.length()));
        Path directory = Files.createDirectory(staging.path(name));
        // whatever the umask
        return Files.setPosixFilePermissions(
                directory, PosixFilePermissions.fromString("rwxr-xr-x"));
    }

    /**
     * Makes a layer of what is in a directory, as overlayfs leaves it in an upper directory:
     * whiteouts are character devices 0/0, hidden directories have the attribute {@code
     * trusted.overlay.opaque}, or {@code user.overlay.opaque} for an ordinary user. The directory
     * becomes the unpacked layer: it is moved, and no mount nor program may be using it.
     *
     * @param changes from {@link #newDirectory}, or below such a directory
     * @throws ImageException when a layer can't hold what is there
     */
    public Layer layer(Path changes, LayerOptions options) throws IOException {
        try {
            return finish(changes, options);
        } catch (IOException e) {
            throw ImageStore.told(layout, e);
        }
    }

    private Layer finish(Path changes, LayerOptions options) throws IOException {
        Path blob = staging.path(next.incrementAndGet() + ".tar");
        Digest diffId;
        long size;
        boolean any;
        try (LayerFile file = new LayerFile(blob)) {
            TarWriter tar = new TarWriter(file);
            any = new ChangeSet(tar, privilege, options.newest()).write(changes);
            diffId = file.digest();
            size = tar.position();
        } catch (IOException e) {
            Files.deleteIfExists(blob);
            throw e;
        }
        Descriptor descriptor = stage(blob, diffId, size, options.compression());
        lease.add(List.of(diffId, descriptor.digest()));
        synchronized (this) {
            Optional<Layer> known = known(diffId);
            if (known.isPresent()) {
                used.put(diffId, known.get());
                Staging.delete(changes);
                return known.get();
            }
            Path fs = moveIn(changes, diffId, size);
            Layer layer = new Layer(diffId, descriptor, fs, size, !any);
            finished.put(diffId, layer);
            used.put(diffId, layer);
            return layer;
        }
    }

    /** Gives a tar the place of a finished blob, compressed when it is to be. */
    private Descriptor stage(Path tar, Digest diffId, long size, Compression compression)
            throws IOException {
        if (compression == Compression.NONE) {
            Files.move(tar, staged(diffId), StandardCopyOption.REPLACE_EXISTING);
            return plain(diffId, size);
        }
        Path packed = staging.path(next.incrementAndGet() + ".packed");
        Descriptor blob = Compressed.file(tar, packed, compression);
        Files.move(packed, staged(blob.digest()), StandardCopyOption.REPLACE_EXISTING);
        Files.delete(tar);
        return blob;
    }

    private static Descriptor plain(Digest diffId, long size) {
        return new Descriptor(Compression.NONE.mediaType(), diffId, size);
    }

    private Path moveIn(Path changes, Digest diffId, long size) throws IOException {
        Path part = staging.path("layers").resolve(diffId.hex() + ".part");
        Files.createDirectory(part);
        Path fs = part.resolve("fs");
        try (Fd root = Dir.open(changes)) {
            int mode = Objects.requireNonNull(Node.of(root, "")).permissions();
            // an ordinary user must be allowed to write to a directory that changes its parent
            Native.check("chmod " + changes, Sys.FCHMOD, root.number(), mode | 0700);
            Files.move(changes, fs);
            Native.check("chmod " + changes, Sys.FCHMOD, root.number(), mode);
        }
        Files.write(part.resolve("size"), Long.toString(size).getBytes(StandardCharsets.UTF_8));
        Files.createFile(Layout.builtHere(part));
        Path whole = staging.path("layers").resolve(diffId.hex());
        Files.move(part, whole);
        return whole.resolve("fs");
    }

    private Path staged(Digest blob) {
        return staging.path("blob-" + blob.hex());
    }

    /** A layer that this draft has finished or the store has; the store keeps it meanwhile. */
    public Optional<Layer> existing(Digest diffId) throws IOException {
        if (!diffId.algorithm().equals("sha256")) {
            return Optional.empty();
        }
        lease.add(diffId);
        synchronized (this) {
            Optional<Layer> known = known(diffId);
            known.ifPresent(layer -> used.put(layer.diffId(), layer));
            return known;
        }
    }

    private Optional<Layer> known(Digest diffId) throws IOException {
        Layer layer = finished.get(diffId);
        if (layer != null) {
            return Optional.of(layer);
        }
        Path directory = layout.layer(diffId.hex());
        if (!Files.exists(directory)) {
            return Optional.empty();
        }
        long size = Inspect.readSize(directory.resolve("size"));
        Optional<Descriptor> blob =
                Files.exists(layout.blob(diffId))
                        ? Optional.of(plain(diffId, Files.size(layout.blob(diffId))))
                        : Compressed.present(layout, diffId, lease);
        Path fs = directory.resolve("fs");
        return blob.map(found -> new Layer(diffId, found, fs, size, size == TarWriter.EMPTY));
    }

    /**
     * The layers of an image in the store, lowest first, for an image on top of it; the store keeps
     * them meanwhile.
     *
     * @param image a name, digest, id or the beginning of an id
     */
    public List<Layer> base(String image) throws IOException {
        Image held = lease.image(image);
        try {
            Names names = new Names(layout.readIndex().manifests());
            Manifest manifest = layout.readManifest(names.find(held.id()).digest());
            List<Digest> diffIds = held.config().rootfs().diffIds();
            List<Layer> layers = new ArrayList<>();
            for (int i = 0; i < diffIds.size(); i++) {
                Path directory = layout.unpacked(held.id(), diffIds, i);
                long size = Inspect.readSize(directory.resolve("size"));
                layers.add(
                        new Layer(
                                diffIds.get(i),
                                manifest.layers().get(i),
                                directory.resolve("fs"),
                                size,
                                size == TarWriter.EMPTY));
            }
            return layers;
        } catch (OciException e) {
            throw new ImageException(Layout.message(e), e);
        }
    }

    /** Publishes an image with OCI media types. */
    public Image commit(ImageConfig config, List<Layer> layers, List<String> names)
            throws IOException {
        return commit(config, layers, names, ManifestFormat.OCI);
    }

    /**
     * Publishes an image, all at once: when this returns it is in the store to stay.
     *
     * @param config all but the layers' digests, which are put in
     * @param layers lowest first, from this draft
     * @param names full or familiar names to give it, which whatever image had them loses
     */
    public synchronized Image commit(
            ImageConfig config, List<Layer> layers, List<String> names, ManifestFormat format)
            throws IOException {
        try {
            List<String> full = new ArrayList<>();
            for (String name : names) {
                full.add(ImageReference.parse(name).toString());
            }
            Prepared image = prepare(config, layers, full, format);
            new Publish(layout, staging).all(List.of(image));
            published(layers);
            return lease.image(image.id());
        } catch (OciException e) {
            throw new ImageException(Layout.message(e), e);
        } catch (IOException e) {
            throw ImageStore.told(layout, e);
        }
    }

    private Prepared prepare(
            ImageConfig config, List<Layer> layers, List<String> names, ManifestFormat format)
            throws IOException {
        List<Digest> diffIds = new ArrayList<>();
        List<Descriptor> descriptors = new ArrayList<>();
        List<Spooled> blobs = new ArrayList<>();
        for (Layer layer : layers) {
            diffIds.add(layer.diffId());
            descriptors.add(format.layer(layer.blob()));
            Digest digest = layer.blob().digest();
            Path staged = staged(digest);
            Path file = Files.exists(staged) ? staged : layout.blob(digest);
            blobs.add(new Spooled(file, digest, layer.blob().size()));
        }
        ImageConfig whole = config.withDiffIds(diffIds);
        Spooled configBlob = spool(whole.json().bytes());
        Descriptor configEntry =
                new Descriptor(format.config(), configBlob.digest(), configBlob.size());
        Spooled manifest = spool(format.manifest(configEntry, descriptors).json().bytes());
        Descriptor entry = new Descriptor(format.manifest(), manifest.digest(), manifest.size());
        lease.add(List.of(manifest.digest(), configBlob.digest()));
        return new Prepared(entry, manifest, configBlob, whole, blobs, names);
    }

    private Spooled spool(byte[] bytes) throws IOException {
        Digest digest = Digest.sha256(bytes);
        Path file = staged(digest);
        Files.write(file, bytes);
        return new Spooled(file, digest, bytes.length);
    }

    /** What the draft finished is now where everything else is. */
    private void published(Collection<Layer> layers) throws IOException {
        for (Layer layer : layers) {
            if (finished.containsKey(layer.diffId()) && !Compressed.isPlain(layer.blob())) {
                try (StoreLock _ = StoreLock.exclusive(layout.lock())) {
                    Compressed.add(layout, layer.diffId(), layer.blob());
                }
            }
        }
        finished.replaceAll(
                (diffId, layer) -> {
                    Path fs = layout.layer(diffId.hex()).resolve("fs");
                    return Files.exists(fs)
                            ? new Layer(diffId, layer.blob(), fs, layer.size(), layer.empty())
                            : layer;
                });
    }

    /**
     * Publishes the layers that were finished, without an image, and marks them and those that
     * {@link #existing} gave as a cache's: the store keeps them until {@link ImageStore#forget}. A
     * build that failed keeps what it did so far.
     */
    public synchronized void keep() throws IOException {
        try {
            Map<Digest, Spooled> blobs = new LinkedHashMap<>();
            for (Layer layer : used.values()) {
                Descriptor blob = layer.blob();
                blobs.put(
                        layer.diffId(),
                        new Spooled(staged(blob.digest()), blob.digest(), blob.size()));
            }
            new Publish(layout, staging).kept(blobs);
            published(used.values());
        } catch (IOException e) {
            throw ImageStore.told(layout, e);
        }
    }

    @Override
    public void close() throws IOException {
        try {
            staging.close();
        } finally {
            lease.close();
        }
    }
}
