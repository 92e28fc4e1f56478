package dev.carafe.it;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.carafe.oci.json.Json;
import dev.carafe.oci.json.JsonArray;
import dev.carafe.oci.json.JsonNull;
import dev.carafe.oci.json.JsonObject;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/**
 * Each Dockerfile of {@code src/test/resources/builds} built by Carafe and by Debian's buildah from
 * one base: the file tree, the platform and the configuration must be the same. What buildah 1.28
 * has not is in cases of the name {@code own-*}, which have their expected tree beside them; {@code
 * -Dcarafe.golden=write} writes that. docs/build.md lists where the two differ on purpose.
 */
@Tag("root")
class BuildahTest {
    @RegisterExtension static final Carafe carafe = new Carafe();

    private static final String BASE = "localhost/base:1";
    private static final Path CASES =
            Carafe.home().resolve("it/src/test/resources/builds").toAbsolutePath();

    /** Mount points that buildah leaves in each image that has a RUN. */
    private static final List<String> MOUNT_POINTS =
            List.of("/etc/hostname", "/etc/hosts", "/etc/resolv.conf", "/run/secrets", "/run");

    private static final List<String> WHO_BUILT_IT =
            List.of("Labels.io.buildah.version", "Hostname");

    @TempDir static Path work;
    private static Path buildahRun = Path.of("/nowhere");

    @BeforeAll
    static void bases() throws IOException, InterruptedException {
        for (String program : List.of("buildah", "runc", "skopeo", "umoci", "getfattr")) {
            assumeTrue(Tools.has(program), () -> program + " is not installed");
        }
        String archive = "oci-archive:" + Images.file("busybox.oci.tar");
        buildahRun = Files.createTempDirectory(Path.of("/run"), "buildah-it");
        Files.writeString(work.resolve("secret"), "hush\n");
        buildah("tag", buildah("pull", "-q", archive).strip(), BASE);
        carafe.run("load", "-i", archive.substring("oci-archive:".length())).ok();
        carafe.run("tag", carafe.run("images", "-q").ok().out().strip(), BASE).ok();
    }

    @AfterAll
    static void clean() throws IOException, InterruptedException {
        if (Files.exists(work.resolve("buildah"))) {
            buildah("rmi", "-a", "-f");
        }
        Listing.delete(buildahRun);
    }

    @TestFactory
    Stream<DynamicTest> eachDockerfileGivesWhatBuildahMakesOfIt() throws IOException {
        return cases(false).map(c -> DynamicTest.dynamicTest(c.toString(), () -> same(c)));
    }

    @TestFactory
    Stream<DynamicTest> whatBuildahHasNotGivesWhatIsExpected() throws IOException {
        return cases(true).map(c -> DynamicTest.dynamicTest(c.toString(), () -> expected(c)));
    }

    @Test
    void thereAreAtLeastTwentyDockerfiles() throws IOException {
        assertTrue(cases(false).count() >= 20);
    }

    private static Stream<Path> cases(boolean own) throws IOException {
        try (Stream<Path> all = Files.list(CASES)) {
            return all
                    .filter(c -> c.getFileName().toString().startsWith("own-") == own)
                    .sorted()
                    .toList()
                    .stream();
        }
    }

    private static void same(Path source) throws IOException, InterruptedException {
        Build build = Build.of(source);
        Built theirs = build.withBuildah();
        Built ours = build.withCarafe();
        for (String point : MOUNT_POINTS) {
            if (!ours.tree().containsKey(point)) {
                theirs.tree().remove(point);
            }
        }
        assertEquals("", differences(theirs.tree(), ours.tree()), "the tree, - buildah + carafe");
        assertEquals(
                "",
                differences(theirs.config(), ours.config()),
                "the configuration, - buildah + carafe");
    }

    private static void expected(Path source) throws IOException, InterruptedException {
        Built ours = Build.of(source).withCarafe();
        Map<String, String> base = new TreeMap<>(ours.tree());
        base.keySet().removeIf(p -> p.matches("/(bin|dev|proc|sys|usr|var|root)(/.*)?"));
        String actual = lines(base) + "\n\n" + lines(ours.config()) + "\n";
        Path golden = source.resolve("expected");
        if ("write".equals(System.getProperty("carafe.golden"))) {
            Files.writeString(golden, actual);
        }
        assertEquals(Files.readString(golden), actual);
    }

    private static String differences(Map<String, String> theirs, Map<String, String> ours) {
        StringBuilder out = new StringBuilder();
        Set<String> names = new TreeSet<>(theirs.keySet());
        names.addAll(ours.keySet());
        for (String name : names) {
            String a = theirs.get(name);
            String b = ours.get(name);
            if (!Objects.equals(a, b)) {
                out.append(a == null ? "" : "\n- " + name + " " + a);
                out.append(b == null ? "" : "\n+ " + name + " " + b);
            }
        }
        return out.toString();
    }

    private static String lines(Map<String, String> tree) {
        return String.join(
                "\n", tree.entrySet().stream().map(e -> e.getKey() + " " + e.getValue()).toList());
    }

    private static String buildah(String... arguments) throws IOException, InterruptedException {
        List<String> command = new ArrayList<>(List.of("buildah"));
        command.addAll(List.of("--root", work.resolve("buildah").toString()));
        command.addAll(List.of("--runroot", buildahRun.toString()));
        command.addAll(List.of(arguments));
        return Tools.run(command, work);
    }

