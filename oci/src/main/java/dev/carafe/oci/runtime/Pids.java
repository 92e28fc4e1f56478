package dev.carafe.oci.runtime;

import dev.carafe.oci.json.Fields;
import dev.carafe.oci.json.JsonObject;

/** The limit of tasks; 0 or less means none (config-linux.md, "PIDs"). */
public record Pids(long limit) {
    static Pids read(Fields f) {
        return new Pids(f.needInteger("limit", Long.MIN_VALUE, Long.MAX_VALUE));
    }

    JsonObject json() {
        return JsonObject.builder().put("limit", limit).build();
    }
}
