package dev.carafe.oci.runtime;

import dev.carafe.oci.json.Fields;
import dev.carafe.oci.json.Json;
import dev.carafe.oci.json.JsonArray;
import dev.carafe.oci.json.JsonObject;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A rule of the device allow list (config-linux.md, "Allowed Device list").
 *
 * @param type "a" all, "c" character, "b" block; unset: all
 * @param major unset or -1: all
 * @param minor unset or -1: all
 * @param access of "r" read, "w" write, "m" mknod; unset: all
 */
public record DeviceRule(
        boolean allow,
        @Nullable String type,
        @Nullable Long major,
        @Nullable Long minor,
        @Nullable String access) {
    static DeviceRule read(Fields f) {
        Boolean allow = f.bool("allow");
        if (allow == null) {
            throw f.wrong("allow", "is missing");
        }
        return new DeviceRule(
                allow,
                f.string("type"),
                f.integer("major", -1, User.MAX_ID + 1),
                f.integer("minor", -1, User.MAX_ID + 1),
                f.string("access"));
    }

    static List<DeviceRule> readAll(List<Fields> all) {
        List<DeviceRule> out = new ArrayList<>();
        for (Fields f : all) {
            out.add(read(f));
        }
        return out;
    }

    static @Nullable Json json(List<DeviceRule> all) {
        if (all.isEmpty()) {
            return null;
        }
        List<Json> out = new ArrayList<>();
        for (DeviceRule one : all) {
            out.add(one.json());
        }
        return new JsonArray(out);
    }

    JsonObject json() {
        return JsonObject.builder()
                .put("allow", allow)
                .put("type", type)
                .put("major", major)
                .put("minor", minor)
                .put("access", access)
                .build();
    }
}