    /** What a builder made. */
    private record Built(Map<String, String> tree, Map<String, String> config) {}

    /** A Dockerfile with its context and flags. */
    private record Build(Path source, String name, Path context, List<String> flags) {
        static Build of(Path source) throws IOException, InterruptedException {
            String name = source.getFileName().toString();
            Files.createDirectories(work.resolve("tmp"));
            Path context = Files.createDirectories(work.resolve("context").resolve(name));
            Path script = source.resolve("context.sh").toAbsolutePath();
            if (Files.exists(script)) {
                Tools.run(List.of("sh", "-c", "umask 022; . " + script), context);
            }
            List<String> flags = new ArrayList<>();
            if (Files.exists(source.resolve("flags"))) {
                for (String flag : Files.readAllLines(source.resolve("flags"))) {
                    flags.add(flag.replace("@secret@", work.resolve("secret").toString()));
                }
            }
            return new Build(source.toAbsolutePath(), name, context, List.copyOf(flags));
        }

        Built withBuildah() throws IOException, InterruptedException {
            // it takes no limit that is above its own, which it lowers to the kernel's number of
            // pids
            String limits =
                    "export TMPDIR=$1; shift; n=$(ulimit -Hu) p=$(cat /proc/sys/kernel/pid_max);"
                            + " [ $n != unlimited ] && [ $n -lt $p ] || n=$p; f=$(ulimit -Hn);"
                            + " exec \"$@\" --ulimit nofile=$f:$f --ulimit nproc=$n:$n \"$0\"";
            for (String file : dockerfiles()) {
                List<String> command = new ArrayList<>();
                command.addAll(List.of("bash", "-c", limits, context.toString()));
                command.addAll(List.of(work + "/tmp", "buildah"));
                command.addAll(List.of("--root", work.resolve("buildah").toString()));
                command.addAll(List.of("--runroot", buildahRun.toString()));
                command.addAll(List.of("build", "--format", "docker", "--runtime", "runc"));
                command.addAll(List.of("--network", "host", "--pull-never"));
                command.addAll(List.of("-t", tag(file), "-f", source.resolve(file).toString()));
                command.addAll(flags);
                Tools.run(command, work);
            }
            String image =
                    "containers-storage:[overlay@"
                            + work.resolve("buildah")
                            + "+"
                            + buildahRun
                            + "]"
                            + tag("Dockerfile");
            return new Built(tree("buildah", image), config(image));
        }

        Built withCarafe() throws IOException, InterruptedException {
            for (String file : dockerfiles()) {
                List<String> command = new ArrayList<>(List.of("build"));
                command.addAll(List.of("-t", tag(file), "-f", source.resolve(file).toString()));
                command.addAll(flags);
                command.add(context.toString());
                carafe.run(command.toArray(String[]::new)).ok();
            }
            String image = "oci:" + carafe.root() + ":" + tag("Dockerfile");
            return new Built(tree("carafe", image), config(image));
        }

        private List<String> dockerfiles() {
            boolean two = Files.exists(source.resolve("Dockerfile.base"));
            return two ? List.of("Dockerfile.base", "Dockerfile") : List.of("Dockerfile");
        }

        private String tag(String file) {
            return "localhost/" + (file.equals("Dockerfile") ? name : "onbuild") + ":1";
        }

        private Map<String, String> tree(String builder, String image)
                throws IOException, InterruptedException {
            Path layout = work.resolve(name + "." + builder);
            Path bundle = work.resolve(name + "." + builder + ".bundle");
            Tools.run(List.of("skopeo", "copy", "-q", image, "oci:" + layout + ":it"), work);
            Tools.run(
                    List.of("umoci", "unpack", "--image", layout + ":it", bundle.toString()), work);
            Map<String, String> tree = Listing.of(bundle.resolve("rootfs"));
            Listing.delete(bundle);
            Listing.delete(layout);
            return tree;
        }

        private static Map<String, String> config(String image)
                throws IOException, InterruptedException {
            String text = Tools.run(List.of("skopeo", "inspect", "--config", "--raw", image), work);
            JsonObject json = (JsonObject) Json.parse(text.getBytes(StandardCharsets.UTF_8));
            Map<String, String> sorted = new TreeMap<>();
            for (String key : List.of("architecture", "os", "author", "variant")) {
                Json value = json.get(key);
                put(sorted, key, value == null ? JsonNull.NULL : value);
            }
            if (json.get("config") instanceof JsonObject object) {
                object.members().forEach((key, value) -> put(sorted, key, value));
            }
            WHO_BUILT_IT.forEach(sorted::remove);
            return sorted;
        }

        /** What is empty is as good as absent. */
        private static void put(Map<String, String> sorted, String key, Json value) {
            if (key.equals("Env") && value instanceof JsonArray array) {
                // buildah moves a variable that is set again to the end
                array.elements().forEach(e -> sorted.put("Env " + e.compact(), ""));
                return;
            }
            boolean empty =
                    value instanceof JsonNull
                            || value instanceof JsonArray array && array.elements().isEmpty()
                            || value instanceof JsonObject object && object.members().isEmpty()
                            || value.compact().equals("\"\"")
                            || value.compact().equals("false");
            if (value instanceof JsonObject object) {
                object.members().forEach((k, v) -> sorted.put(key + "." + k, v.compact()));
            } else if (!empty) {
                sorted.put(key, value.compact());
            }
        }
    }
}
