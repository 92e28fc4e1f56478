package dev.carafe.engine.image;

import dev.carafe.oci.image.Digest;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/** Layers that stay in the store for a build cache; a file beside each says so. */
final class KeptLayers {
    private KeptLayers() {}

    /** All of them, and when each was last kept, in seconds since 1970. */
    static Map<Digest, Long> of(Layout layout) throws IOException {
        Map<Digest, Long> kept = new LinkedHashMap<>();
        try (DirectoryStream<Path> found = Files.newDirectoryStream(layout.layers())) {
            for (Path layer : found) {
                String name = String.valueOf(layer.getFileName());
                if (name.length() == 64 && Files.exists(Layout.kept(layer))) {
                    kept.put(new Digest("sha256", name), time(Layout.kept(layer)));
                }
            }
        }
        return kept;
    }

    private static long time(Path mark) throws IOException {
        try {
            return Files.getLastModifiedTime(mark).to(TimeUnit.SECONDS);
        } catch (NoSuchFileException e) {
            // forgotten in between
            return 0;
        }
    }

    /** Marks a layer, or renews its mark. */
    static void mark(Path layer) throws IOException {
        Files.write(Layout.kept(layer), new byte[0]);
    }
}
