package dev.carafe.engine.image;

import dev.carafe.oci.image.Platform;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Images to save.
 *
 * @param references each a name; a repository, which means all its tags; a digest, an id or the
 *     beginning of an id, which give no name
 * @param names to give the one image instead of its own; empty for its own
 * @param platform to save of images of several, or null for what the store has unpacked
 * @param compression of layers that the store holds as plain tars
 */
public record Saved(
        List<String> references,
        List<String> names,
        @Nullable Platform platform,
        Compression compression) {
    /** Copies the lists. */
    public Saved {
        references = List.copyOf(references);
        names = List.copyOf(names);
        if (!names.isEmpty() && references.size() != 1) {
            throw new IllegalArgumentException("names are for one image");
        }
    }

    /** These images as they are in the store. */
    public static Saved of(List<String> references) {
        return new Saved(references, List.of(), null, Compression.NONE);
    }
}
