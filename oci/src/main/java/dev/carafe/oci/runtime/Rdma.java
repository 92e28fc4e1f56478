package dev.carafe.oci.runtime;

import dev.carafe.oci.json.Fields;
import dev.carafe.oci.json.Json;
import dev.carafe.oci.json.JsonObject;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The limit of one RDMA device (config-linux.md, "RDMA"). */
public record Rdma(@Nullable Long hcaHandles, @Nullable Long hcaObjects) {
    static Map<String, Rdma> readAll(Map<String, Fields> all) {
        Map<String, Rdma> out = new LinkedHashMap<>();
        for (Map.Entry<String, Fields> one : all.entrySet()) {
            Fields f = one.getValue();
            out.put(
                    one.getKey(),
                    new Rdma(
                            f.integer("hcaHandles", 0, User.MAX_ID + 1),
                            f.integer("hcaObjects", 0, User.MAX_ID + 1)));
        }
        return out;
    }

    static @Nullable Json json(Map<String, Rdma> all) {
        JsonObject.Builder out = JsonObject.builder();
        for (Map.Entry<String, Rdma> one : all.entrySet()) {
            out.put(
                    one.getKey(),
                    JsonObject.builder()
                            .put("hcaHandles", one.getValue().hcaHandles)
                            .put("hcaObjects", one.getValue().hcaObjects)
                            .build());
        }
        return all.isEmpty() ? null : out.build();
    }
}
