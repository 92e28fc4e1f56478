package dev.carafe.oci.runtime;

import dev.carafe.oci.json.Fields;
import dev.carafe.oci.json.JsonObject;
import java.util.List;

/**
 * The execution domain (config-linux.md, "Personality"; personality(2)).
 *
 * @param domain "LINUX" or "LINUX32"
 */
public record Personality(String domain, List<String> flags) {
    /** Copies the lists and maps; maps keep their order. */
    public Personality {
        flags = List.copyOf(flags);
    }

    static Personality read(Fields f) {
        return new Personality(f.needString("domain"), f.strings("flags"));
    }

    JsonObject json() {
        return JsonObject.builder().put("domain", domain).putStrings("flags", flags).build();
    }
}
