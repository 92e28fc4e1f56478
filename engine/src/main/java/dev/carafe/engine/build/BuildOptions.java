package dev.carafe.engine.build;

import java.io.InputStream;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What to build and how: the options of {@code carafe build}, named as on the command line. Every
 * setter refuses a bad value with an {@link IllegalArgumentException} of one line. Not safe for use
 * by several threads.
 */
public final class BuildOptions {
    private ContextSource context = new ContextSource.Directory(Path.of("."));
    private DockerfileSource dockerfile = new DockerfileSource.Default();
    private final List<String> tags = new ArrayList<>();
    private @Nullable String target;
    private final Map<String, String> buildArgs = new LinkedHashMap<>();
    private final Map<String, Secret> secrets = new LinkedHashMap<>();
    private final Map<String, Path> ssh = new LinkedHashMap<>();
    private final List<CacheSpec> cacheFrom = new ArrayList<>();
    private final List<CacheSpec> cacheTo = new ArrayList<>();
    private @Nullable String platform;
    private boolean noCache;
    private final Set<String> noCacheFilter = new LinkedHashSet<>();
    private boolean pull;
    private final List<OutputSpec> outputs = new ArrayList<>();
    private final Map<String, String> labels = new LinkedHashMap<>();
    private StepRunner.Network network = StepRunner.Network.DEFAULT;
    private final Map<String, String> buildContexts = new LinkedHashMap<>();
    private final Map<String, String> addHosts = new LinkedHashMap<>();
    private final List<String> ulimits = new ArrayList<>();
    private Limits limits = Limits.NONE;
    private OptionalLong sourceDateEpoch = OptionalLong.empty();
    private int parallel = Math.max(2, Runtime.getRuntime().availableProcessors());

    /** Where COPY takes files from. */
    public sealed interface ContextSource {
        /** A directory of this host. */
        record Directory(Path path) implements ContextSource {}

        /** A tar, plain or compressed with gzip or zstd; or nothing but a Dockerfile. */
        record Stream(InputStream in) implements ContextSource {}

        /** A git repository, or the http(s) address of a tar or a Dockerfile. */
        record Address(String url) implements ContextSource {}
    }

    /** Where the Dockerfile is. */
    public sealed interface DockerfileSource {
        /** {@code Dockerfile} of the context. */
        record Default() implements DockerfileSource {}

        /** A file of this host, or of a context that is no directory. */
        record File(String path) implements DockerfileSource {}

        /** Its text. */
        record Text(String text) implements DockerfileSource {}
    }

    /** A secret's value: a file or a variable of this process's environment. */
    public sealed interface Secret {
        /** A file. */
        record File(Path path) implements Secret {}

        /** A variable. */
        record Variable(String name) implements Secret {}
    }

    /**
     * A cache besides the store's own.
     *
     * @param type {@code local}, {@code registry} or {@code inline}
     * @param where a directory, or an image's name; empty for inline
     */
    public record CacheSpec(String type, String where) {}

    /**
     * Where the result goes.
     *
     * @param type {@code image}, {@code local}, {@code tar}, {@code oci} or {@code docker}
     * @param destination a file or directory; null for an image, and {@code -} is standard output
     * @param compression {@code gzip}, {@code zstd} or {@code none}; null for the usual
     */
    public record OutputSpec(
            String type, @Nullable String destination, @Nullable String compression) {}

    /**
     * What a RUN may use; null for no limit.
     *
     * @param memory bytes
     * @param memorySwap bytes of memory and swap together, -1 for unlimited swap
     * @param nanoCpus billionths of a CPU
     * @param shmSize bytes
     */
    public record Limits(
            @Nullable Long memory,
            @Nullable Long memorySwap,
            @Nullable Long nanoCpus,
            @Nullable Long cpuShares,
            @Nullable Long cpuPeriod,
            @Nullable Long cpuQuota,
            @Nullable String cpusetCpus,
            @Nullable String cpusetMems,
            @Nullable Long shmSize) {
        /** None. */
        public static final Limits NONE =
                new Limits(null, null, null, null, null, null, null, null, null);
    }

    /** The current directory, its Dockerfile. */
    public BuildOptions() {}

    /** A directory as context. */
    public static BuildOptions of(Path directory) {
        return new BuildOptions().context(new ContextSource.Directory(directory));
    }

    public BuildOptions context(ContextSource value) {
        context = value;
        return this;
    }

    public ContextSource context() {
        return context;
    }

    public BuildOptions dockerfile(DockerfileSource value) {
        dockerfile = value;
        return this;
    }

    /** A Dockerfile's text. */
    public BuildOptions dockerfile(String text) {
        return dockerfile(new DockerfileSource.Text(text));
    }

