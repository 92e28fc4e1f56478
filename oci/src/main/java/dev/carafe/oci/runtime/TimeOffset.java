package dev.carafe.oci.runtime;

import dev.carafe.oci.json.Fields;
import dev.carafe.oci.json.Json;
import dev.carafe.oci.json.JsonObject;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The offset of a clock in a time namespace (config-linux.md, "Offset for Time Namespace").
 *
 * @param secs may be negative
 * @param nanosecs 0 to 999999999
 */
public record TimeOffset(long secs, long nanosecs) {
    private static TimeOffset read(Fields f) {
        Long secs = f.integer("secs", Long.MIN_VALUE, Long.MAX_VALUE);
        Long nanosecs = f.integer("nanosecs", 0, 999_999_999);
        return new TimeOffset(secs == null ? 0 : secs, nanosecs == null ? 0 : nanosecs);
    }

    static Map<String, TimeOffset> readAll(Map<String, Fields> all) {
        Map<String, TimeOffset> out = new LinkedHashMap<>();
        for (Map.Entry<String, Fields> one : all.entrySet()) {
            out.put(one.getKey(), read(one.getValue()));
        }
        return out;
    }

    static @Nullable Json json(Map<String, TimeOffset> all) {
        JsonObject.Builder out = JsonObject.builder();
        for (Map.Entry<String, TimeOffset> one : all.entrySet()) {
            out.put(
                    one.getKey(),
                    JsonObject.builder()
                            .put("secs", one.getValue().secs)
                            .put("nanosecs", one.getValue().nanosecs)
                            .build());
        }
        return all.isEmpty() ? null : out.build();
    }
}
