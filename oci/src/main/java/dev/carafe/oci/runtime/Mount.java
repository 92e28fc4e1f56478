package dev.carafe.oci.runtime;

import dev.carafe.oci.json.Fields;
import dev.carafe.oci.json.Json;
import dev.carafe.oci.json.JsonArray;
import dev.carafe.oci.json.JsonObject;
import java.util.ArrayList;
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

    static Mount read(Fields f) {
        String destination = f.needString("destination");
        return new Mount(
                // Older tools write a relative one; the specification takes it as below "/".
                destination.startsWith("/") ? destination : "/".concat(destination),
                f.string("type"),
                f.string("source"),
                f.strings("options"),
                IdMapping.readAll(f.children("uidMappings")),
                IdMapping.readAll(f.children("gidMappings")));
    }

    static List<Mount> readAll(List<Fields> all) {
        List<Mount> out = new ArrayList<>();
        for (Fields f : all) {
            out.add(read(f));
        }
        return out;
    }

    static @Nullable Json json(List<Mount> all) {
        if (all.isEmpty()) {
            return null;
        }
        List<Json> out = new ArrayList<>();
        for (Mount one : all) {
            out.add(one.json());
        }
        return new JsonArray(out);
    }

    JsonObject json() {
        return JsonObject.builder()
                .put("destination", destination)
                .put("type", type)
                .put("source", source)
                .putStrings("options", options)
                .put("uidMappings", IdMapping.json(uidMappings))
                .put("gidMappings", IdMapping.json(gidMappings))
                .build();
    }
}
