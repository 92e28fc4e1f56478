package dev.carafe.cli;

import dev.carafe.engine.Engine;
import dev.carafe.engine.EngineException;
import dev.carafe.engine.OwnIds;
import dev.carafe.engine.PullPolicy;
import dev.carafe.engine.Transfers;
import dev.carafe.engine.image.Platforms;
import dev.carafe.oci.image.Platform;
import java.util.List;
import java.util.OptionalInt;
import org.jspecify.annotations.Nullable;

/** Pulls the image of {@code run}, {@code explain} or {@code build} when it has to be. */
final class PullFirst {
    /** What the command calls itself by inside a user namespace; not for people. */
    static final String VERB = "pull-first";

    private static final int STDERR = 2;

    private PullFirst() {}

    /**
     * Gets an image that may be missing; its progress goes to standard error, since standard output
     * is the container's.
     *
     * @throws EngineException when it can't be had
     * @throws UsageException without a text when it can't be had and that has been told
     */
    static void ensure(
            Engine engine,
            String image,
            PullPolicy policy,
            @Nullable Platform platform,
            boolean quiet,
            Console console)
            throws UsageException {
        String wanted = platform == null ? "" : Platforms.text(platform);
        List<String> again = List.of(VERB, image, policy.name(), wanted, String.valueOf(quiet));
        OptionalInt status = OwnIds.run(Main.class.getName(), again, false);
        if (status.isEmpty()) {
            ensureHere(engine, image, policy, platform, quiet, console);
        } else if (status.getAsInt() != 0) {
            throw new UsageException("");
        }
    }

    /** The same in the JVM that an ordinary user's command has started for it. */
    static int run(String[] args, Console console) throws UsageException {
        if (args.length != 5) {
            throw new UsageException("'" + VERB + "' is not a carafe command.");
        }
        Platform platform = Pull.platform(args[3].isEmpty() ? null : args[3]);
        boolean quiet = Boolean.parseBoolean(args[4]);
        try (Engine engine = Engine.open()) {
            ensureHere(engine, args[1], PullPolicy.valueOf(args[2]), platform, quiet, console);
        }
        return 0;
    }

    private static void ensureHere(
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
