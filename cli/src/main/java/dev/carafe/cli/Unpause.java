package dev.carafe.cli;

import dev.carafe.engine.Engine;

/** {@code carafe unpause}: lets paused containers go on. */
final class Unpause {
    private Unpause() {}

    static Verb verb() {
        return new Verb(
                "unpause",
                "CONTAINER [CONTAINER...]",
                "Let paused containers go on",
                "Lets the processes of paused containers go on.",
                Given.options(),
                "carafe unpause web\n");
    }

    static int run(String[] args, Console console) throws UsageException {
        Given given = Given.read(verb(), args, 1, Integer.MAX_VALUE, console);
        if (given == null) {
            return 0;
        }
        try (Engine engine = Engine.open()) {
            return Each.of(
                    given.arguments(),
                    console,
                    container -> {
                        engine.unpause(container);
                        return container;
                    });
        }
    }
}
