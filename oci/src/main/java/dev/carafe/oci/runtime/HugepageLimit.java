package dev.carafe.oci.runtime;

import dev.carafe.oci.json.Fields;
import dev.carafe.oci.json.Json;
import dev.carafe.oci.json.JsonArray;
import dev.carafe.oci.json.JsonObject;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The limit of huge pages of one size (config-linux.md, "Huge page limits").
 *
 * @param pageSize e.g. "2MB"
 * @param limit bytes, unsigned
 */
public record HugepageLimit(String pageSize, long limit) {
    static HugepageLimit read(Fields f) {
        return new HugepageLimit(f.needString("pageSize"), f.needUnsigned("limit"));
    }

    static List<HugepageLimit> readAll(List<Fields> all) {
        List<HugepageLimit> out = new ArrayList<>();
        for (Fields f : all) {
            out.add(read(f));
        }
        return out;
    }

    static @Nullable Json json(List<HugepageLimit> all) {
        if (all.isEmpty()) {
            return null;
        }
        List<Json> out = new ArrayList<>();
        for (HugepageLimit one : all) {
            out.add(one.json());
        }
        return new JsonArray(out);
    }

    JsonObject json() {
        return JsonObject.builder().put("pageSize", pageSize).putUnsigned("limit", limit).build();
    }
}
