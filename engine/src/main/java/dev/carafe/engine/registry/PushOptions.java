package dev.carafe.engine.registry;

/**
 * How to push.
 *
 * @param allPlatforms the whole index by which the image was pulled, not one image of it
 * @param parallel how many blobs at once, from 1
 */
public record PushOptions(boolean allPlatforms, int parallel) {
    /** One image, five blobs at once. */
    public static final PushOptions USUAL = new PushOptions(false, 5);
}
