package dev.carafe.oci.runtime;

import dev.carafe.oci.json.Fields;
import dev.carafe.oci.json.JsonObject;

/**
 * The root file system (config.md, "Root").
 *
 * @param path on the host: absolute, or relative to the bundle
 * @param readonly whether the container sees it read-only
 */
public record Root(String path, boolean readonly) {
    static Root read(Fields f) {
        return new Root(f.needString("path"), f.isTrue("readonly"));
    }

    JsonObject json() {
        return JsonObject.builder().put("path", path).putIfTrue("readonly", readonly).build();
    }
}
