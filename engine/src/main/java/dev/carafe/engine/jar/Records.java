package dev.carafe.engine.jar;

import dev.carafe.engine.image.Draft;
import dev.carafe.engine.image.Layer;
import dev.carafe.oci.OciException;
import dev.carafe.oci.image.Digest;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Optional;

/**
 * What earlier builds found, by what it depends on: the diff id of a layer, a set of modules. Files
 * of one line, which may go at any time. A layer counts only while the store has it.
 */
record Records(Path directory) {
    private static final int MOST = 64 * 1024;

    static Records in(Path store) throws IOException {
        return new Records(Files.createDirectories(store.resolve("cache").resolve("jar")));
    }

    Optional<String> read(String key) throws IOException {
        Path file = directory.resolve(key);
        try {
            if (Files.size(file) > MOST) {
                return Optional.empty();
            }
            return Optional.of(Files.readString(file).strip());
        } catch (NoSuchFileException e) {
            return Optional.empty();
        }
    }

    /** Replaces a record whole; the last of two builds that write at once stays. */
    void write(String key, String value) throws IOException {
        Path temporary = Files.createTempFile(directory, ".new", "");
        Files.write(temporary, (value + "\n").getBytes(StandardCharsets.UTF_8));
        Files.move(
                temporary,
                directory.resolve(key),
                StandardCopyOption.ATOMIC_MOVE,
                StandardCopyOption.REPLACE_EXISTING);
    }

    /** The layer of an earlier build, kept from removal while the draft is open. */
    Optional<Layer> layer(String key, Draft draft) throws IOException {
        Optional<String> diffId = read(key);
        if (diffId.isEmpty()) {
            return Optional.empty();
        }
        try {
            return draft.existing(Digest.parse(diffId.get()));
        } catch (OciException e) {
            return Optional.empty();
        }
    }
}
