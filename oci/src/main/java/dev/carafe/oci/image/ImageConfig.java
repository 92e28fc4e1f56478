package dev.carafe.oci.image;

import dev.carafe.oci.OciException;
import dev.carafe.oci.json.Fields;
import dev.carafe.oci.json.Json;
import dev.carafe.oci.json.JsonArray;
import dev.carafe.oci.json.JsonObject;
import dev.carafe.oci.json.JsonString;
import java.util.ArrayList;
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
     * @param healthcheck Docker's extension: how to ask a container whether it works
     * @param onBuild Docker's extension: instructions for builds from this image
     * @param shell Docker's extension: what the shell forms of instructions are given to
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
            boolean argsEscaped,
            @Nullable Healthcheck healthcheck,
            List<String> onBuild,
            List<String> shell) {
        /** Says nothing. */
        public static final Config EMPTY =
                new Config(
                        null, List.of(), List.of(), List.of(), List.of(), List.of(), null, Map.of(),
                        null, false);

        /** One without Docker's extensions. */
        public Config(
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
            this(
                    user,
                    exposedPorts,
                    env,
                    entrypoint,
                    cmd,
                    volumes,
                    workingDir,
                    labels,
                    stopSignal,
                    argsEscaped,
                    null,
                    List.of(),
                    List.of());
        }

        /** Copies the lists and maps; maps keep their order. */
        public Config {
            exposedPorts = List.copyOf(exposedPorts);
            env = List.copyOf(env);
            entrypoint = List.copyOf(entrypoint);
            cmd = List.copyOf(cmd);
            volumes = List.copyOf(volumes);
            labels = Collections.unmodifiableMap(new LinkedHashMap<>(labels));
            onBuild = List.copyOf(onBuild);
            shell = List.copyOf(shell);
        }

        /** A copy to change. */
        public ConfigEditor edit() {
            return new ConfigEditor(this);
        }

        /** As the property "config". */
        public JsonObject json() {
            return JsonObject.builder()
                    .put("User", user)
                    .put("ExposedPorts", set(exposedPorts))
                    .putStrings("Env", env)
                    .putStrings("Entrypoint", entrypoint)
                    .putStrings("Cmd", cmd)
                    .put("Volumes", set(volumes))
                    .put("WorkingDir", workingDir)
                    .putStrings("Labels", labels)
                    .put("StopSignal", stopSignal)
                    .putIfTrue("ArgsEscaped", argsEscaped)
                    .put("Healthcheck", healthcheck == null ? null : healthcheck.json())
                    .putStrings("OnBuild", onBuild)
                    .putStrings("Shell", shell)
                    .build();
        }

        private static @Nullable Json set(List<String> names) {
            JsonObject.Builder out = JsonObject.builder();
            for (String name : names) {
                out.put(name, JsonObject.builder().build());
            }
            return names.isEmpty() ? null : out.build();
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

    /** The same with another configuration to run. */
    public ImageConfig withConfig(Config changed) {
        return new ImageConfig(
                created,
                author,
                architecture,
                os,
                osVersion,
                osFeatures,
                variant,
                changed,
                rootfs,
                history);
    }

    /** The same of another time. */
    public ImageConfig withCreated(@Nullable String time) {
        return new ImageConfig(
                time,
                author,
                architecture,
                os,
                osVersion,
                osFeatures,
                variant,
                config,
                rootfs,
                history);
    }

    /** The same by another author. */
    public ImageConfig withAuthor(@Nullable String name) {
        return new ImageConfig(
                created,
                name,
                architecture,
                os,
                osVersion,
                osFeatures,
                variant,
                config,
                rootfs,
                history);
    }

    /** The same with other layers, by the digests of their tars, lowest first. */
    public ImageConfig withDiffIds(List<Digest> diffIds) {
        return new ImageConfig(
                created,
                author,
                architecture,
                os,
                osVersion,
                osFeatures,
                variant,
                config,
                new RootFs(rootfs.type, diffIds),
                history);
    }

    /** The same with one more line of history. */
    public ImageConfig withHistory(History line) {
        List<History> longer = new ArrayList<>(history);
        longer.add(line);
        return new ImageConfig(
                created,
                author,
                architecture,
                os,
                osVersion,
                osFeatures,
                variant,
                config,
                rootfs,
                longer);
    }

    /**
     * Reads one.
     *
     * @param where file name or digest, which begins every error
     * @throws OciException when it is no such document
     */
    public static ImageConfig parse(String where, byte[] utf8) {
        Fields f = Fields.parse(where, utf8);
        Fields config = f.child("config");
        List<History> history = new ArrayList<>();
        for (Fields h : f.children("history")) {
            history.add(readHistory(h));
        }
        return new ImageConfig(
                f.string("created"),
                f.string("author"),
                f.needString("architecture"),
                f.needString("os"),
                f.string("os.version"),
                f.strings("os.features"),
                f.string("variant"),
                config == null ? Config.EMPTY : readConfig(config),
                readRootFs(f.needChild("rootfs")),
                history);
    }

    private static Config readConfig(Fields f) {
        return new Config(
                f.string("User"),
                f.names("ExposedPorts"),
                f.strings("Env"),
                f.strings("Entrypoint"),
                f.strings("Cmd"),
                f.names("Volumes"),
                f.string("WorkingDir"),
                f.stringMap("Labels"),
                f.string("StopSignal"),
                f.isTrue("ArgsEscaped"),
                readHealthcheck(f.child("Healthcheck")),
                f.strings("OnBuild"),
                f.strings("Shell"));
    }

    private static @Nullable Healthcheck readHealthcheck(@Nullable Fields f) {
        return f == null ? null : Healthcheck.read(f);
    }

    private static RootFs readRootFs(Fields f) {
        String type = f.needString("type");
        if (!type.equals("layers")) {
            throw f.wrong("type", "must be \"layers\"");
        }
        List<Digest> diffIds = new ArrayList<>();
        for (String text : f.strings("diff_ids")) {
            try {
                diffIds.add(Digest.parse(text));
            } catch (OciException e) {
                throw f.wrong("diff_ids", diffIds.size(), String.valueOf(e.getMessage()));
            }
        }
        return new RootFs(type, diffIds);
    }

    private static History readHistory(Fields f) {
        return new History(
                f.string("created"),
                f.string("created_by"),
                f.string("author"),
                f.string("comment"),
                f.isTrue("empty_layer"));
    }

    /** As a document. */
    public JsonObject json() {
        List<Json> diffIds = new ArrayList<>();
        for (Digest digest : rootfs.diffIds) {
            diffIds.add(new JsonString(digest.toString()));
        }
        List<Json> entries = new ArrayList<>();
        for (History h : history) {
            entries.add(
                    JsonObject.builder()
                            .put("created", h.created)
                            .put("created_by", h.createdBy)
                            .put("author", h.author)
                            .put("comment", h.comment)
                            .putIfTrue("empty_layer", h.emptyLayer)
                            .build());
        }
        return JsonObject.builder()
                .put("created", created)
                .put("author", author)
                .put("architecture", architecture)
                .put("os", os)
                .put("os.version", osVersion)
                .putStrings("os.features", osFeatures)
                .put("variant", variant)
                .put("config", config.json())
                .put(
                        "rootfs",
                        JsonObject.builder()
                                .put("type", rootfs.type)
                                .put("diff_ids", new JsonArray(diffIds))
                                .build())
                .put("history", entries.isEmpty() ? null : new JsonArray(entries))
                .build();
    }
}
