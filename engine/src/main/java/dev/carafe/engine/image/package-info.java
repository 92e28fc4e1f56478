/**
 * Images on disk: an OCI image layout with its unpacked layers beside it, what fills it (archives,
 * tar files) and what reads it. Archives are hostile input: every path goes through directory
 * descriptors, every number through a bound.
 *
 * <p>Lock order: the store's lock file; then, shared with it at most, the directory of the top
 * layer of an image whose root is made ({@link dev.carafe.engine.image.RootImages}). Nothing else
 * is held with either.
 */
package dev.carafe.engine.image;
