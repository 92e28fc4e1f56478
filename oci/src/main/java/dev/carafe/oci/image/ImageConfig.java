package dev.carafe.oci.image;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What an image runs, and the history of its layers (image-spec 1.1, config.md).
 *
 * @param created RFC 3339
 * @param osVersion the property "os.version"
 * @param osFeatures the property "os.features"
 */
public record ImageConfig(
        @Nullable String created,
        @Nullable String author,
        String architecture,
        String os,
        @Nullable String osVersion,
        List<String> osFeatures,
        @Nullable String variant,
        Config config,
        RootFs rootfs,
        List<History> history) {
    /** Copies the lists and maps; maps keep their order. */
    public ImageConfig {
        osFeatures = List.copyOf(osFeatures);
        history = List.copyOf(history);
    }

    /**
     * How to run it. Properties are spelt with a capital letter in JSON.
     *
     * @param user "name", "uid", "name:group", "uid:gid" and so on
     * @param exposedPorts each "port", "port/tcp" or "port/udp"
     * @param env each "NAME=value"
     * @param volumes absolute paths
     * @param stopSignal e.g. "SIGTERM"
     */
    public record Config(
            @Nullable String user,
            List<String> exposedPorts,
            List<String> env,
            List<String> entrypoint,
            List<String> cmd,
            List<String> volumes,
            @Nullable String workingDir,
            Map<String, String> labels,
            @Nullable String stopSignal,
            boolean argsEscaped) {
        /** Says nothing. */
        public static final Config EMPTY =
                new Config(
                        null, List.of(), List.of(), List.of(), List.of(), List.of(), null, Map.of(),
                        null, false);

        /** Copies the lists and maps; maps keep their order. */
        public Config {
            exposedPorts = List.copyOf(exposedPorts);
            env = List.copyOf(env);
            entrypoint = List.copyOf(entrypoint);
            cmd = List.copyOf(cmd);
            volumes = List.copyOf(volumes);
            labels = Collections.unmodifiableMap(new LinkedHashMap<>(labels));
        }
    }

    /**
     * The layers, lowest first.
     *
     * @param type always "layers"
     * @param diffIds digests of the layers' uncompressed tars; the property "diff_ids"
     */
    public record RootFs(String type, List<Digest> diffIds) {
        /** Copies the list. */
        public RootFs {
            diffIds = List.copyOf(diffIds);
        }
    }

    /**
     * How a layer came to be.
     *
     * @param created RFC 3339
     * @param createdBy the command; the property "created_by"
     * @param emptyLayer whether there is no layer for this entry; the property "empty_layer"
     */
    public record History(
            @Nullable String created,
            @Nullable String createdBy,
            @Nullable String author,
            @Nullable String comment,
            boolean emptyLayer) {}
}
