package dev.carafe.cli;

import dev.carafe.engine.ContainerRecord;
import dev.carafe.engine.Engine;
import dev.carafe.engine.EngineException;
import dev.carafe.engine.image.ImageException;
import dev.carafe.oci.json.Json;
import dev.carafe.oci.json.JsonArray;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** {@code carafe inspect}: everything about containers and images, as JSON. */
final class Inspect {
    private Inspect() {}

    static Verb verb() {
        return new Verb(
                "inspect",
                "[OPTIONS] NAME [NAME...]",
                "Show everything about containers and images, as JSON",
                "Prints a JSON array with an object for each container or image, a container if both have the\n"
                        + "name, its members named as in Docker's API.",
                Given.options(
                        Option.takes('f', "format", "FORMAT", "json"),
                        Option.missing('s', "size", ""),
                        Option.takes("type", "KIND", "container or image only")),
                "carafe inspect web\ncarafe inspect debian:bookworm\ncarafe inspect debian:bookworm | jq '.[0].Config.Env'\n");
    }

    static int run(String[] args, Console console) throws UsageException, IOException {
        Given given = Given.read(verb(), args, 1, Integer.MAX_VALUE, console);
        if (given == null) {
            return 0;
        }
        given.json();
        String type = given.get("type");
        if (type != null && !type.equals("container") && !type.equals("image")) {
            throw new UsageException("no type " + type + "; it must be container or image");
        }
        int code = 0;
        List<Json> found = new ArrayList<>();
        try (Engine engine = Engine.open()) {
            for (String name : given.arguments()) {
                try {
                    found.add(find(engine, name, type));
                } catch (EngineException | ImageException e) {
                    console.error(String.valueOf(e.getMessage()));
                    code = 1;
                }
            }
        }
        console.println(new JsonArray(found).pretty());
        return code;
    }

    private static Json find(Engine engine, String name, @Nullable String type)
            throws ImageException, IOException {
        if ("image".equals(type)) {
            return engine.images().inspect(name);
        }
        ContainerRecord container;
        try {
            container = engine.find(name);
        } catch (EngineException e) {
            if ("container".equals(type)) {
                throw e;
            }
            return engine.images().inspect(name);
        }
        return ContainerInspect.json(engine, container);
    }
}
