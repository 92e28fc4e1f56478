package dev.carafe.engine.image;

import dev.carafe.oci.image.Descriptor;
import java.io.IOException;
import java.io.InputStream;

/** Where the blobs of an image come from, such as a repository of a registry. */
@FunctionalInterface
public interface BlobSource {
    /**
     * Opens a blob. Nothing of what comes is trusted: the reader checks size and digest. A read
     * that fails is tried again with another {@code open} from where it broke; an {@code open} that
     * fails is not.
     *
     * @param from the first byte wanted, 0 to the descriptor's size
     */
    InputStream open(Descriptor blob, long from) throws IOException;
}
