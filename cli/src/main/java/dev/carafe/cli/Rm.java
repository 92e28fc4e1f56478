package dev.carafe.cli;

import dev.carafe.engine.Engine;
import dev.carafe.engine.EngineException;

/** {@code carafe rm}: removes containers. */
final class Rm {
    private Rm() {}

    static Verb verb() {
        return new Verb(
                "rm",
                "[OPTIONS] CONTAINER [CONTAINER...]",
                "Remove containers",
                "Removes ended containers, with all that they wrote outside volumes. A container started\n"
                        + "with --rm is removed by itself.",
                Given.options(Option.flag('f', "force", "Kill a running container first")),
                "carafe rm web\ncarafe rm $(carafe ps -aq)\n");
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
                    engine.remove(name, given.has("force"));
                    console.println(name);
                } catch (EngineException e) {
                    console.error(String.valueOf(e.getMessage()));
                    code = 1;
                }
            }
        }
        return code;
    }
}