    public DockerfileSource dockerfile() {
        return dockerfile;
    }

    /** A name for the image; may be given several times. */
    public BuildOptions tag(String value) {
        tags.add(value);
        return this;
    }

    public List<String> tags() {
        return List.copyOf(tags);
    }

    /** The stage to build, by name or number; the last one without. */
    public BuildOptions target(String value) {
        target = value;
        return this;
    }

    public @Nullable String target() {
        return target;
    }

    /** A value for an ARG. */
    public BuildOptions buildArg(String name, String value) {
        if (name.isEmpty() || name.indexOf('=') >= 0) {
            throw new IllegalArgumentException("invalid build argument name: \"" + name + "\"");
        }
        buildArgs.put(name, value);
        return this;
    }

    public Map<String, String> buildArgs() {
        return buildArgs;
    }

    /** A secret for {@code RUN --mount=type=secret}. */
    public BuildOptions secret(String id, Secret value) {
        secrets.put(id, value);
        return this;
    }

    public Map<String, Secret> secrets() {
        return secrets;
    }

    /** The socket of an agent for {@code RUN --mount=type=ssh}. */
    public BuildOptions ssh(String id, Path socket) {
        ssh.put(id, socket);
        return this;
    }

    public Map<String, Path> ssh() {
        return ssh;
    }

    public BuildOptions cacheFrom(CacheSpec value) {
        cacheFrom.add(value);
        return this;
    }

    public List<CacheSpec> cacheFrom() {
        return cacheFrom;
    }

    public BuildOptions cacheTo(CacheSpec value) {
        cacheTo.add(value);
        return this;
    }

    public List<CacheSpec> cacheTo() {
        return cacheTo;
    }

    /** What to build for, such as {@code linux/arm64}; this machine without. */
    public BuildOptions platform(String value) {
        platform = value;
        return this;
    }

    public @Nullable String platform() {
        return platform;
    }

    /** Runs everything anew. */
    public BuildOptions noCache(boolean value) {
        noCache = value;
        return this;
    }

    public boolean noCache() {
        return noCache;
    }

    /** Runs a stage anew. */
    public BuildOptions noCacheFilter(String stage) {
        noCacheFilter.add(stage);
        return this;
    }

    public Set<String> noCacheFilter() {
        return noCacheFilter;
    }

    /** Asks registries for newer base images. */
    public BuildOptions pull(boolean value) {
        pull = value;
        return this;
    }

    public boolean pull() {
        return pull;
    }

    /** Where the result goes; the image store when none is given. */
    public BuildOptions output(OutputSpec value) {
        outputs.add(value);
        return this;
    }

    public List<OutputSpec> outputs() {
        return outputs;
    }

    public BuildOptions label(String name, String value) {
        labels.put(name, value);
        return this;
    }

    public Map<String, String> labels() {
        return labels;
    }

    /** What a RUN that does not say reaches. */
    public BuildOptions network(StepRunner.Network value) {
        network = value;
        return this;
    }

    public StepRunner.Network network() {
        return network;
    }

    /**
     * A name for {@code COPY --from} and {@code FROM}: a directory, or {@code docker-image://NAME}.
     */
    public BuildOptions buildContext(String name, String value) {
        buildContexts.put(name, value);
        return this;
    }

    public Map<String, String> buildContexts() {
        return buildContexts;
    }

    /** A line of /etc/hosts for RUN. */
    public BuildOptions addHost(String name, String address) {
        addHosts.put(name, address);
        return this;
    }

    public Map<String, String> addHosts() {
        return addHosts;
    }

    /** A limit for RUN, {@code NAME=SOFT[:HARD]}. */
    public BuildOptions ulimit(String value) {
        ulimits.add(value);
        return this;
    }

    public List<String> ulimits() {
        return ulimits;
    }

    public BuildOptions limits(Limits value) {
        limits = value;
        return this;
    }

    public Limits limits() {
        return limits;
    }

    /**
     * No time of the image is later, in seconds since 1970; two builds with it are the same byte by
     * byte when their steps are. The variable and the build argument SOURCE_DATE_EPOCH do the same.
     */
    public BuildOptions sourceDateEpoch(long value) {
        sourceDateEpoch = OptionalLong.of(value);
        return this;
    }

    public OptionalLong sourceDateEpoch() {
        return sourceDateEpoch;
    }

    /** How many stages are worked on at a time. */
    public BuildOptions parallel(int value) {
        if (value < 1 || value > 64) {
            throw new IllegalArgumentException("parallel: it must be from 1 to 64");
        }
        parallel = value;
        return this;
    }

    public int parallel() {
        return parallel;
    }
}
