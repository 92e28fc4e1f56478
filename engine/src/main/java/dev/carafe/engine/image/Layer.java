package dev.carafe.engine.image;

import dev.carafe.oci.image.Descriptor;
import dev.carafe.oci.image.Digest;
import java.nio.file.Path;

/**
 * A layer that can be part of a new image.
 *
 * @param diffId the digest of its tar, uncompressed
 * @param blob what a manifest says of it
 * @param fs its files, usable as a lower layer of an overlay. While the draft that wrote it is open
 *     and has not been committed or kept, this is inside the draft's directory; afterwards ask
 *     {@link Draft#existing}
 * @param size bytes of its tar, uncompressed
 * @param empty whether it changes nothing at all
 */
public record Layer(Digest diffId, Descriptor blob, Path fs, long size, boolean empty) {}
