package dev.carafe.engine.image;

import dev.carafe.engine.image.Staging.Spooled;
import dev.carafe.oci.image.Digest;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.jspecify.annotations.Nullable;

/**
 * Unpacks the layers of prepared images in staging, and then, under the store's lock, renames blobs
 * and layers into place and writes the index. Only the last of these makes anything visible.
 */
final class Publish {
    private static final int THREADS = 2;

    private final Layout layout;
    private final Staging staging;
    private final Privilege privilege;

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
        this.privilege = Privilege.ofThisProcess();
    }

    void all(List<Prepared> images) throws IOException {
        Files.createDirectories(staging.path("layers"));
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
     * @param blobs staged tars by diff id
     */
    void kept(Map<Digest, Path> blobs) throws IOException {
        staging.sync();
        try (StoreLock _ = StoreLock.exclusive(layout.lock())) {
            for (Map.Entry<Digest, Path> one : blobs.entrySet()) {
                Digest diffId = one.getKey();
                placeLayer(diffId.hex());
                placeBlob(new Spooled(one.getValue(), diffId, 0));
                KeptLayers.mark(layout.layer(diffId.hex()));
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
        if (names.add(image.entry(), image.id())) {
            for (Spooled layer : image.layers()) {
                placeBlob(layer);
            }
            placeBlob(image.config());
            placeBlob(image.manifest());
        }
        for (String name : image.names()) {
            names.name(image.id(), name);
        }
    }

    private void placeLayer(String name) throws IOException {
        Path staged = staging.path("layers").resolve(name);
        if (Files.exists(staged) && !Files.exists(layout.layer(name))) {
            Files.move(staged, layout.layer(name), StandardCopyOption.ATOMIC_MOVE);
        }
    }

    private void placeBlob(Spooled blob) throws IOException {
        if (Files.exists(blob.file())) {
            Files.move(blob.file(), layout.blob(blob.digest()), StandardCopyOption.ATOMIC_MOVE);
        }
    }

    private void unpackMissing(List<Prepared> images) throws IOException {
        Map<Digest, Layer> missing = new LinkedHashMap<>();
        for (Prepared image : images) {
            List<Digest> diffIds = image.imageConfig().rootfs().diffIds();
            for (int i = 0; i < diffIds.size(); i++) {
                if (find(diffIds, i) == null) {
                    missing.putIfAbsent(diffIds.get(i), new Layer(image, i));
                }
            }
        }
        if (missing.isEmpty()) {
            return;
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
            return;
        }
        try (ExecutorService pool =
                Executors.newFixedThreadPool(THREADS, Thread.ofPlatform().daemon().factory())) {
            List<Future<?>> running = new ArrayList<>();
            for (Layer layer : layers) {
                running.add(
                        pool.submit(
                                () -> {
                                    unpackUnlessDependent(layer);
                                    return null;
                                }));
            }
            try {
                for (Future<?> one : running) {
                    one.get();
                }
            } catch (ExecutionException e) {
                pool.shutdownNow();
                if (e.getCause() instanceof IOException cause) {
                    throw cause;
                }
                throw new IOException(e.getCause());
            } catch (InterruptedException e) {
                pool.shutdownNow();
                Thread.currentThread().interrupt();
                throw new IOException("interrupted while unpacking", e);
            }
        }
    }

    private void unpackUnlessDependent(Layer layer) throws IOException {
        Path target = staging.path("layers").resolve(layer.diffId().hex() + ".part");
        try {
            unpack(layer, target, List.of());
            Files.move(target, staging.path("layers").resolve(layer.diffId().hex()));
        } catch (Unpack.NeedsLowerLayers e) {
            Staging.delete(target);
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
        Path target = staging.path("layers").resolve(chain + ".part");
        unpack(layer, target, below);
        Files.move(target, staging.path("layers").resolve(chain));
    }

    private void unpack(Layer layer, Path target, List<Path> below) throws IOException {
        Files.createDirectory(target);
        Path fs = target.resolve("fs");
        Files.createDirectory(fs);
        Unpacked unpacked;
        try {
            unpacked = unpack(layer.blob().file(), fs, below);
        } catch (Unpack.NeedsLowerLayers e) {
            if (layer.index() > 0 && below.isEmpty()) {
                throw e;
            }
            throw wrap(layer, e);
        } catch (IOException e) {
            throw wrap(layer, e);
        }
        if (!unpacked.diffId().equals(layer.diffId())) {
            throw new ImageException(
                    "layer "
                            + layer.diffId()
                            + " of image "
                            + layer.image().id()
                            + " is corrupt: it holds "
                            + unpacked.diffId());
        }
        Files.write(
                target.resolve("size"),
                Long.toString(unpacked.size()).getBytes(StandardCharsets.UTF_8));
    }

    private static ImageException wrap(Layer layer, IOException e) {
        return new ImageException("layer " + layer.diffId() + ": " + Layout.message(e), e);
    }

    /** What a layer turned out to be; {@code size} is its tar's, in bytes. */
    record Unpacked(Digest diffId, long size, boolean complete) {}

    private Unpacked unpack(Path blob, Path fs, List<Path> below) throws IOException {
        try (LayerView.Layers lower = new LayerView.Layers(below)) {
            return unpack(blob, fs, below.isEmpty() ? null : lower);
        }
    }

    Unpacked unpack(Path blob, Path fs, LayerView.@Nullable Layers lower) throws IOException {
        try (InputStream in = Files.newInputStream(blob);
                LayerStream stream = new LayerStream(Decompression.open(in));
                Unpack unpack = new Unpack(fs, privilege, lower)) {
            TarReader tar = new TarReader(stream);
            unpack.all(tar);
            return new Unpacked(stream.digest(), tar.position(), tar.complete());
        }
    }
}
