package dev.carafe.oci.runtime;

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
}
