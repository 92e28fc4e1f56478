package dev.carafe.oci.runtime;

import dev.carafe.oci.json.Fields;
import dev.carafe.oci.json.JsonObject;

/** The size of a console, in characters. */
public record Box(int height, int width) {
    private static final int MAX = 65535;

    static Box read(Fields f) {
        return new Box((int) f.needInteger("height", 0, MAX), (int) f.needInteger("width", 0, MAX));
    }

    JsonObject json() {
        return JsonObject.builder().put("height", height).put("width", width).build();
    }
}
