package dev.carafe.engine.registry;

import dev.carafe.oci.image.Descriptor;

/**
 * A manifest or index as the registry has it.
 *
 * @param descriptor its media type, the digest that these bytes have, and their number
 * @param bytes at most 4 MiB; not copied
 */
@SuppressWarnings("ArrayRecordComponent") // handed on once, never compared
public record Fetched(Descriptor descriptor, byte[] bytes) {}
