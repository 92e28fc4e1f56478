package dev.carafe.cli;

import dev.carafe.engine.Engine;
import java.io.IOException;

/** {@code carafe tag}: gives an image one more name. */
final class Tag {
    private Tag() {}

    static Verb verb() {
        return new Verb(
                "tag",
                "IMAGE NAME[:TAG]",
                "Give an image one more name",
                "Gives an image one more name, which whatever image had it loses.",
                Given.options(),
                "carafe tag debian:bookworm base\n");
    }

    static int run(String[] args, Console console) throws UsageException, IOException {
        Given given = Given.read(verb(), args, 2, 2, console);
        if (given != null) {
            try (Engine engine = Engine.open()) {
                engine.images().tag(given.arguments().get(0), given.arguments().get(1));
            }
        }
        return 0;
    }
}
