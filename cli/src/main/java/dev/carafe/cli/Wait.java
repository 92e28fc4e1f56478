package dev.carafe.cli;

import dev.carafe.engine.Engine;

/** {@code carafe wait}: waits for containers to end. */
final class Wait {
    private Wait() {}

    static Verb verb() {
        return new Verb(
                "wait",
                "CONTAINER [CONTAINER...]",
                "Wait for containers to end, and print their exit codes",
                "Waits until each container has ended, whichever process started it, and prints its exit code.",
                Given.options(),
                "carafe wait web\n");
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
                        return String.valueOf(engine.waitFor(container));
                    });
        }
    }
}
