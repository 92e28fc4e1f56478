package dev.carafe.oci.runtime;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The section "linux" of config.json (config-linux.md).
 *
 * @param sysctl name with dots to value
 * @param cgroupsPath absolute: below the cgroup mount; relative: where the runtime likes
 * @param rootfsPropagation "shared", "slave", "private" or "unbindable"
 * @param maskedPaths absolute paths that can't be read inside
 * @param readonlyPaths absolute paths that can't be written inside
 * @param mountLabel SELinux context of the mounts
 * @param timeOffsets by clock: "monotonic" and "boottime"
 */
public record Linux(
        List<Namespace> namespaces,
        List<IdMapping> uidMappings,
        List<IdMapping> gidMappings,
        Map<String, TimeOffset> timeOffsets,
        List<Device> devices,
        @Nullable String cgroupsPath,
        @Nullable Resources resources,
        @Nullable IntelRdt intelRdt,
        Map<String, String> sysctl,
        @Nullable Seccomp seccomp,
        @Nullable String rootfsPropagation,
        List<String> maskedPaths,
        List<String> readonlyPaths,
        @Nullable String mountLabel,
        @Nullable Personality personality) {
    /** Copies the lists and maps; maps keep their order. */
    public Linux {
        namespaces = List.copyOf(namespaces);
        uidMappings = List.copyOf(uidMappings);
        gidMappings = List.copyOf(gidMappings);
        timeOffsets = Collections.unmodifiableMap(new LinkedHashMap<>(timeOffsets));
        devices = List.copyOf(devices);
        sysctl = Collections.unmodifiableMap(new LinkedHashMap<>(sysctl));
        maskedPaths = List.copyOf(maskedPaths);
        readonlyPaths = List.copyOf(readonlyPaths);
    }
}
