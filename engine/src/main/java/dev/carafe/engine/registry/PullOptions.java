package dev.carafe.engine.registry;

import dev.carafe.oci.image.Platform;
import org.jspecify.annotations.Nullable;

/**
 * How to pull.
 *
 * @param platform which of an index's images; null for this host's
 * @param allPlatforms keep the others too, as they are, so that the whole can be pushed or saved
 * @param parallel how many layers at once, from 1
 */
public record PullOptions(@Nullable Platform platform, boolean allPlatforms, int parallel) {
    /** This host's platform, three layers at once. */
    public static final PullOptions USUAL = new PullOptions(null, false, 3);
}
