package dev.carafe.oci.runtime;

import dev.carafe.oci.json.Fields;
import dev.carafe.oci.json.Json;
import dev.carafe.oci.json.JsonArray;
import dev.carafe.oci.json.JsonObject;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A device node to make in the container (config-linux.md, "Devices").
 *
 * @param type "c" or "u" character, "b" block, "p" FIFO
 * @param path absolute path in the container
 * @param major unset only for a FIFO
 * @param minor unset only for a FIFO
 * @param fileMode permission bits, 0 to 07777
 * @param uid owner inside the container
 * @param gid group inside the container
 */
public record Device(
        String type,
        String path,
        @Nullable Long major,
        @Nullable Long minor,
        @Nullable Integer fileMode,
        @Nullable Long uid,
        @Nullable Long gid) {
    static Device read(Fields f) {
        Long mode = f.integer("fileMode", 0, User.MAX_ID + 1);
        return new Device(
                f.needString("type"),
                f.needString("path"),
                f.integer("major", 0, User.MAX_ID + 1),
                f.integer("minor", 0, User.MAX_ID + 1),
                // Some tools pass st_mode, with the bits of the file type.
                mode == null ? null : (int) (mode & 07777),
                f.integer("uid", 0, User.MAX_ID),
                f.integer("gid", 0, User.MAX_ID));
    }

    static List<Device> readAll(List<Fields> all) {
        List<Device> out = new ArrayList<>();
        for (Fields f : all) {
            out.add(read(f));
        }
        return out;
    }

    static @Nullable Json json(List<Device> all) {
        if (all.isEmpty()) {
            return null;
        }
        List<Json> out = new ArrayList<>();
        for (Device one : all) {
            out.add(one.json());
        }
        return new JsonArray(out);
    }

    JsonObject json() {
        return JsonObject.builder()
                .put("type", type)
                .put("path", path)
                .put("major", major)
                .put("minor", minor)
                .put("fileMode", fileMode)
                .put("uid", uid)
                .put("gid", gid)
                .build();
    }
}
