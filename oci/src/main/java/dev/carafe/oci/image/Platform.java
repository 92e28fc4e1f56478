package dev.carafe.oci.image;

import dev.carafe.oci.json.Fields;
import dev.carafe.oci.json.JsonObject;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What an image runs on (image-spec 1.1, image-index.md).
 *
 * @param architecture as Go calls it, e.g. "amd64", "arm64"
 * @param os as Go calls it, e.g. "linux"
 * @param osVersion the property "os.version"
 * @param osFeatures the property "os.features"
 * @param variant of the CPU, e.g. "v7" for arm
 */
public record Platform(
        String architecture,
        String os,
        @Nullable String osVersion,
        List<String> osFeatures,
        @Nullable String variant) {
    /** Copies the lists and maps; maps keep their order. */
    public Platform {
        osFeatures = List.copyOf(osFeatures);
    }

    /** A platform of just an architecture and a system. */
    public Platform(String architecture, String os) {
        this(architecture, os, null, List.of(), null);
    }

    static Platform read(Fields f) {
        return new Platform(
                f.needString("architecture"),
                f.needString("os"),
                f.string("os.version"),
                f.strings("os.features"),
                f.string("variant"));
    }

    /** As a property of a descriptor. */
    public JsonObject json() {
        return JsonObject.builder()
                .put("architecture", architecture)
                .put("os", os)
                .put("os.version", osVersion)
                .putStrings("os.features", osFeatures)
                .put("variant", variant)
                .build();
    }
}
