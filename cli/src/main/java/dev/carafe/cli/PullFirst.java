package dev.carafe.cli;

import dev.carafe.engine.Engine;
import dev.carafe.engine.EngineException;
import dev.carafe.engine.PullPolicy;
import dev.carafe.engine.Transfers;
import dev.carafe.oci.image.Platform;
import org.jspecify.annotations.Nullable;

/** Pulls the image of {@code run}, {@code explain} or {@code build} when it has to be. */
final class PullFirst {
    private static final int STDERR = 2;

    private PullFirst() {}

    /**
     * Gets an image that may be missing; its progress goes to standard error, since standard output
     * is the container's.
     *
     * @throws EngineException when it can't be had
     */
    static void ensure(
            Engine engine,
            String image,
            PullPolicy policy,
            @Nullable Platform platform,
            boolean quiet,
            Console console) {
        Console errors = new Console(console.err(), console.err());
        try (Transfers transfers = engine.transfers();
                Transfer shown = Transfer.of(errors, STDERR, quiet)) {
            transfers.ensure(image, policy, platform, shown);
        }
    }
}
