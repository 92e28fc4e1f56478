package dev.carafe.engine.image;

import dev.carafe.oci.OciException;
import dev.carafe.oci.image.Descriptor;
import dev.carafe.oci.image.Digest;
import dev.carafe.oci.image.Manifest;
import dev.carafe.oci.image.MediaType;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.security.DigestOutputStream;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * The compressed forms of layers that the store holds as plain tars. A small file for each such
 * layer names the blobs, so that only the first push or save does the work.
 */
final class Compressed {
    private Compressed() {}

    private static Path directory(Layout layout) {
        return layout.root().resolve("compressed");
    }

    /** What is on record of a layer, whether or not the blobs are still there. */
    static List<Descriptor> of(Layout layout, Digest diffId) throws IOException {
        List<Descriptor> found = new ArrayList<>();
        try {
            for (String line : Files.readAllLines(directory(layout).resolve(diffId.hex()))) {
                String[] words = line.split(" ", -1);
                if (words.length == 3 && Numbers.decimal(words[2]) >= 0) {
                    found.add(
                            new Descriptor(
                                    words[0], Digest.parse(words[1]), Numbers.decimal(words[2])));
                }
            }
        } catch (NoSuchFileException e) {
            return found;
        } catch (OciException e) {
            throw new ImageException("the image store " + layout.root() + ": " + e.getMessage(), e);
        }
        return found;
    }

    /** Adds to the record. The caller holds the store's exclusive lock, and the blob is there. */
    static void add(Layout layout, Digest diffId, Descriptor blob) throws IOException {
        StringBuilder lines = new StringBuilder();
        List<Descriptor> all = new ArrayList<>(of(layout, diffId));
        all.removeIf(known -> known.mediaType().equals(blob.mediaType()));
        all.add(blob);
        for (Descriptor one : all) {
            lines.append(one.mediaType()).append(' ').append(one.digest());
            lines.append(' ').append(one.size()).append('\n');
        }
        Path file = Layout.made(directory(layout)).resolve(diffId.hex());
        Layout.write(file, lines.toString().getBytes(StandardCharsets.UTF_8));
    }

    /** The blobs of layers that are needed; the records of others go. */
    static void reach(Layout layout, Reachable needed) throws IOException {
        if (!Files.exists(directory(layout))) {
            return;
        }
        try (DirectoryStream<Path> found = Files.newDirectoryStream(directory(layout))) {
            for (Path record : found) {
                String name = String.valueOf(record.getFileName());
                if (!needed.layers().contains(name)) {
                    Files.deleteIfExists(record);
                    continue;
                }
                for (Descriptor blob : of(layout, new Digest("sha256", name))) {
                    needed.addBlob(blob.digest());
                }
            }
        }
    }

    /**
     * A manifest in which no layer is a plain tar. The blobs are in the store when this returns,
     * and leased.
     */
    static Manifest manifest(
            Layout layout,
            Manifest manifest,
            List<Digest> diffIds,
            Compression compression,
            Lease lease)
            throws IOException {
        ManifestFormat format =
                MediaType.DOCKER_CONFIG.equals(manifest.config().mediaType())
                        ? ManifestFormat.DOCKER
                        : ManifestFormat.OCI;
        List<Descriptor> layers = new ArrayList<>();
        for (int i = 0; i < diffIds.size(); i++) {
            Descriptor layer = manifest.layers().get(i);
            layers.add(
                    isPlain(layer)
                            ? format.layer(layer(layout, layer, diffIds.get(i), compression, lease))
                            : layer);
        }
        return new Manifest(
                manifest.schemaVersion(),
                manifest.mediaType(),
                manifest.artifactType(),
                manifest.config(),
                layers,
                manifest.subject(),
                manifest.annotations());
    }

    static boolean isPlain(Descriptor layer) {
        return layer.mediaType().equals(MediaType.LAYER)
                || layer.mediaType().equals(MediaType.DOCKER_LAYER);
    }

    private static Descriptor layer(
            Layout layout, Descriptor plain, Digest diffId, Compression compression, Lease lease)
            throws IOException {
        for (Descriptor known : of(layout, diffId)) {
            lease.add(known.digest());
            if (known.mediaType().equals(compression.mediaType())
                    && Files.exists(layout.blob(known.digest()))) {
                return known;
            }
        }
        try (Staging staging = Staging.open(layout)) {
            Path made = staging.path("blob");
            Descriptor blob = file(layout.blob(plain.digest()), made, compression);
            staging.sync();
            lease.add(blob.digest());
            try (StoreLock _ = StoreLock.exclusive(layout.lock())) {
                Path to = layout.blob(blob.digest());
                Files.move(made, to, StandardCopyOption.ATOMIC_MOVE);
                Layout.sync(layout.blobs());
                add(layout, diffId, blob);
            }
            return blob;
        }
    }

    /** Compresses a file into a new one. */
    static Descriptor file(Path from, Path to, Compression compression) throws IOException {
        MessageDigest hash = LayerStream.sha256();
        try (InputStream in = Files.newInputStream(from);
                OutputStream file = new FileOutputStream(to.toFile());
                OutputStream out =
                        compression.compress(
                                new DigestOutputStream(file, hash), Compression.GZIP_LEVEL)) {
            byte[] piece = new byte[256 * 1024];
            for (int n = in.read(piece); n >= 0; n = in.read(piece)) {
                out.write(piece, 0, n);
            }
        }
        Digest digest = Digest.of("sha256", hash.digest());
        return new Descriptor(compression.mediaType(), digest, Files.size(to));
    }

    /** The first of the record that is still there. */
    static Optional<Descriptor> present(Layout layout, Digest diffId, Lease lease)
            throws IOException {
        for (Descriptor blob : of(layout, diffId)) {
            lease.add(blob.digest());
            if (Files.exists(layout.blob(blob.digest()))) {
                return Optional.of(blob);
            }
        }
        return Optional.empty();
    }
}
