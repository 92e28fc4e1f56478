package dev.carafe.engine.image;

import dev.carafe.oci.image.Descriptor;
import dev.carafe.oci.image.Digest;
import dev.carafe.oci.image.ImageConfig;
import dev.carafe.oci.image.ImageReference;
import dev.carafe.oci.image.Manifest;
import dev.carafe.oci.image.MediaType;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.zip.GZIPOutputStream;

/** A registry without a network: blobs by digest, and a note of each that was asked for. */
final class Shelf implements BlobSource {
    final Map<Digest, byte[]> blobs = new ConcurrentHashMap<>();

    /** "HEX from OFFSET", each time that one was opened. */
    final List<String> opened = new CopyOnWriteArrayList<>();

    private final List<Digest> diffIds = new ArrayList<>();
    private final List<Descriptor> layers = new ArrayList<>();

    @Override
    public InputStream open(Descriptor blob, long from) throws IOException {
        opened.add(blob.digest().hex().substring(0, 8) + " from " + from);
        byte[] bytes = blobs.get(blob.digest());
        if (bytes == null) {
            throw new IOException("404 " + blob.digest());
        }
        return new ByteArrayInputStream(bytes, (int) from, bytes.length - (int) from);
    }

    Descriptor add(String type, byte[] bytes) {
        Digest digest = Digest.sha256(bytes);
        blobs.put(digest, bytes);
        return new Descriptor(type, digest, bytes.length);
    }

    /** One more layer of the image. */
    Descriptor layer(byte[] tar, byte[] compressed) {
        diffIds.add(Digest.sha256(tar));
        layers.add(add(MediaType.LAYER_GZIP, compressed));
        return layers.get(layers.size() - 1);
    }

    Descriptor layer(byte[] tar) throws IOException {
        return layer(tar, gzip(tar));
    }

    /** Another blob in place of the layer's, under its descriptor. */
    void swap(Descriptor layer, byte[] bytes) {
        blobs.put(layer.digest(), bytes);
    }

    /** What the configuration says of the layer, whatever the truth. */
    void claim(int layer, Digest diffId) {
        diffIds.set(layer, diffId);
    }

    Delivery image(String name) {
        ImageConfig config =
                new ImageConfig(
                        "2024-01-01T00:00:00Z",
                        null,
                        Platforms.host().architecture(),
                        "linux",
                        null,
                        List.of(),
                        null,
                        ImageConfig.Config.EMPTY,
                        new ImageConfig.RootFs("layers", diffIds),
                        List.of());
        Manifest manifest =
                new Manifest(add(MediaType.CONFIG, config.json().bytes()), List.copyOf(layers));
        byte[] bytes = manifest.json().bytes();
        Descriptor descriptor =
                new Descriptor(MediaType.MANIFEST, Digest.sha256(bytes), bytes.length);
        return new Delivery(
                ImageReference.parse(name),
                new Delivery.Document(descriptor, bytes),
                null,
                null,
                List.of(),
                List.of());
    }

    static byte[] gzip(byte[] bytes) throws IOException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        try (GZIPOutputStream gzip = new GZIPOutputStream(out)) {
            gzip.write(bytes);
        }
        return out.toByteArray();
    }
}
