package dev.carafe.engine.image;

import dev.carafe.oci.OciException;
import dev.carafe.oci.image.Descriptor;
import dev.carafe.oci.image.Digest;
import dev.carafe.oci.image.ImageConfig;
import dev.carafe.oci.image.ImageReference;
import dev.carafe.oci.image.Manifest;
import dev.carafe.oci.json.JsonObject;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * The images of this host: an OCI image layout, with the unpacked layers beside it. Several
 * processes may use one store. Each change is made aside, then put in place by renaming, so a crash
 * at any instant leaves the store as it was or as it was to become.
 *
 * <p>Safe for use by several threads. Errors in images, archives and names are {@link
 * ImageException}; other {@link IOException}s are the disk's.
 */
public final class ImageStore {
    private static final long BACKOFF_MILLIS = 200;

    private final Layout layout;

    private ImageStore(Layout layout) {
        this.layout = layout;
    }

    /** Asked before an image is deleted, under the store's lock: which containers use it? */
    @FunctionalInterface
    public interface Users {
        /** The names or ids of the containers of the image with this id ({@code sha256:...}). */
        List<String> of(String imageId);
    }

    /** Opens the store in a directory, which is made when missing. */
    public static ImageStore open(Path root) throws IOException {
        return new ImageStore(Layout.open(root));
    }

    /** The store's directory. */
    public Path root() {
        return layout.root();
    }

    Layout layout() {
        return layout;
    }

    /**
     * Keeps images from being removed until it is closed. Whoever starts a container holds it from
     * {@link #resolve} until the container's use of the image is on record, so that {@link Users}
     * tells of it.
     */
    public StoreLock hold() throws IOException {
        return StoreLock.shared(layout.lock());
    }

    /**
     * Finds an image by name, digest, id or the beginning of an id. Reads two small files.
     *
     * @throws ImageException when there is none, or the store is damaged
     */
    public Image resolve(String reference) throws ImageException {
        Names names = new Names(layout.readIndex().manifests());
        return image(layout, Names.id(names.find(reference)), names);
    }

    /**
     * The built-in image {@code host}; its skeleton is built on first use and when the host's /etc
     * changes.
     */
    public HostImage host() throws IOException {
        return HostImage.open(layout, Path.of("/"));
    }

    /**
     * The layers of an image as an overlay mount takes them: mount(2) has one page for all their
     * names.
     *
     * @param layers as {@link Image#layers} gives them
     */
    public List<Path> mountable(List<Path> layers) throws IOException {
        return layout.shortNames(layers);
    }

    static Image image(Layout layout, String id, Names names) throws ImageException {
        try {
            ImageConfig config = layout.readConfig(Digest.parse(id));
            return new Image(
                    id, config, layout.layersOf(id, config.rootfs().diffIds()), names.of(id));
        } catch (OciException e) {
            throw new ImageException("the image store " + layout.root() + ": " + e.getMessage(), e);
        }
    }

    /**
     * Takes in what docker save, podman save or skopeo (oci-archive, docker-archive) wrote, plain,
     * gzip or zstd. Digests and diff ids are verified; on any error nothing has changed.
     */
    public List<Image> load(InputStream archive) throws IOException {
        try (Staging staging = Staging.open(layout)) {
            List<Prepared> images = new Load(staging).archive(archive);
            new Publish(layout, staging).all(images);
            return published(images);
        } catch (IOException e) {
            throw told(layout, e);
        }
    }

    /**
     * Takes in the images of an OCI layout directory, as {@code skopeo copy ... oci:} writes it.
     */
    public List<Image> loadDirectory(Path directory) throws IOException {
        try (Staging staging = Staging.open(layout)) {
            List<Prepared> images = new Load(staging).directory(directory);
            new Publish(layout, staging).all(images);
            return published(images);
        } catch (IOException e) {
            throw told(layout, e);
        }
    }

