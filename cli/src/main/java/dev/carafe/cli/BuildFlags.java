package dev.carafe.cli;

import dev.carafe.engine.build.BuildOptions;
import dev.carafe.engine.build.BuildOptions.CacheSpec;
import dev.carafe.engine.build.BuildOptions.OutputSpec;
import dev.carafe.engine.build.BuildOptions.Secret;
import dev.carafe.engine.build.StepRunner;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The options of {@code build}. */
final class BuildFlags {
    private BuildFlags() {}

    static List<Option> options() {
        return List.of(
                Option.takes("add-host", "NAME:ADDRESS", "A line of /etc/hosts for RUN"),
                Option.missing("allow", "no step gets more rights than the usual ones"),
                Option.missing("annotation", "annotations aren't available yet; use --label"),
                Option.missing("attest", "attestations aren't available yet"),
                Option.takes("build-arg", "NAME[=VALUE]", "A value for an ARG"),
                Option.takes(
                        "build-context",
                        "NAME=VALUE",
                        "A directory, or docker-image://, by a name"),
                Option.missing("builder", "there is one builder"),
                Option.takes("cache-from", "CACHE", "Take steps also from another cache"),
                Option.takes("cache-to", "CACHE", "Write the steps also to another cache"),
                Option.missing("cgroup-parent", "steps run below the cgroup /carafe"),
                Option.takes("cpu-period", "MICROSECONDS", "Period of the CPU quota of RUN"),
                Option.takes("cpu-quota", "MICROSECONDS", "CPU quota of RUN"),
                Option.takes("cpu-shares", "NUMBER", "CPU weight of RUN"),
                Option.takes("cpus", "NUMBER", "Number of CPUs of RUN, such as 0.5"),
                Option.takes("cpuset-cpus", "LIST", "CPUs that RUN uses, such as 0-3"),
                Option.takes("cpuset-mems", "LIST", "Memory nodes that RUN uses"),
                Option.takes('f', "file", "FILE", "The Dockerfile; - for standard input"),
                Option.flag("force-rm", "Is always so: no step's container stays"),
                Option.takes("iidfile", "FILE", "Write the image's id to a file"),
                Option.missing("isolation", "Linux has one kind"),
                Option.takes("label", "NAME=VALUE", "A label of the image"),
                Option.flag("load", "Is always so: the image goes into the store"),
                Option.takes('m', "memory", "BYTES", "Memory limit of RUN, such as 256m"),
                Option.takes("memory-swap", "BYTES", "Limit of memory and swap of RUN"),
                Option.takes("metadata-file", "FILE", "Write what was made to a file, as JSON"),
                Option.takes("network", "MODE", "What RUN reaches: default, none or host"),
                Option.flag("no-cache", "Run every step anew"),
                Option.takes("no-cache-filter", "STAGE", "Run the steps of a stage anew"),
                Option.takes('o', "output", "WHERE", "type=image|local|tar|oci|docker,dest=PATH"),
                Option.takes("platform", "PLATFORM", "What to build for, such as linux/arm64"),
                Option.takes("progress", "KIND", "auto, plain, tty or quiet"),
                Option.missing("provenance", "attestations aren't available yet"),
                Option.flag("pull", "Ask registries for newer base images"),
                Option.missing("push", "build with -t, then carafe push"),
                Option.flag('q', "quiet", "Print nothing but the image's id"),
                Option.flag("rm", "Is always so: no step's container stays"),
                Option.missing("sbom", "attestations aren't available yet"),
                Option.takes("secret", "SECRET", "id=NAME,src=FILE or id=NAME,env=VARIABLE"),
                Option.missing("security-opt", "steps run with the usual rights"),
                Option.takes("shm-size", "BYTES", "Size of /dev/shm in RUN"),
                Option.missing("squash", "use a stage and COPY --from"),
                Option.takes("ssh", "AGENT", "default, or ID=SOCKET, for RUN --mount=type=ssh"),
                Option.takes('t', "tag", "NAME", "A name for the image"),
                Option.takes("target", "STAGE", "The stage to build, not the last one"),
                Option.takes("ulimit", "NAME=SOFT[:HARD]", "A resource limit of RUN"));
    }

    static void read(Given given, BuildOptions options) throws UsageException {
        try {
            plain(given, options);
            lists(given, options);
            limits(given, options);
        } catch (IllegalArgumentException e) {
            throw new UsageException(String.valueOf(e.getMessage()));
        }
    }

