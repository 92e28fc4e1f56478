/**
 * Images on disk: an OCI image layout with its unpacked layers beside it, what fills it (archives,
 * tar files) and what reads it. Archives are hostile input: every path goes through directory
 * descriptors, every number through a bound.
 *
 * <p>Lock order: the store's lock file, nothing else is held with it.
 */
package dev.carafe.engine.image;
