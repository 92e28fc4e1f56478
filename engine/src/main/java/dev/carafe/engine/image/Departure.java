package dev.carafe.engine.image;

import dev.carafe.oci.OciException;
import dev.carafe.oci.image.Descriptor;
import dev.carafe.oci.image.Digest;
import dev.carafe.oci.image.Index;
import dev.carafe.oci.image.Manifest;
import dev.carafe.oci.image.MediaType;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * An image on its way to a registry: its blobs, and the documents that name them. What it needs
 * stays in the store until it is closed.
 */
public final class Departure implements AutoCloseable {
    private static final int MAX_NESTING = 4;

    private final Layout layout;
    private final String name;
    private final Lease lease;
    private final Map<Digest, Descriptor> blobs = new LinkedHashMap<>();
    private final Map<Digest, Delivery.Document> documents = new LinkedHashMap<>();

    private Departure(Layout layout, String name, Lease lease) {
        this.layout = layout;
        this.name = name;
        this.lease = lease;
    }

    static Departure of(Layout layout, String reference, boolean wholeIndex) throws IOException {
        Lease lease = Lease.open(layout);
        try {
            Descriptor entry = lease.entry(reference);
            Departure departure = new Departure(layout, Remove.familiar(reference), lease);
            if (wholeIndex) {
                departure.index(entry);
            } else {
                departure.image(entry);
            }
            return departure;
        } catch (OciException e) {
            lease.close();
            throw new ImageException(Layout.message(e), e);
        } catch (IOException | RuntimeException e) {
            lease.close();
            throw e;
        }
    }

    private void image(Descriptor entry) throws IOException {
        byte[] bytes = Files.readAllBytes(layout.blob(entry.digest()));
        Manifest manifest = Manifest.parse("manifest " + entry.digest(), bytes);
        Descriptor descriptor = new Descriptor(entry.mediaType(), entry.digest(), entry.size());
        List<Digest> diffIds = layout.readConfig(manifest.config().digest()).rootfs().diffIds();
        if (manifest.layers().stream().anyMatch(Compressed::isPlain) && isOurs(diffIds)) {
            // what a build made; a registry's users expect it compressed
            manifest = Compressed.manifest(layout, manifest, diffIds, Compression.GZIP, lease);
            bytes = manifest.json().bytes();
            descriptor = new Descriptor(entry.mediaType(), Digest.sha256(bytes), bytes.length);
        }
        addBlobs(manifest);
        documents.put(descriptor.digest(), new Delivery.Document(descriptor, bytes));
    }

    /** Another's image goes as it came, so that its digest stays. */
    private boolean isOurs(List<Digest> diffIds) {
        for (Digest diffId : diffIds) {
            if (Files.exists(Layout.builtHere(layout.layer(diffId.hex())))) {
                return true;
            }
        }
        return false;
    }

    private void addBlobs(Manifest manifest) {
        for (Descriptor layer : manifest.layers()) {
            // a layer that others may not give out is fetched from where its manifest says
            if (layer.urls().isEmpty()) {
                blobs.put(layer.digest(), layer);
            }
        }
        blobs.put(manifest.config().digest(), manifest.config());
    }

    private void index(Descriptor entry) throws IOException {
        Digest digest = Names.index(entry);
        if (digest == null || !Files.exists(layout.blob(digest))) {
            throw new ImageException(
                    name
                            + ": the store has one platform of it alone;"
                            + " pull it with --all-platforms first");
        }
        index(digest, "", 0);
    }

    private void index(Digest digest, String type, int depth) throws IOException {
        if (depth > MAX_NESTING) {
            throw new ImageException(name + ": indexes nested more than " + MAX_NESTING + " deep");
        }
        byte[] bytes = read(digest);
        Index index = Index.parse("index " + digest, bytes);
        for (Descriptor child : index.manifests()) {
            if (MediaType.isIndex(child.mediaType())) {
                index(child.digest(), child.mediaType(), depth + 1);
            } else if (MediaType.isManifest(child.mediaType())) {
                byte[] manifest = read(child.digest());
                addBlobs(Manifest.parse("manifest " + child.digest(), manifest));
                Descriptor plain =
                        new Descriptor(child.mediaType(), child.digest(), manifest.length);
                documents.putIfAbsent(child.digest(), new Delivery.Document(plain, manifest));
            } else {
                blobs.put(child.digest(), child);
            }
        }
        String own = index.mediaType();
        String known = type.isEmpty() ? own == null ? MediaType.INDEX : own : type;
        documents.put(
                digest, new Delivery.Document(new Descriptor(known, digest, bytes.length), bytes));
    }

    private byte[] read(Digest digest) throws IOException {
        Path file = layout.blob(digest);
        if (!Files.exists(file)) {
            throw new ImageException(
                    name
                            + ": the store lacks "
                            + digest
                            + " of its index; pull it with --all-platforms first");
        }
        return Files.readAllBytes(file);
    }

    /** Configurations and layers, but for those that are to be fetched from elsewhere. */
    public List<Descriptor> blobs() {
        return new ArrayList<>(blobs.values());
    }

    /** Manifests and indexes, each after those that it names; never empty. */
    public List<Delivery.Document> documents() {
        return new ArrayList<>(documents.values());
    }

    /** The file of a blob. */
    public Path file(Descriptor blob) {
        return layout.blob(blob.digest());
    }

    /** Something to do with a blob. */
    @FunctionalInterface
    public interface Action {
        void on(Descriptor blob) throws IOException;
    }

    /** Does it with every blob, several at once; the first failure ends all. */
    public void each(int parallel, Action action) throws IOException {
        try (Crew crew = new Crew(parallel)) {
            for (Descriptor blob : blobs.values()) {
                crew.add(() -> action.on(blob));
            }
            crew.await();
        }
    }

    @Override
    public void close() throws IOException {
        lease.close();
    }
}