    private static void plain(Given given, BuildOptions options) throws UsageException {
        String target = given.get("target");
        if (target != null) {
            options.target(target);
        }
        String platform = given.get("platform");
        if (platform != null) {
            options.platform(platform);
        }
        options.noCache(given.has("no-cache")).pull(given.has("pull"));
        String network = given.get("network");
        if (network != null) {
            options.network(network(network));
        }
        String epoch = System.getenv("SOURCE_DATE_EPOCH");
        if (epoch != null && !epoch.isEmpty()) {
            try {
                options.sourceDateEpoch(Long.parseLong(epoch));
            } catch (NumberFormatException e) {
                throw new UsageException("SOURCE_DATE_EPOCH is no number of seconds: " + epoch);
            }
        }
    }

    private static StepRunner.Network network(String text) throws UsageException {
        return switch (text) {
            case "default" -> StepRunner.Network.DEFAULT;
            case "none" -> StepRunner.Network.NONE;
            case "host" -> StepRunner.Network.HOST;
            default ->
                    throw new UsageException(
                            "--network " + text + ": it must be default, none or host");
        };
    }

    private static void lists(Given given, BuildOptions options) throws UsageException {
        given.all("tag").forEach(options::tag);
        given.all("ulimit").forEach(options::ulimit);
        for (String stages : given.all("no-cache-filter")) {
            for (String stage : stages.split(",", -1)) {
                options.noCacheFilter(stage);
            }
        }
        for (String text : given.all("build-arg")) {
            int equals = text.indexOf('=');
            String value = equals < 0 ? System.getenv(text) : text.substring(equals + 1);
            if (value != null) {
                options.buildArg(equals < 0 ? text : text.substring(0, equals), value);
            }
        }
        for (String text : given.all("label")) {
            int equals = text.indexOf('=');
            options.label(
                    equals < 0 ? text : text.substring(0, equals),
                    equals < 0 ? "" : text.substring(equals + 1));
        }
        for (String text : given.all("build-context")) {
            int equals = named("build-context", text, '=');
            options.buildContext(text.substring(0, equals), text.substring(equals + 1));
        }
        for (String text : given.all("add-host")) {
            int colon = named("add-host", text, text.indexOf('=') > 0 ? '=' : ':');
            options.addHost(text.substring(0, colon), text.substring(colon + 1));
        }
        for (String text : given.all("secret")) {
            secret(text, options);
        }
        for (String text : given.all("ssh")) {
            ssh(text, options);
        }
        for (String text : given.all("cache-from")) {
            options.cacheFrom(cache("cache-from", text, "src"));
        }
        for (String text : given.all("cache-to")) {
            options.cacheTo(cache("cache-to", text, "dest"));
        }
        for (String text : given.all("output")) {
            options.output(output(text));
        }
    }

    private static int named(String option, String text, char separator) throws UsageException {
        int at = text.indexOf(separator);
        if (at <= 0) {
            throw new UsageException(
                    "--" + option + " " + text + ": it must be NAME" + separator + "VALUE");
        }
        return at;
    }

    /** Reads {@code key=value,...}; a text without any is the value of {@code bare}. */
    private static Map<String, String> fields(String option, String text, String bare)
            throws UsageException {
        Map<String, String> fields = new LinkedHashMap<>();
        for (String field : text.split(",", -1)) {
            int equals = field.indexOf('=');
            if (equals < 0 && !fields.isEmpty()) {
                throw new UsageException(
                        "--" + option + " " + text + ": \"" + field + "\" is not KEY=VALUE");
            }
            fields.put(equals < 0 ? bare : field.substring(0, equals), field.substring(equals + 1));
        }
        return fields;
    }

    private static void known(String option, Map<String, String> fields, String... names)
            throws UsageException {
        for (String field : fields.keySet()) {
            if (!List.of(names).contains(field)) {
                throw new UsageException(
                        "--"
                                + option
                                + ": unknown key "
                                + field
                                + "; there are "
                                + String.join(", ", names));
            }
        }
    }

