package dev.carafe.oci.runtime;

import dev.carafe.oci.json.Fields;
import dev.carafe.oci.json.JsonObject;
import org.jspecify.annotations.Nullable;

/** Cache and memory bandwidth allocation through resctrl (config-linux.md, "IntelRdt"). */
public record IntelRdt(
        @Nullable String closID,
        @Nullable String l3CacheSchema,
        @Nullable String memBwSchema,
        boolean enableCMT,
        boolean enableMBM) {
    static IntelRdt read(Fields f) {
        return new IntelRdt(
                f.string("closID"),
                f.string("l3CacheSchema"),
                f.string("memBwSchema"),
                f.isTrue("enableCMT"),
                f.isTrue("enableMBM"));
    }

    JsonObject json() {
        return JsonObject.builder()
                .put("closID", closID)
                .put("l3CacheSchema", l3CacheSchema)
                .put("memBwSchema", memBwSchema)
                .putIfTrue("enableCMT", enableCMT)
                .putIfTrue("enableMBM", enableMBM)
                .build();
    }
}