    /**
     * Makes an image of one layer from the tar of a root file system, plain, gzip or zstd.
     *
     * @param name the image's name, or null for none
     * @param changes instructions such as {@code CMD ["sh"]}, {@code ENV A=b}: CMD, ENTRYPOINT,
     *     ENV, EXPOSE, LABEL, STOPSIGNAL, USER, VOLUME, WORKDIR
     */
    public Image importTar(InputStream tar, @Nullable String name, List<String> changes)
            throws IOException {
        List<String> names = name == null ? List.of() : List.of(tagged(name));
        try (Staging staging = Staging.open(layout)) {
            Publish publish = new Publish(layout, staging);
            List<Prepared> images = new Import(staging, publish).tar(tar, names, changes);
            publish.all(images);
            return published(images).get(0);
        } catch (IOException e) {
            throw told(layout, e);
        }
    }

    /**
     * Takes in an image from a registry. Layers are unpacked while they come; what is in the store
     * already is not fetched; on any error no image has changed, and what came of its layers is
     * kept for a later pull.
     *
     * @param parallel how many layers at once, from 1
     */
    public Image take(Delivery delivery, BlobSource source, TransferListener listener, int parallel)
            throws IOException {
        return take(delivery, source, listener, parallel, BACKOFF_MILLIS);
    }

    Image take(
            Delivery delivery,
            BlobSource source,
            TransferListener listener,
            int parallel,
            long backoffMillis)
            throws IOException {
        try (Intake intake = new Intake(layout, source, listener, parallel, backoffMillis)) {
            String id = intake.take(delivery);
            return image(layout, id, new Names(layout.readIndex().manifests()));
        } catch (IOException e) {
            throw told(layout, e);
        }
    }

    /** Whether {@link #resolve} would find an image. */
    public boolean has(String reference) throws ImageException {
        return new Names(layout.readIndex().manifests()).has(reference);
    }

    /** Every name of every image, in full. */
    public List<String> names() throws ImageException {
        List<String> names = new ArrayList<>();
        for (Descriptor entry : layout.readIndex().manifests()) {
            String name = Names.name(entry);
            if (name != null) {
                names.add(name);
            }
        }
        return names;
    }

    /** Whether a name, in full, leads to this very manifest. */
    public boolean leads(String name, Digest manifest) throws ImageException {
        for (Descriptor entry : layout.readIndex().manifests()) {
            if (name.equals(Names.name(entry)) && entry.digest().equals(manifest)) {
                return true;
            }
        }
        return false;
    }

    /**
     * An image as a registry takes it.
     *
     * @param reference a name
     * @param wholeIndex the index by which the name led to the image, with all its platforms
     */
    public Departure departure(String reference, boolean wholeIndex) throws IOException {
        try {
            return Departure.of(layout, reference, wholeIndex);
        } catch (IOException e) {
            throw told(layout, e);
        }
    }

    /**
     * Notes that a repository has these blobs, so that the registry can be asked to take them over
     * into another.
     *
     * @param repository with its registry, such as {@code localhost:5000/app}
     */
    public void from(String repository, List<Digest> blobs) throws IOException {
        Sources.add(layout, repository, blobs);
    }

    /** The repositories that are known to have a blob, the most recent first. */
    public List<String> repositoriesOf(Digest blob) throws IOException {
        return Sources.of(layout, blob);
    }

    /** A write by java.nio says neither what nor where. */
    static IOException told(Layout layout, IOException e) {
        return Staging.isDiskFull(e)
                ? new ImageException(
                        "the image store "
                                + layout.root()
                                + ": no space left on its disk; nothing was kept",
                        e)
                : e;
    }

    private List<Image> published(List<Prepared> images) throws ImageException {
        Names names = new Names(layout.readIndex().manifests());
        List<Image> found = new ArrayList<>();
        for (Prepared one : images) {
            found.add(image(layout, one.id(), names));
        }
        return found;
    }

    /** Gives an image one more name, which whatever image had it loses. */
    public void tag(String reference, String name) throws IOException {
        String full = tagged(name);
        try (StoreLock _ = StoreLock.exclusive(layout.lock())) {
            Names names = new Names(layout.readIndex().manifests());
            Descriptor entry = names.find(reference);
            names.put(entry, Names.id(entry), full, Names.index(entry));
            layout.writeIndex(names.entries());
        }
    }

    /**
     * Takes a name away, and with the last one the image; given an id, the image with all its
     * names.
     *
     * @param force also when an id has several names
     * @return what was done, a line each, as docker rmi prints it
     * @throws ImageException when there is no such image, or a container uses it
     */
    public List<String> remove(String reference, boolean force, Users users) throws IOException {
        return new Remove(layout).image(reference, force, users);
    }