    private static void secret(String text, BuildOptions options) throws UsageException {
        Map<String, String> fields = fields("secret", text, "id");
        known("secret", fields, "id", "src", "source", "env", "type");
        String id = fields.get("id");
        if (id == null || id.isEmpty()) {
            throw new UsageException("--secret " + text + ": it needs id=");
        }
        String source = fields.getOrDefault("src", fields.get("source"));
        String variable = fields.get("env");
        String type = fields.get("type");
        if (type != null && !type.equals("env") && !type.equals("file")) {
            throw new UsageException("--secret " + text + ": type must be file or env");
        }
        if ("env".equals(type) && variable == null) {
            variable = source == null ? id : source;
        } else if (variable == null && source == null && System.getenv(id) != null) {
            variable = id;
        }
        if (variable == null && source == null) {
            throw new UsageException("--secret " + text + ": it needs src= or env=");
        }
        options.secret(
                id,
                variable != null
                        ? new Secret.Variable(variable)
                        : new Secret.File(Path.of(String.valueOf(source))));
    }

    private static void ssh(String text, BuildOptions options) throws UsageException {
        int equals = text.indexOf('=');
        String id = equals < 0 ? text : text.substring(0, equals);
        String socket = equals < 0 ? System.getenv("SSH_AUTH_SOCK") : text.substring(equals + 1);
        if (socket == null || socket.isEmpty()) {
            throw new UsageException(
                    "--ssh " + text + ": there is no agent; start ssh-agent, or give its socket");
        }
        options.ssh(id, Path.of(socket));
    }

    private static CacheSpec cache(String option, String text, String place) throws UsageException {
        if (text.indexOf('=') < 0) {
            return new CacheSpec("registry", text);
        }
        Map<String, String> fields = fields(option, text, "type");
        known(option, fields, "type", "ref", "src", "dest", "mode");
        String type = fields.getOrDefault("type", "registry");
        @Nullable String where =
                switch (type) {
                    case "local" -> fields.get(place);
                    case "registry" -> fields.get("ref");
                    case "inline" -> "";
                    default ->
                            throw new UsageException(
                                    "--"
                                            + option
                                            + " "
                                            + text
                                            + ": type must be local, registry or inline");
                };
        if (where == null) {
            throw new UsageException(
                    "--"
                            + option
                            + " "
                            + text
                            + ": it needs "
                            + (type.equals("local") ? place : "ref")
                            + "=");
        }
        return new CacheSpec(type, where);
    }

    private static OutputSpec output(String text) throws UsageException {
        if (text.equals("-")) {
            return new OutputSpec("tar", "-", null);
        }
        if (text.indexOf('=') < 0) {
            return new OutputSpec("local", text, null);
        }
        Map<String, String> fields = fields("output", text, "dest");
        known("output", fields, "type", "dest", "compression", "name");
        String type = fields.getOrDefault("type", "local");
        if (!List.of("image", "local", "tar", "oci", "docker").contains(type)) {
            throw new UsageException(
                    "--output " + text + ": type must be image, local, tar, oci or docker");
        }
        String compression = fields.get("compression");
        if (compression != null
                && !List.of("gzip", "zstd", "none", "uncompressed").contains(compression)) {
            throw new UsageException(
                    "--output " + text + ": compression must be gzip, zstd or none");
        }
        String dest = fields.get("dest");
        if (dest == null && type.equals("local")) {
            throw new UsageException("--output " + text + ": it needs dest=");
        }
        return new OutputSpec(
                type,
                dest == null && !type.equals("image") ? "-" : dest,
                "uncompressed".equals(compression) ? "none" : compression);
    }

    private static void limits(Given given, BuildOptions options) {
        options.limits(
                new BuildOptions.Limits(
                        bytes(given.get("memory")),
                        swap(given.get("memory-swap")),
                        given.get("cpus") == null
                                ? null
                                : Long.valueOf(Units.nanoCpus(String.valueOf(given.get("cpus")))),
                        number(given.get("cpu-shares")),
                        number(given.get("cpu-period")),
                        number(given.get("cpu-quota")),
                        given.get("cpuset-cpus"),
                        given.get("cpuset-mems"),
                        bytes(given.get("shm-size"))));
    }

    private static @Nullable Long bytes(@Nullable String text) {
        return text == null ? null : Long.valueOf(Units.bytes(text));
    }

    private static @Nullable Long swap(@Nullable String text) {
        return text == null ? null : Long.valueOf(Units.bytesOrMinusOne(text));
    }

    private static @Nullable Long number(@Nullable String text) {
        return text == null ? null : Long.valueOf(Units.number(text));
    }
}
