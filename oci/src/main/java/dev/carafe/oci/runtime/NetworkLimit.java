package dev.carafe.oci.runtime;

import dev.carafe.oci.json.Fields;
import dev.carafe.oci.json.Json;
import dev.carafe.oci.json.JsonArray;
import dev.carafe.oci.json.JsonObject;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Network class and priorities, cgroup v1 (config-linux.md, "Network").
 *
 * @param classID 32 bit, unsigned
 */
public record NetworkLimit(@Nullable Long classID, List<InterfacePriority> priorities) {
    /** Copies the lists and maps; maps keep their order. */
    public NetworkLimit {
        priorities = List.copyOf(priorities);
    }

    /** The priority of the traffic that leaves by one interface; 32 bit, unsigned. */
    public record InterfacePriority(String name, long priority) {}

    static NetworkLimit read(Fields f) {
        List<InterfacePriority> priorities = new ArrayList<>();
        for (Fields p : f.children("priorities")) {
            priorities.add(
                    new InterfacePriority(
                            p.needString("name"), p.needInteger("priority", 0, User.MAX_ID + 1)));
        }
        return new NetworkLimit(f.integer("classID", 0, User.MAX_ID + 1), priorities);
    }

    JsonObject json() {
        List<Json> out = new ArrayList<>();
        for (InterfacePriority p : priorities) {
            out.add(JsonObject.builder().put("name", p.name).put("priority", p.priority).build());
        }
        return JsonObject.builder()
                .put("classID", classID)
                .put("priorities", out.isEmpty() ? null : new JsonArray(out))
                .build();
    }
}
