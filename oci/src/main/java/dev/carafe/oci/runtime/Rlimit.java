package dev.carafe.oci.runtime;

import dev.carafe.oci.json.Fields;
import dev.carafe.oci.json.Json;
import dev.carafe.oci.json.JsonArray;
import dev.carafe.oci.json.JsonObject;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One resource limit (config.md, "rlimits"; getrlimit(2)).
 *
 * @param type e.g. "RLIMIT_NOFILE"
 * @param soft unsigned 64 bit; {@link #INFINITY} for none
 * @param hard unsigned 64 bit; {@link #INFINITY} for none
 */
public record Rlimit(String type, long soft, long hard) {

    /** RLIM_INFINITY: 2^64-1 as an unsigned number. */
    public static final long INFINITY = -1L;

    static Rlimit read(Fields f) {
        return new Rlimit(f.needString("type"), f.needUnsigned("soft"), f.needUnsigned("hard"));
    }

    static List<Rlimit> readAll(List<Fields> all) {
        List<Rlimit> out = new ArrayList<>();
        for (Fields f : all) {
            out.add(read(f));
        }
        return out;
    }

    static @Nullable Json json(List<Rlimit> all) {
        if (all.isEmpty()) {
            return null;
        }
        List<Json> out = new ArrayList<>();
        for (Rlimit one : all) {
            out.add(one.json());
        }
        return new JsonArray(out);
    }

    JsonObject json() {
        return JsonObject.builder()
                .put("type", type)
                .putUnsigned("soft", soft)
                .putUnsigned("hard", hard)
                .build();
    }
}
