package dev.carafe.cli;

import dev.carafe.engine.Engine;

/** {@code carafe pause}: stops the processes of containers where they are. */
final class Pause {
    private Pause() {}

    static Verb verb() {
        return new Verb(
                "pause",
                "CONTAINER [CONTAINER...]",
                "Pause running containers",
                "Stops every process of running containers where it is, until carafe unpause.",
                Given.options(),
                "carafe pause web\n");
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
                        engine.pause(container);
                        return container;
                    });
        }
    }
}
