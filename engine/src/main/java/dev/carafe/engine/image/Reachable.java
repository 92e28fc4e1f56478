package dev.carafe.engine.image;

import dev.carafe.oci.OciException;
import dev.carafe.oci.image.Descriptor;
import dev.carafe.oci.image.Digest;
import dev.carafe.oci.image.Index;
import dev.carafe.oci.image.Manifest;
import dev.carafe.oci.image.MediaType;
import java.io.IOException;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/** The blobs and unpacked layers that entries of index.json lead to. */
final class Reachable {
    private static final int MAX_NESTING = 4;

    private final Layout layout;
    private final Set<Digest> digests = new LinkedHashSet<>();
    private final Set<String> blobs = new LinkedHashSet<>();
    private final Set<String> layers = new LinkedHashSet<>();
    private final Set<String> chains = new LinkedHashSet<>();

    Reachable(Layout layout) {
        this.layout = layout;
    }

    /** File names in blobs/sha256. */
    Set<String> blobs() {
        return blobs;
    }

    /** Directory names in layers: diff ids and chain ids. */
    Set<String> layers() {
        return layers;
    }

    /** The images' chains of layers, each as a whole; what has no layers has the shared one. */
    Set<String> chains() {
        return chains;
    }

    /** All of them as digests, for a lease. */
    List<Digest> digests() {
        return new ArrayList<>(digests);
    }

    /** A layer that a build cache has, and its tar. */
    void addKept(Digest diffId) {
        layer(diffId);
        blob(diffId);
    }

    void addBlob(Digest digest) {
        blob(digest);
    }

    void add(Descriptor entry) throws IOException {
        image(entry.digest());
        Digest index = Names.index(entry);
        if (index != null) {
            index(index, 0);
        }
    }

    private void image(Digest digest) throws ImageException {
        Manifest manifest = layout.readManifest(digest);
        blob(digest);
        blob(manifest.config().digest());
        for (Descriptor layer : manifest.layers()) {
            blob(layer.digest());
        }
        List<Digest> diffIds = layout.readConfig(manifest.config().digest()).rootfs().diffIds();
        for (int i = 0; i < diffIds.size(); i++) {
            layer(diffIds.get(i));
            layer(Layout.chainId(diffIds, i));
        }
        chains.add(
                diffIds.isEmpty() ? Layout.EMPTY_LAYER : Layout.chain(diffIds, diffIds.size() - 1));
    }

    /** An index of several platforms, when it was kept, and those of its manifests that were. */
    private void index(Digest digest, int depth) throws IOException {
        if (depth > MAX_NESTING || !Files.exists(layout.blob(digest)) || !blob(digest)) {
            return;
        }
        try {
            byte[] bytes = Files.readAllBytes(layout.blob(digest));
            for (Descriptor child : Index.parse("index " + digest, bytes).manifests()) {
                if (Files.exists(layout.blob(child.digest()))) {
                    child(child, depth);
                }
            }
        } catch (OciException e) {
            throw new ImageException(Layout.message(e), e);
        }
    }

    private void child(Descriptor child, int depth) throws IOException {
        if (MediaType.isIndex(child.mediaType())) {
            index(child.digest(), depth + 1);
        } else if (blob(child.digest())) {
            Manifest manifest = layout.readManifest(child.digest());
            blob(manifest.config().digest());
            for (Descriptor layer : manifest.layers()) {
                blob(layer.digest());
            }
        }
    }

    /** False when it was known. */
    private boolean blob(Digest digest) {
        digests.add(digest);
        return blobs.add(digest.hex());
    }

    private void layer(Digest digest) {
        digests.add(digest);
        layers.add(digest.hex());
    }
}
