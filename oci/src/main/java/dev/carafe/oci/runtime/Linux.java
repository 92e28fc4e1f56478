package dev.carafe.oci.runtime;

import dev.carafe.oci.json.Fields;
import dev.carafe.oci.json.JsonObject;
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

    static Linux read(Fields f) {
        Fields resources = f.child("resources");
        Fields intelRdt = f.child("intelRdt");
        Fields seccomp = f.child("seccomp");
        Fields personality = f.child("personality");
        return new Linux(
                Namespace.readAll(f.children("namespaces")),
                IdMapping.readAll(f.children("uidMappings")),
                IdMapping.readAll(f.children("gidMappings")),
                TimeOffset.readAll(f.childMap("timeOffsets")),
                Device.readAll(f.children("devices")),
                f.string("cgroupsPath"),
                resources == null ? null : Resources.read(resources),
                intelRdt == null ? null : IntelRdt.read(intelRdt),
                f.stringMap("sysctl"),
                seccomp == null ? null : Seccomp.read(seccomp),
                f.string("rootfsPropagation"),
                f.strings("maskedPaths"),
                f.strings("readonlyPaths"),
                f.string("mountLabel"),
                personality == null ? null : Personality.read(personality));
    }

    JsonObject json() {
        return JsonObject.builder()
                .put("namespaces", Namespace.json(namespaces))
                .put("uidMappings", IdMapping.json(uidMappings))
                .put("gidMappings", IdMapping.json(gidMappings))
                .put("timeOffsets", TimeOffset.json(timeOffsets))
                .put("devices", Device.json(devices))
                .put("cgroupsPath", cgroupsPath)
                .put("resources", resources == null ? null : resources.json())
                .put("intelRdt", intelRdt == null ? null : intelRdt.json())
                .putStrings("sysctl", sysctl)
                .put("seccomp", seccomp == null ? null : seccomp.json())
                .put("rootfsPropagation", rootfsPropagation)
                .putStrings("maskedPaths", maskedPaths)
                .putStrings("readonlyPaths", readonlyPaths)
                .put("mountLabel", mountLabel)
                .put("personality", personality == null ? null : personality.json())
                .build();
    }
}
