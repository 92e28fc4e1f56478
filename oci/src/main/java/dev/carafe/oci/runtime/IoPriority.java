package dev.carafe.oci.runtime;

import dev.carafe.oci.json.Fields;
import dev.carafe.oci.json.JsonObject;

/**
 * I/O priority (config.md, "ioPriority"; ioprio_set(2)).
 *
 * @param clazz the property "class": IOPRIO_CLASS_RT, IOPRIO_CLASS_BE or IOPRIO_CLASS_IDLE
 * @param priority 0 (highest) to 7
 */
public record IoPriority(String clazz, int priority) {
    static IoPriority read(Fields f) {
        return new IoPriority(f.needString("class"), (int) f.needInteger("priority", 0, 7));
    }

    JsonObject json() {
        return JsonObject.builder().put("class", clazz).put("priority", priority).build();
    }
}
