package dev.carafe.engine.image;

import dev.carafe.oci.image.Descriptor;
import dev.carafe.oci.image.Digest;
import dev.carafe.oci.image.ImageReference;
import dev.carafe.oci.image.Manifest;
import dev.carafe.oci.image.Platform;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * An image that a registry offers, as {@link ImageStore#take} wants it.
 *
 * @param name what to name it: with a tag, or with a digest and no tag
 * @param manifest the manifest to unpack
 * @param index the index that led to it, where one did
 * @param platform what the configuration must say that it is for; null for no matter what
 * @param documents the index and the manifests of other platforms, to be kept beside it
 * @param blobs configurations and layers of other platforms, to be kept beside it
 */
public record Delivery(
        ImageReference name,
        Document manifest,
        @Nullable Digest index,
        @Nullable Platform platform,
        List<Document> documents,
        List<Descriptor> blobs) {
    public Delivery {
        documents = List.copyOf(documents);
        blobs = List.copyOf(blobs);
    }

    /** Every blob that it names but the documents; the layers' of the manifest included. */
    public List<Digest> everyBlob() {
        List<Digest> all = new ArrayList<>();
        Descriptor entry = manifest.descriptor();
        Manifest main = Manifest.parse("manifest " + entry.digest(), manifest.bytes());
        all.add(main.config().digest());
        main.layers().forEach(layer -> all.add(layer.digest()));
        blobs.forEach(blob -> all.add(blob.digest()));
        return all;
    }

    /**
     * A manifest or an index, whose digest has been checked.
     *
     * @param bytes not copied
     */
    @SuppressWarnings("ArrayRecordComponent") // handed on once, never compared
    public record Document(Descriptor descriptor, byte[] bytes) {}
}
