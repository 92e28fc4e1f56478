package dev.carafe.oci.runtime;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The root of config.json (runtime-spec 1.2, config.md), for Linux and for virtual machines.
 *
 * <p>Sections for other systems (solaris, windows, zos) are ignored, as are unknown properties.
 */
public record Spec(
        String ociVersion,
        @Nullable Root root,
        List<Mount> mounts,
        @Nullable Process process,
        @Nullable String hostname,
        @Nullable String domainname,
        @Nullable Hooks hooks,
        @Nullable Linux linux,
        @Nullable Vm vm,
        Map<String, String> annotations) {
    /** Copies the lists and maps; maps keep their order. */
    public Spec {
        mounts = List.copyOf(mounts);
        annotations = Collections.unmodifiableMap(new LinkedHashMap<>(annotations));
    }

    /** The version of the runtime specification that these records follow. */
    public static final String VERSION = "1.2.1";
}
