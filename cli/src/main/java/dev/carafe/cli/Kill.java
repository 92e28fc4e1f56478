package dev.carafe.cli;

import dev.carafe.engine.Engine;
import java.util.Optional;

/** {@code carafe kill}: sends a signal to containers. */
final class Kill {
    private Kill() {}

    static Verb verb() {
        return new Verb(
                "kill",
                "[OPTIONS] CONTAINER [CONTAINER...]",
                "Send a signal to running containers",
                "Sends a signal, SIGKILL if none is said, to the first process of running containers, whichever\n"
                        + "process started them.",
                Given.options(
                        Option.takes('s', "signal", "SIGNAL", "Name or number (default SIGKILL)")),
                "carafe kill web\ncarafe kill -s HUP web\n");
    }

    static int run(String[] args, Console console) throws UsageException {
        Given given = Given.read(verb(), args, 1, Integer.MAX_VALUE, console);
        if (given == null) {
            return 0;
        }
        Optional<String> signal = Optional.ofNullable(given.get("signal"));
        try (Engine engine = Engine.open()) {
            return Each.of(
                    given.arguments(),
                    console,
                    container -> {
                        engine.kill(container, signal.orElse("SIGKILL"));
                        return container;
                    });
        }
    }
}
