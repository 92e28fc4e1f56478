package dev.carafe.cli;

import dev.carafe.engine.Engine;
import dev.carafe.engine.image.ImageException;
import dev.carafe.oci.json.Json;
import dev.carafe.oci.json.JsonArray;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/** {@code carafe inspect}: everything about images, as JSON. */
final class Inspect {
    private Inspect() {}

    static Verb verb() {
        return new Verb(
                "inspect",
                "[OPTIONS] IMAGE [IMAGE...]",
                "Show everything about images, as JSON",
                "Prints a JSON array with an object for each image, its members named as in Docker's API.",
                Given.options(
                        Option.takes('f', "format", "FORMAT", "json"),
                        Option.missing('s', "size", ""),
                        Option.missing("type", "images are all that there is to inspect")),
                "carafe inspect debian:bookworm\ncarafe inspect debian:bookworm | jq '.[0].Config.Env'\n");
    }

    static int run(String[] args, Console console) throws UsageException, IOException {
        Given given = Given.read(verb(), args, 1, Integer.MAX_VALUE, console);
        if (given == null) {
            return 0;
        }
        given.json();
        int code = 0;
        List<Json> found = new ArrayList<>();
        try (Engine engine = Engine.open()) {
            for (String name : given.arguments()) {
                try {
                    found.add(engine.images().inspect(name));
                } catch (ImageException e) {
                    console.error(String.valueOf(e.getMessage()));
                    code = 1;
                }
            }
        }
        console.println(new JsonArray(found).pretty());
        return code;
    }
}
