package dev.carafe.cli;

import dev.carafe.engine.Engine;
import java.io.IOException;

/** {@code carafe builder prune}: removes the build cache. */
final class BuilderPrune {
    private BuilderPrune() {}

    static Verb verb() {
        return new Verb(
                "builder prune",
                "[OPTIONS]",
                "Remove the build cache",
                "Removes what builds keep to be faster the next time: layers that no image has, and the\n"
                        + "directories of RUN --mount=type=cache. What a running build uses stays.",
                Given.options(
                        Option.flag('a', "all", "Is always so: everything unused goes"),
                        Option.missing("filter", "the whole cache goes"),
                        Option.flag('f', "force", "Don't ask"),
                        Option.missing("keep-storage", "the whole cache goes")),
                "carafe builder prune -f\n");
    }

    static int run(String[] args, Console console) throws UsageException, IOException {
        Given given = Given.read(verb(), args, 0, 0, console);
        if (given == null) {
            return 0;
        }
        if (!given.has("force")) {
            console.println("WARNING! This will remove all build cache.");
            console.print("Are you sure you want to continue? [y/N] ");
            int first = System.in.read();
            if (first != 'y' && first != 'Y') {
                return 0;
            }
        }
        try (Engine engine = Engine.open()) {
            console.println("Total reclaimed space: " + Units.size(engine.pruneBuilds()));
        }
        return 0;
    }
}
