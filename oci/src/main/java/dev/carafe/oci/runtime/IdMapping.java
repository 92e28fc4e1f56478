package dev.carafe.oci.runtime;

import dev.carafe.oci.json.Fields;
import dev.carafe.oci.json.Json;
import dev.carafe.oci.json.JsonArray;
import dev.carafe.oci.json.JsonObject;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A range of ids (config-linux.md, "User namespace mappings"; user_namespaces(7)).
 *
 * @param containerID first id inside, 0 to 4294967294
 * @param hostID first id outside, 0 to 4294967294
 * @param size how many, 1 to 4294967295
 */
public record IdMapping(long containerID, long hostID, long size) {
    static IdMapping read(Fields f) {
        return new IdMapping(
                f.needInteger("containerID", 0, User.MAX_ID),
                f.needInteger("hostID", 0, User.MAX_ID),
                f.needInteger("size", 1, User.MAX_ID + 1));
    }

    static List<IdMapping> readAll(List<Fields> all) {
        List<IdMapping> out = new ArrayList<>();
        for (Fields f : all) {
            out.add(read(f));
        }
        return out;
    }

    static @Nullable Json json(List<IdMapping> all) {
        if (all.isEmpty()) {
            return null;
        }
        List<Json> out = new ArrayList<>();
        for (IdMapping one : all) {
            out.add(one.json());
        }
        return new JsonArray(out);
    }

    JsonObject json() {
        return JsonObject.builder()
                .put("containerID", containerID)
                .put("hostID", hostID)
                .put("size", size)
                .build();
    }
}
