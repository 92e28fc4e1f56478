package dev.carafe.cli;

import dev.carafe.engine.Engine;
import dev.carafe.engine.EngineException;

/** {@code carafe rmi}: removes images. */
final class Rmi {
    private Rmi() {}

    static Verb verb() {
        return new Verb(
                "rmi",
                "[OPTIONS] IMAGE [IMAGE...]",
                "Remove images",
                "Removes names of images, and an image with its last name. An image that a container uses\n"
                        + "stays.",
                Given.options(
                        Option.flag('f', "force", "Given an id, remove all of the image's names"),
                        Option.missing("no-prune", "")),
                "carafe rmi debian:bookworm\ncarafe rmi -f 4bbfe64bd1c7\n");
    }

    static int run(String[] args, Console console) throws UsageException {
        Given given = Given.read(verb(), args, 1, Integer.MAX_VALUE, console);
        if (given == null) {
            return 0;
        }
        int code = 0;
        try (Engine engine = Engine.open()) {
            for (String name : given.arguments()) {
                try {
                    for (String line : engine.removeImage(name, given.has("force"))) {
                        console.println(line);
                    }
                } catch (EngineException e) {
                    console.error(String.valueOf(e.getMessage()));
                    code = 1;
                }
            }
        }
        return code;
    }
}
