package dev.carafe.cli;

import dev.carafe.engine.Engine;
import java.util.Optional;
import java.util.OptionalInt;

/** {@code carafe stop}: asks containers to end, and kills those that do not. */
final class Stop {
    private Stop() {}

    static Verb verb() {
        return new Verb(
                "stop",
                "[OPTIONS] CONTAINER [CONTAINER...]",
                "Stop running containers",
                "Asks containers to end by SIGTERM, or by what the image or --stop-signal says, kills those that\n"
                        + "do not within 10 seconds, and waits for their end.",
                Given.options(
                        Option.takes('s', "signal", "SIGNAL", "Signal that asks them to end"),
                        Option.takes(
                                't',
                                "timeout",
                                "SECONDS",
                                "Time until they are killed; -1 for any time (default 10)"),
                        // an older name, which the help leaves out
                        Option.takes("time", "SECONDS", "")),
                "carafe stop web\ncarafe stop -t 60 database\n");
    }

    static int run(String[] args, Console console) throws UsageException {
        Given given = Given.read(verb(), args, 1, Integer.MAX_VALUE, console);
        if (given == null) {
            return 0;
        }
        Optional<String> signal = Optional.ofNullable(given.get("signal"));
        OptionalInt seconds = seconds(given);
        try (Engine engine = Engine.open()) {
            return Each.of(
                    given.arguments(),
                    console,
                    container -> {
                        engine.stop(container, signal, seconds);
                        return container;
                    });
        }
    }

    private static OptionalInt seconds(Given given) throws UsageException {
        String text = given.get("timeout") == null ? given.get("time") : given.get("timeout");
        if (text == null) {
            return OptionalInt.empty();
        }
        try {
            int seconds = Units.integer(text);
            if (seconds >= -1) {
                return OptionalInt.of(seconds);
            }
        } catch (IllegalArgumentException e) {
            // told below
        }
        throw new UsageException(
                "invalid argument \""
                        + text
                        + "\" for \"-t, --timeout\" flag: it must be a number of seconds, or -1");
    }
}
