package dev.carafe.engine.image;

import dev.carafe.oci.image.Digest;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/** Unpacks layers into staging, where they stand under their names once they are whole. */
final class LayerUnpack {
    private static final String PART = ".part";

    private final Staging staging;
    private final Privilege privilege;
    private final Set<Digest> dependent = ConcurrentHashMap.newKeySet();

    /** What became of a layer. */
    enum Outcome {
        UNPACKED,
        /** It has hard links to files of lower layers, which it was unpacked without. */
        NEEDS_LOWER_LAYERS
    }

    /** What a layer turned out to be; {@code size} is its tar's, in bytes. */
    record Unpacked(Digest diffId, long size, boolean complete) {}

    LayerUnpack(Staging staging) throws IOException {
        this.staging = staging;
        this.privilege = Privilege.ofThisProcess();
        Files.createDirectories(staging.path("layers"));
    }

    /** Where a layer stands, or is to stand. */
    Path layer(String name) {
        return staging.path("layers").resolve(name);
    }

    /** The names of those that are whole. */
    List<String> finished() throws IOException {
        List<String> names = new ArrayList<>();
        try (DirectoryStream<Path> found = Files.newDirectoryStream(staging.path("layers"))) {
            for (Path layer : found) {
                String name = String.valueOf(layer.getFileName());
                if (!name.endsWith(PART)) {
                    names.add(name);
                }
            }
        }
        return names;
    }

    /** Whether a layer has turned out to need others. */
    boolean isDependent(Digest diffId) {
        return dependent.contains(diffId);
    }

    /** Unpacks a layer that is not known to need others. */
    Outcome alone(ByteSource compressed, Digest diffId) throws IOException {
        try {
            into(diffId.hex(), compressed, diffId, List.of());
            return Outcome.UNPACKED;
        } catch (Unpack.NeedsLowerLayers e) {
            dependent.add(diffId);
            return Outcome.NEEDS_LOWER_LAYERS;
        }
    }

    /** Unpacks a layer on top of others, the uppermost first, under the name of its chain. */
    void above(List<Path> below, String chain, ByteSource compressed, Digest diffId)
            throws IOException {
        try {
            into(chain, compressed, diffId, below);
        } catch (Unpack.NeedsLowerLayers e) {
            throw wrap(diffId, e);
        }
    }

    private void into(String name, ByteSource compressed, Digest diffId, List<Path> below)
            throws IOException {
        Path target = layer(name + PART);
        Files.createDirectory(target);
        Path fs = Files.createDirectory(target.resolve("fs"));
        boolean whole = false;
        try (LayerView.Layers lower = new LayerView.Layers(below)) {
            Unpacked unpacked = unpack(compressed, fs, below.isEmpty() ? null : lower);
            if (!unpacked.diffId().equals(diffId)) {
                throw new ImageException(
                        "layer "
                                + diffId
                                + " is corrupt: unpacked, it has the diff id "
                                + unpacked.diffId());
            }
            Files.write(
                    target.resolve("size"),
                    Long.toString(unpacked.size()).getBytes(StandardCharsets.UTF_8));
            Files.move(target, layer(name));
            whole = true;
        } catch (Unpack.NeedsLowerLayers | BlobStream.StalePrefix e) {
            throw e;
        } catch (ImageException e) {
            throw String.valueOf(e.getMessage()).startsWith("layer ") ? e : wrap(diffId, e);
        } finally {
            if (!whole) {
                Staging.delete(target);
            }
        }
    }

    private static ImageException wrap(Digest diffId, IOException e) {
        return new ImageException("layer " + diffId + ": " + Layout.message(e), e);
    }

    /** Unpacks into an empty directory. */
    Unpacked unpack(ByteSource compressed, Path fs, LayerView.@Nullable Layers lower)
            throws IOException {
        try (LayerStream stream = new LayerStream(compressed);
                Unpack unpack = new Unpack(fs, privilege, lower)) {
            TarReader tar = new TarReader(stream);
            unpack.all(tar);
            return new Unpacked(stream.digest(), tar.position(), tar.complete());
        }
    }

    /** Unpacks a blob's file into an empty directory. */
    Unpacked unpack(Path blob, Path fs) throws IOException {
        try (FileChannel file = FileChannel.open(blob)) {
            return unpack(ByteSource.of(file), fs, null);
        }
    }
}
