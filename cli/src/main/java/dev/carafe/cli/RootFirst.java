package dev.carafe.cli;

import dev.carafe.engine.Engine;
import dev.carafe.engine.OwnIds;
import java.util.List;
import java.util.OptionalInt;

/**
 * Writes the file system that an ordinary user's machines start from, where the owners of its files
 * are what they are to the image. For root, the start itself does so.
 */
final class RootFirst {
    /** What the command calls itself by inside a user namespace; not for people. */
    static final String VERB = "root-first";

    private RootFirst() {}

    /**
     * Makes it, unless it is there or its image is not.
     *
     * @throws UsageException without a text when it can't be made and that has been told
     */
    static void ensure(Engine engine, String image) throws UsageException {
        if (!engine.lacksRoot(image)) {
            return;
        }
        OptionalInt status = OwnIds.run(Main.class.getName(), List.of(VERB, image), true);
        if (status.orElse(0) != 0) {
            throw new UsageException("");
        }
    }

    /** The same in the JVM that an ordinary user's command has started for it. */
    static int run(String[] args) throws UsageException {
        if (args.length != 2) {
            throw new UsageException("'" + VERB + "' is not a carafe command.");
        }
        try (Engine engine = Engine.open()) {
            engine.makeRoot(args[1]);
        }
        return 0;
    }
}
