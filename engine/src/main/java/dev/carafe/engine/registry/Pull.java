package dev.carafe.engine.registry;

import dev.carafe.engine.image.Delivery;
import dev.carafe.engine.image.Image;
import dev.carafe.engine.image.ImageException;
import dev.carafe.engine.image.ImageStore;
import dev.carafe.engine.image.Platforms;
import dev.carafe.engine.image.TransferListener;
import dev.carafe.engine.signature.SignaturePolicy;
import dev.carafe.oci.OciException;
import dev.carafe.oci.image.Descriptor;
import dev.carafe.oci.image.Digest;
import dev.carafe.oci.image.ImageReference;
import dev.carafe.oci.image.Index;
import dev.carafe.oci.image.Manifest;
import dev.carafe.oci.image.MediaType;
import dev.carafe.oci.image.Platform;
import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Pulls one image: its manifest, through an index where there is one, and then what the store lacks
 * of it.
 */
public final class Pull {
    private static final int MAX_NESTING = 4;
    private static final int MAX_DOCUMENTS = 1000;

    private final Repository repository;
    private final ImageReference name;
    private final PullOptions options;
    private final Map<Digest, Delivery.Document> documents = new LinkedHashMap<>();

    /**
     * What was pulled.
     *
     * @param digest what the name led to: an index or a manifest
     * @param changed false when the store had it by that name already
     */
    public record Pulled(Image image, Digest digest, boolean changed) {}

    private Pull(Repository repository, ImageReference name, PullOptions options) {
        this.repository = repository;
        // the digest wins: a tag beside it says nothing
        this.name =
                name.digest() == null
                        ? name
                        : new ImageReference(name.domain(), name.path(), null, name.digest());
        this.options = options;
    }

    /**
     * Pulls an image into a store, under the name by which it was asked for.
     *
     * @throws IOException with one line that says what and where; the store is as it was, but for
     *     layers that a later pull may go on with
     */
    public static Pulled image(
            Registries registries,
            ImageStore store,
            ImageReference name,
            PullOptions options,
            TransferListener listener)
            throws IOException {
        return new Pull(registries.repository(name), name, options).run(store, listener);
    }

    private Pulled run(ImageStore store, TransferListener listener) throws IOException {
        try {
            Digest wanted = name.digest();
            Fetched top =
                    repository.manifest(
                            wanted == null
                                    ? Objects.requireNonNull(name.tag())
                                    : wanted.toString());
            Delivery delivery = delivery(top);
            verify(delivery, top.descriptor().digest());
            boolean known = store.leads(name.toString(), delivery.manifest().descriptor().digest());
            Image image = store.take(delivery, repository::blob, listener, options.parallel());
            store.from(repository.name(), delivery.everyBlob());
            warn(image, listener);
            return new Pulled(image, top.descriptor().digest(), !known);
        } catch (OciException e) {
            throw new ImageException(name.familiar() + ": " + e.getMessage(), e);
        }
    }

    /** Before anything is kept. A signature of the index vouches for all that the index names. */
    private void verify(Delivery delivery, Digest top) throws IOException {
        Digest chosen = delivery.manifest().descriptor().digest();
        List<Digest> signed =
                options.allPlatforms() || chosen.equals(top) ? List.of(top) : List.of(chosen, top);
        SignaturePolicy.usual().check(name, signed, new CosignSignatures(repository));
    }

    private void warn(Image image, TransferListener listener) {
        Platform host = Platforms.host();
        if (options.platform() == null
                && !image.config().architecture().equals(host.architecture())) {
            listener.note(
                    name.familiar()
                            + " is for "
                            + image.config().os()
                            + "/"
                            + image.config().architecture()
                            + ", this host is "
                            + Platforms.text(host));
        }
    }

    private Delivery delivery(Fetched top) throws IOException {
        Delivery.Document document = document(top);
        if (!MediaType.isIndex(top.descriptor().mediaType())) {
            return new Delivery(name, document, null, options.platform(), List.of(), List.of());
        }
        Platform wanted = options.platform() == null ? Platforms.host() : options.platform();
        Delivery.Document chosen = choose(document, wanted, 0);
        Map<Digest, Descriptor> blobs = new LinkedHashMap<>();
        if (options.allPlatforms()) {
            collect(document, 0, blobs);
            documents.remove(chosen.descriptor().digest());
        } else {
            documents.clear();
        }
        return new Delivery(
                name,
                chosen,
                top.descriptor().digest(),
                options.platform(),
                List.copyOf(documents.values()),
                List.copyOf(blobs.values()));
    }

    private Delivery.Document choose(Delivery.Document index, Platform wanted, int depth)
            throws IOException {
        List<Descriptor> entries = index(index, depth).manifests();
        Descriptor entry = Platforms.choose(entries, wanted);
        if (entry == null && entries.size() == 1 && entries.get(0).platform() == null) {
            entry = entries.get(0);
        }
        if (entry == null) {
            throw new ImageException(
                    name.familiar()
                            + " is not for "
                            + Platforms.text(wanted)
                            + "; it is for "
                            + Platforms.listed(entries));
        }
        Delivery.Document document = fetch(entry);
        return MediaType.isIndex(document.descriptor().mediaType())
                ? choose(document, wanted, depth + 1)
                : document;
    }

    /** All that an index leads to: documents before those that name them, and blobs. */
    private void collect(Delivery.Document index, int depth, Map<Digest, Descriptor> blobs)
            throws IOException {
        for (Descriptor entry : index(index, depth).manifests()) {
            if (MediaType.isIndex(entry.mediaType())) {
                collect(fetch(entry), depth + 1, blobs);
            } else if (MediaType.isManifest(entry.mediaType())) {
                Delivery.Document document = fetch(entry);
                Manifest manifest = Manifest.parse(where(entry), document.bytes());
                blobs.putIfAbsent(manifest.config().digest(), manifest.config());
                for (Descriptor layer : manifest.layers()) {
                    blobs.putIfAbsent(layer.digest(), layer);
                }
            } else {
                blobs.putIfAbsent(entry.digest(), entry);
            }
        }
        documents.remove(index.descriptor().digest());
        documents.put(index.descriptor().digest(), index);
    }

    private Index index(Delivery.Document document, int depth) throws ImageException {
        if (depth > MAX_NESTING) {
            throw new ImageException(
                    name.familiar() + ": indexes nested more than " + MAX_NESTING + " deep");
        }
        return Index.parse(where(document.descriptor()), document.bytes());
    }

    private String where(Descriptor descriptor) {
        return "manifest " + descriptor.digest();
    }

    private Delivery.Document fetch(Descriptor entry) throws IOException {
        Delivery.@Nullable Document known = documents.get(entry.digest());
        if (known != null) {
            return known;
        }
        if (documents.size() >= MAX_DOCUMENTS) {
            throw new ImageException(
                    name.familiar() + " has more than " + MAX_DOCUMENTS + " manifests");
        }
        Delivery.Document document = document(repository.manifest(entry.digest().toString()));
        documents.put(entry.digest(), document);
        return document;
    }

    private static Delivery.Document document(Fetched fetched) {
        return new Delivery.Document(fetched.descriptor(), fetched.bytes());
    }
}
