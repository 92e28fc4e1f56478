package dev.carafe.oci.runtime;

import dev.carafe.oci.json.Fields;
import dev.carafe.oci.json.Json;
import dev.carafe.oci.json.JsonArray;
import dev.carafe.oci.json.JsonObject;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One command of {@link Hooks}; the container's state is its standard input.
 *
 * @param path absolute
 * @param args argv, with the program's own name
 * @param env each "NAME=value"
 * @param timeout seconds, more than zero; unset: none
 */
public record Hook(String path, List<String> args, List<String> env, @Nullable Integer timeout) {
    /** Copies the lists and maps; maps keep their order. */
    public Hook {
        args = List.copyOf(args);
        env = List.copyOf(env);
    }

    static Hook read(Fields f) {
        return new Hook(
                f.needString("path"),
                f.strings("args"),
                f.strings("env"),
                f.int32("timeout", 1, Integer.MAX_VALUE));
    }

    static List<Hook> readAll(List<Fields> all) {
        List<Hook> out = new ArrayList<>();
        for (Fields f : all) {
            out.add(read(f));
        }
        return out;
    }

    static @Nullable Json json(List<Hook> all) {
        if (all.isEmpty()) {
            return null;
        }
        List<Json> out = new ArrayList<>();
        for (Hook one : all) {
            out.add(one.json());
        }
        return new JsonArray(out);
    }

    JsonObject json() {
        return JsonObject.builder()
                .put("path", path)
                .putStrings("args", args)
                .putStrings("env", env)
                .put("timeout", timeout)
                .build();
    }
}