    /**
     * Removes images that nobody needs: those without a name, or all; never one that a container
     * uses, nor anything that a {@link Lease} names.
     *
     * @param all also images with names
     * @param which those of them to remove, told by their configuration
     */
    public Pruned prune(boolean all, Predicate<ImageConfig> which, Users users) throws IOException {
        return new Remove(layout).unused(all, which, users);
    }

    /** Keeps what an operation needs from being removed; see {@link Lease}. */
    public Lease lease() throws IOException {
        return Lease.open(layout);
    }

    /** Begins an image. */
    public Draft draft() throws IOException {
        return Draft.open(layout);
    }

    /**
     * The layers that {@link Draft#keep} published for a build cache, and when that last was, in
     * seconds since 1970.
     */
    public Map<Digest, Long> kept() throws IOException {
        return KeptLayers.of(layout);
    }

    /**
     * A build cache needs these layers no longer: the next {@link #remove} or {@link #prune}
     * removes those that no image has.
     */
    public void forget(Collection<Digest> diffIds) throws IOException {
        for (Digest diffId : diffIds) {
            Files.deleteIfExists(Layout.kept(layout.layer(diffId.hex())));
        }
    }

    /**
     * An image's manifest as it goes to a registry: layers that the store holds as plain tars are
     * compressed, at the first time; every other time the store knows the outcome.
     *
     * @param image a name, digest, id or the beginning of an id
     * @param compression NONE leaves everything as it is
     * @param lease what keeps the blobs in the store
     * @return the stored manifest's own bytes when nothing had to be compressed
     */
    public byte[] portable(String image, Compression compression, Lease lease) throws IOException {
        Image held = lease.image(image);
        Names names = new Names(layout.readIndex().manifests());
        Digest digest = names.find(held.id()).digest();
        try {
            byte[] bytes = Files.readAllBytes(layout.blob(digest));
            Manifest stored = Manifest.parse("manifest " + digest, bytes);
            if (compression == Compression.NONE
                    || stored.layers().stream().noneMatch(Compressed::isPlain)) {
                return bytes;
            }
            List<Digest> diffIds = held.config().rootfs().diffIds();
            return Compressed.manifest(layout, stored, diffIds, compression, lease).json().bytes();
        } catch (OciException e) {
            throw new ImageException(Layout.message(e), e);
        } catch (IOException e) {
            throw told(layout, e);
        }
    }

    /**
     * Writes images as one tar; the same images give the same bytes.
     *
     * @param out is flushed, not closed
     * @throws ImageException when one is not in the store, or not for the platform
     */
    public void save(Saved images, SaveFormat format, OutputStream out) throws IOException {
        try (Lease lease = lease()) {
            Save save = new Save(layout, lease);
            save.add(images);
            save.archive(format, out);
        } catch (OciException e) {
            throw new ImageException(Layout.message(e), e);
        }
    }

    /**
     * Writes images as the directory of an OCI layout.
     *
     * @param into must be empty or missing
     */
    public void saveDirectory(Saved images, Path into) throws IOException {
        try (Lease lease = lease()) {
            Save save = new Save(layout, lease);
            save.add(images);
            save.directory(into);
        } catch (OciException e) {
            throw new ImageException(Layout.message(e), e);
        }
    }

    /** All images, the newest first, with a line for each name. */
    public List<ImageSummary> list() throws ImageException {
        return list(ImageFilter.ALL);
    }

    /** The images that a filter accepts, the newest first, with a line for each name. */
    public List<ImageSummary> list(ImageFilter filter) throws ImageException {
        return new Inspect(layout).list(filter);
    }

    /** How an image came to be, the last instruction first. */
    public List<HistoryEntry> history(String reference) throws ImageException {
        return new Inspect(layout).history(reference);
    }

    /** One image as {@code docker image inspect} shows it. */
    public JsonObject inspect(String reference) throws ImageException {
        return new Inspect(layout).image(reference);
    }

    private static String tagged(String name) throws ImageException {
        try {
            ImageReference reference = ImageReference.parse(name);
            if (reference.digest() != null) {
                throw new ImageException("image name " + name + ": a new name can't have a digest");
            }
            return reference.toString();
        } catch (OciException e) {
            throw new ImageException(Layout.message(e), e);
        }
    }
}
