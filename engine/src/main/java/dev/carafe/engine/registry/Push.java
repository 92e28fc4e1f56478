package dev.carafe.engine.registry;

import dev.carafe.engine.image.Delivery;
import dev.carafe.engine.image.Departure;
import dev.carafe.engine.image.ImageException;
import dev.carafe.engine.image.ImageStore;
import dev.carafe.engine.image.TransferListener;
import dev.carafe.engine.image.TransferListener.Phase;
import dev.carafe.oci.image.Descriptor;
import dev.carafe.oci.image.ImageReference;
import java.io.IOException;
import java.util.List;
import java.util.Objects;

/** Pushes one image: blobs that the registry lacks, several at once, and then its manifest. */
public final class Push {
    private final Repository repository;
    private final ImageReference name;
    private final ImageStore store;
    private final TransferListener listener;

    private Push(
            Repository repository,
            ImageReference name,
            ImageStore store,
            TransferListener listener) {
        this.repository = repository;
        this.name = name;
        this.store = store;
        this.listener = listener;
    }

    /**
     * Pushes the image of a name to the repository of that name.
     *
     * @return the descriptor of the manifest or index that the tag now leads to
     * @throws IOException with one line that says what and where
     */
    public static Descriptor image(
            Registries registries,
            ImageStore store,
            ImageReference name,
            PushOptions options,
            TransferListener listener)
            throws IOException {
        if (name.digest() != null) {
            throw new ImageException(
                    name.familiar() + ": can't be pushed by a digest; give the image a tag");
        }
        return new Push(registries.repository(name), name, store, listener).run(options);
    }

    private Descriptor run(PushOptions options) throws IOException {
        try (Departure departure = store.departure(name.toString(), options.allPlatforms())) {
            departure.each(options.parallel(), blob -> send(departure, blob));
            List<Delivery.Document> documents = departure.documents();
            for (Delivery.Document document : documents.subList(0, documents.size() - 1)) {
                put(document.descriptor().digest().toString(), document);
            }
            // a tag may only ever lead to what is all there
            Delivery.Document last = documents.getLast();
            put(Objects.requireNonNull(name.tag()), last);
            store.from(
                    repository.name(), departure.blobs().stream().map(Descriptor::digest).toList());
            return last.descriptor();
        }
    }

    private void put(String reference, Delivery.Document document) throws IOException {
        repository.putManifest(reference, document.descriptor().mediaType(), document.bytes());
    }

    private void send(Departure departure, Descriptor blob) throws IOException {
        listener.progress(blob.digest(), Phase.QUEUED, 0, blob.size());
        if (repository.has(blob.digest())) {
            listener.progress(blob.digest(), Phase.PRESENT, blob.size(), blob.size());
            return;
        }
        if (mounted(blob)) {
            listener.progress(blob.digest(), Phase.MOUNTED, blob.size(), blob.size());
            return;
        }
        repository.upload(
                blob,
                departure.file(blob),
                sent -> listener.progress(blob.digest(), Phase.UPLOADING, sent, blob.size()));
        listener.progress(blob.digest(), Phase.PUSHED, blob.size(), blob.size());
    }

    private boolean mounted(Descriptor blob) throws IOException {
        String registry = name.domain() + "/";
        for (String known : store.repositoriesOf(blob.digest())) {
            if (known.startsWith(registry)
                    && !known.equals(repository.name())
                    && repository.mount(blob.digest(), known.substring(registry.length()))) {
                return true;
            }
        }
        return false;
    }
}
