package dev.carafe.oci.runtime;

import dev.carafe.oci.json.Fields;
import dev.carafe.oci.json.JsonObject;
import org.jspecify.annotations.Nullable;

/**
 * Where a process started by exec may run (config.md, "execCPUAffinity").
 *
 * @param initial CPU list, e.g. "0-3,7", until the process is in its cgroup
 * @param final_ the property "final": CPU list from then on
 */
public record CpuAffinity(@Nullable String initial, @Nullable String final_) {
    static CpuAffinity read(Fields f) {
        return new CpuAffinity(f.string("initial"), f.string("final"));
    }

    JsonObject json() {
        return JsonObject.builder().put("initial", initial).put("final", final_).build();
    }
}
