package dev.carafe.oci.runtime;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One mount, made in the order of {@link Spec#mounts} (config.md, "Mounts").
 *
 * @param destination absolute path in the container
 * @param type file system type as in /proc/filesystems; for a bind mount without meaning
 * @param source device, directory or dummy name; a relative bind source is relative to the bundle
 * @param options as in fstab, e.g. "ro", "rbind", "nosuid", "size=64k", "idmap"
 * @param uidMappings user ids of an idmapped mount
 * @param gidMappings group ids of an idmapped mount
 */
public record Mount(
        String destination,
        @Nullable String type,
        @Nullable String source,
        List<String> options,
        List<IdMapping> uidMappings,
        List<IdMapping> gidMappings) {
    /** Copies the lists and maps; maps keep their order. */
    public Mount {
        options = List.copyOf(options);
        uidMappings = List.copyOf(uidMappings);
        gidMappings = List.copyOf(gidMappings);
    }

    /** A mount without id mappings. */
    public Mount(
            String destination,
            @Nullable String type,
            @Nullable String source,
            List<String> options) {
        this(destination, type, source, options, List.of(), List.of());
    }
}
