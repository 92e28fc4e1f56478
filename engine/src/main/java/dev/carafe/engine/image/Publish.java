package dev.carafe.engine.image;

import dev.carafe.engine.image.Staging.Spooled;
import dev.carafe.oci.image.Digest;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Unpacks the layers of prepared images in staging, and then, under the store's lock, renames blobs
 * and layers into place and writes the index. Only the last of these makes anything visible.
 */
final class Publish {
    private static final int THREADS = 2;

    private final Layout layout;
    private final Staging staging;
    private final LayerUnpack unpack;

    /** A layer that is to be unpacked, and where in which image it was first met. */
    private record Layer(Prepared image, int index) {
        Digest diffId() {
            return image.imageConfig().rootfs().diffIds().get(index);
        }

        Spooled blob() {
            return image.layers().get(index);
        }
    }

    Publish(Layout layout, Staging staging) throws IOException {
        this.layout = layout;
        this.staging = staging;
        this.unpack = new LayerUnpack(staging);
    }

    /** What unpacks into the staging directory of this. */
    LayerUnpack unpack() {
        return unpack;
    }

    void all(List<Prepared> images) throws IOException {
        unpackMissing(images);
        staging.sync();
        try (StoreLock _ = StoreLock.exclusive(layout.lock())) {
            // again, for a layer that was there before and that another process has removed since
            unpackMissing(images);
            Names names = new Names(layout.readIndex().manifests());
            for (Prepared image : images) {
                place(image, names);
            }
            Layout.sync(layout.blobs());
            Layout.sync(layout.layers());
            layout.writeIndex(names.entries());
        }
    }

    /**
     * Publishes layers without an image, for a build cache.
     *
     * @param blobs staged, by diff id
     */
    void kept(Map<Digest, Spooled> blobs) throws IOException {
        if (blobs.values().stream().anyMatch(blob -> Files.exists(blob.file()))) {
            staging.sync();
        }
        try (StoreLock _ = StoreLock.exclusive(layout.lock())) {
            for (Map.Entry<Digest, Spooled> one : blobs.entrySet()) {
                Digest diffId = one.getKey();
                placeLayer(diffId.hex());
                placeBlob(one.getValue());
                KeptLayers.mark(layout.layer(diffId.hex()));
            }
            Layout.sync(layout.blobs());
            Layout.sync(layout.layers());
        }
    }

    /**
     * Puts blobs and unpacked layers in place that no image leads to yet; the caller's lease keeps
     * them there.
     */
    void layers(List<Spooled> blobs) throws IOException {
        staging.sync();
        try (StoreLock _ = StoreLock.exclusive(layout.lock())) {
            for (String name : unpack.finished()) {
                placeLayer(name);
            }
            for (Spooled blob : blobs) {
                placeBlob(blob);
            }
            Layout.sync(layout.blobs());
            Layout.sync(layout.layers());
        }
    }

    private void place(Prepared image, Names names) throws IOException {
        List<Digest> diffIds = image.imageConfig().rootfs().diffIds();
        for (int i = 0; i < diffIds.size(); i++) {
            placeLayer(diffIds.get(i).hex());
            placeLayer(Layout.chain(diffIds, i));
        }
        boolean added = image.exact() || names.add(image.entry(), image.id());
        if (added) {
            for (Spooled layer : image.layers()) {
                placeBlob(layer);
            }
            placeBlob(image.config());
            placeBlob(image.manifest());
            for (Spooled other : image.others()) {
                placeBlob(other);
            }
        }
        for (String name : image.names()) {
            if (image.exact()) {
                names.put(image.entry(), image.id(), name, image.index());
            } else {
                names.name(image.id(), name);
            }
        }
    }

    private void placeLayer(String name) throws IOException {
        Path staged = unpack.layer(name);
        if (Files.exists(staged) && !Files.exists(layout.layer(name))) {
            Files.move(staged, layout.layer(name), StandardCopyOption.ATOMIC_MOVE);
        }
    }

    private void placeBlob(Spooled blob) throws IOException {
        if (blob.file().equals(layout.blob(blob.digest()))) {
            if (!Files.exists(blob.file())) {
                throw new ImageException(
                        "blob " + blob.digest() + " was removed from the store meanwhile");
            }
        } else if (Files.exists(blob.file())) {
            Files.move(blob.file(), layout.blob(blob.digest()), StandardCopyOption.ATOMIC_MOVE);
        }
    }

    private void unpackMissing(List<Prepared> images) throws IOException {
        Map<Digest, Layer> missing = new LinkedHashMap<>();
        for (Prepared image : images) {
            List<Digest> diffIds = image.imageConfig().rootfs().diffIds();
            for (int i = 0; i < diffIds.size(); i++) {
                if (find(diffIds, i) == null && !unpack.isDependent(diffIds.get(i))) {
                    missing.putIfAbsent(diffIds.get(i), new Layer(image, i));
                }
            }
        }
        unpackAlone(new ArrayList<>(missing.values()));
        // what is still missing has hard links into lower layers, so it differs from image to image
        for (Prepared image : images) {
            List<Digest> diffIds = image.imageConfig().rootfs().diffIds();
            for (int i = 0; i < diffIds.size(); i++) {
                if (find(diffIds, i) == null) {
                    unpackAbove(new Layer(image, i));
                }
            }
        }
    }

    private @Nullable Path find(List<Digest> diffIds, int index) {
        String alone = diffIds.get(index).hex();
        for (String name : new String[] {alone, Layout.chain(diffIds, index)}) {
            for (Path layers : new Path[] {layout.layers(), staging.path("layers")}) {
                if (Files.exists(layers.resolve(name))) {
                    return layers.resolve(name).resolve("fs");
                }
            }
        }
        return null;
    }

    private void unpackAlone(List<Layer> layers) throws IOException {
        if (layers.size() == 1) {
            unpackUnlessDependent(layers.get(0));
        } else if (layers.size() > 1) {
            try (Crew crew = new Crew(THREADS)) {
                for (Layer layer : layers) {
                    crew.add(() -> unpackUnlessDependent(layer));
                }
                crew.await();
            }
        }
    }

    private void unpackUnlessDependent(Layer layer) throws IOException {
        try (FileChannel blob = FileChannel.open(layer.blob().file())) {
            unpack.alone(ByteSource.of(blob), layer.diffId());
        }
    }

    private void unpackAbove(Layer layer) throws IOException {
        List<Digest> diffIds = layer.image().imageConfig().rootfs().diffIds();
        List<Path> below = new ArrayList<>();
        for (int i = layer.index() - 1; i >= 0; i--) {
            Path lower = find(diffIds, i);
            if (lower != null && !below.contains(lower)) {
                below.add(lower);
            }
        }
        String chain = Layout.chain(diffIds, layer.index());
        try (FileChannel blob = FileChannel.open(layer.blob().file())) {
            unpack.above(below, chain, ByteSource.of(blob), layer.diffId());
        }
    }
}
