package dev.carafe.engine.build;

import dev.carafe.engine.dockerfile.Mount;
import dev.carafe.engine.image.Dir;
import dev.carafe.engine.image.Draft;
import dev.carafe.linux.Fd;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.Random;
import org.jspecify.annotations.Nullable;

/**
 * Makes the mounts of one RUN. Every source is found by descriptor and mounted by it, so that
 * nothing which changes meanwhile, such as a cache that another container writes, can lead
 * elsewhere (CVE-2024-23651, CVE-2024-1753, CVE-2024-9675).
 */
final class RunMounts implements AutoCloseable {
    private static final int LARGEST_SECRET = 500 * 1024;

    private final BuildOptions options;
    private final Draft draft;
    private final CacheMounts caches;
    private final From from;
    private final String workdir;
    private final List<StepRunner.Attachment> attachments = new ArrayList<>();
    private final List<AutoCloseable> held = new ArrayList<>();
    private final Map<String, String> environment = new LinkedHashMap<>();
    private final List<Name> names = new ArrayList<>();

    private record Name(Fd directory, String name) {}

    /** What {@code from=} means. */
    interface From {
        /** The context's tree for null, else a stage's, a named context's or an image's. */
        Source source(@Nullable String name) throws IOException;

        /** The same as layers, the uppermost first; none for a directory of the host. */
        List<Path> layers(@Nullable String name) throws IOException;

        /** An empty directory with an empty directory {@code lower} beside it. */
        Path empty() throws IOException;
    }

    RunMounts(BuildOptions options, Draft draft, CacheMounts caches, From from, String workdir) {
        this.options = options;
        this.draft = draft;
        this.caches = caches;
        this.from = from;
        this.workdir = workdir;
    }

    /** What the container takes, in the order of the depth of their places. */
    List<StepRunner.Attachment> attachments() {
        attachments.sort((a, b) -> Integer.compare(depth(a), depth(b)));
        return attachments;
    }

    private static int depth(StepRunner.Attachment attachment) {
        String path = At.clean(attachment.destination());
        int depth = 0;
        for (int i = 0; i < path.length(); i++) {
            depth += path.charAt(i) == '/' ? 1 : 0;
        }
        return depth;
    }

    /** Variables that mounts set: secrets, and where the agent is. */
    Map<String, String> environment() {
        return environment;
    }

    void add(Mount mount) throws IOException {
        if (mount instanceof Mount.Bind bind) {
            add(bind);
        } else if (mount instanceof Mount.Cache cache) {
            add(cache);
        } else if (mount instanceof Mount.Tmpfs tmpfs) {
            attach(Detached.tmpfs(tmpfs.size(), tmpfs.readOnly()), tmpfs.target(), true);
        } else if (mount instanceof Mount.Secret secret) {
            add(secret);
        } else if (mount instanceof Mount.Ssh ssh) {
            add(ssh);
        }
    }

    /** A script of a heredoc, executable, at a path of the engine's choice. */
    void script(String path, byte[] content) throws IOException {
        try (Fd directory = Dir.open(draft.newDirectory("script"))) {
            Mount.Owner root = new Mount.Owner(0755, 0, 0, true);
            attach(Detached.file(directory, "script", content, root, path), path, false);
        }
    }

    private void attach(Fd mount, String target, boolean directory) throws BuildException {
        held.add(mount);
        String path = absolute(target);
        if (At.clean(path).isEmpty()) {
            throw new BuildException("--mount: nothing can be mounted on the root directory");
        }
        attachments.add(new StepRunner.Attachment(mount, path, directory));
    }

    private String absolute(String target) {
        return target.startsWith("/") ? target : workdir + "/" + target;
    }

    private void add(Mount.Bind bind) throws IOException {
        Source source = from.source(bind.from());
        String asked = At.bytes(bind.source());
        String path = Links.follow(source.root(), asked);
        Source.Found found = source.find(asked);
        if (found == null) {
            throw new BuildException("--mount: " + source.name() + " has no " + At.shown(asked));
        }
        List<Path> layers = from.layers(bind.from());
        if (!found.info().isDirectory()) {
            attach(file(source, path, layers, bind), bind.target(), false);
            return;
        }
        List<Path> lowers =
                layers.isEmpty()
                        ? List.of(descriptor(source, path))
                        : Trees.directories(layers, path, held);
        attach(directory(lowers, source, path, bind.readOnly()), bind.target(), true);
    }

    /** A name of a directory that is held open, good for this process. */
    private Path descriptor(Source source, String path) throws IOException {
        Fd fd = At.checked("open", path, At.strict(source.root(), path, Dir.O_DIRECTORY));
        held.add(fd);
        return Path.of("/proc/self/fd/" + fd.number());
    }

    private Fd directory(List<Path> lowers, Source source, String path, boolean readOnly)
            throws IOException {
        List<Path> all = new ArrayList<>(lowers);
        Path mask = draft.newDirectory("mask");
        if (new Mask(source, path).write(mask)) {
            all.add(0, mask);
        } else if (readOnly && all.size() == 1) {
            try (Fd fd = Dir.open(all.get(0))) {
                return Detached.bind(fd, true, At.shown(path));
            }
        }
        if (readOnly) {
            return keep(Merged.readOnly(all, from.empty()));
        }
        // what the command writes there is thrown away with the draft
        Path upper = draft.newDirectory("written");
        return keep(Merged.writable(all, upper, draft.newDirectory("work")));
    }

    private static Fd keep(Merged merged) {
        return merged.root();
    }

    private Fd file(Source source, String path, List<Path> layers, Mount.Bind bind)
            throws IOException {
        String shown = At.shown(path);
        Fd file =
                layers.isEmpty()
                        ? At.checked("open", path, At.strict(source.root(), path, Dir.O_PATH))
                        : Trees.file(layers, path);
        if (file == null) {
            throw new BuildException("--mount: " + source.name() + " has no " + shown);
        }
        try (file) {
            if (bind.readOnly()) {
                return Detached.bind(file, true, shown);
            }
        }
        Path copy = draft.newDirectory("written");
        try (Copier copier = new Copier(Dir.open(copy), null, OptionalInt.empty())) {
            Source.Found found = source.find(path);
            if (found != null) {
                copier.copy(source, found, "file", false, Filter.NONE);
            }
        }
        try (Fd directory = Dir.open(copy);
                Fd written = At.checked("open", path, At.strict(directory, "file", Dir.O_PATH))) {
            return Detached.bind(written, false, shown);
        }
    }

    private void add(Mount.Cache cache) throws IOException {
        CacheMounts.Held one = caches.take(cache);
        held.add(one);
        if (one.fresh() && cache.from() != null) {
            fill(one.root(), cache);
        }
        String inside = cache.from() == null ? At.bytes(cache.source()) : "/";
        String path = Links.follow(one.root(), inside);
        if (!path.isEmpty()) {
            try (Copier copier =
                    new Copier(
                            At.checked("open", "", At.strict(one.root(), "", Dir.O_DIRECTORY)),
                            null,
                            OptionalInt.empty())) {
                copier.make(path);
            }
        }
        try (Fd directory =
                At.checked("open", path, At.strict(one.root(), path, Dir.O_DIRECTORY))) {
            attach(
                    Detached.bind(directory, cache.readOnly(), "cache " + cache.id()),
                    cache.target(),
                    true);
        }
    }

    private void fill(Fd root, Mount.Cache cache) throws IOException {
        Source source = from.source(cache.from());
        Source.Found found = source.find(At.bytes(cache.source()));
        if (found == null || !found.info().isDirectory()) {
            throw new BuildException(
                    "--mount: " + source.name() + " has no directory " + At.shown(cache.source()));
        }
        Fd to = At.checked("open", "", At.strict(root, "", Dir.O_DIRECTORY));
        try (Copier copier = new Copier(to, null, OptionalInt.empty())) {
            copier.copy(source, found, "", true, Filter.NONE);
        }
    }

    private void add(Mount.Secret mount) throws IOException {
        BuildOptions.Secret given = options.secrets().get(mount.id());
        if (given == null) {
            if (mount.required()) {
                throw new BuildException(
                        "secret " + mount.id() + " is required; give it with --secret id=");
            }
            return;
        }
        byte[] value = value(mount.id(), given);
        if (mount.env() != null) {
            environment.put(
                    mount.env(), new String(value, java.nio.charset.StandardCharsets.UTF_8));
        }
        if (mount.target() != null) {
            Fd file = secretFile(mount, value);
            attach(file, mount.target(), false);
        }
    }

    /** On a tmpfs, under a name that goes as soon as the container has it. */
    private Fd secretFile(Mount.Secret mount, byte[] value) throws IOException {
        Fd directory = Dir.open(Path.of(Detached.memoryDirectory()));
        String name = "carafe-" + new Random().nextLong(Long.MAX_VALUE);
        names.add(new Name(directory, name));
        return Detached.file(directory, name, value, mount.owner(), "secret " + mount.id());
    }

    /** The container has everything: what names there were for its start go. */
    void started() throws IOException {
        for (Name one : names) {
            At.unlink(one.directory, one.name);
            one.directory.close();
        }
        names.clear();
        for (AutoCloseable one : held) {
            if (one instanceof AgentSocket agent) {
                agent.started();
            }
        }
    }

    private static byte[] value(String id, BuildOptions.Secret given) throws IOException {
        if (given instanceof BuildOptions.Secret.File file) {
            if (!Files.isRegularFile(file.path()) || Files.size(file.path()) > LARGEST_SECRET) {
                throw new BuildException(
                        "secret " + id + ": " + file.path() + " is not a file of at most 500 KiB");
            }
            return Files.readAllBytes(file.path());
        }
        String name = ((BuildOptions.Secret.Variable) given).name();
        String value = System.getenv(name);
        if (value == null) {
            throw new BuildException("secret " + id + ": the variable " + name + " is not set");
        }
        return value.getBytes(java.nio.charset.StandardCharsets.UTF_8);
    }

    private void add(Mount.Ssh mount) throws IOException {
        Path socket = options.ssh().get(mount.id());
        if (socket == null) {
            if (mount.required()) {
                throw new BuildException(
                        "ssh "
                                + mount.id()
                                + " is required; give it with --ssh "
                                + (mount.id().equals("default") ? "default" : mount.id() + "="));
            }
            return;
        }
        AgentSocket agent = AgentSocket.open(socket, mount.owner());
        held.add(agent);
        String target =
                mount.target() == null
                        ? "/run/carafe/ssh-agent." + attachments.size()
                        : mount.target();
        attach(agent.mount(), target, false);
        environment.put("SSH_AUTH_SOCK", absolute(target));
    }

    @Override
    public void close() throws IOException {
        started();
        IOException first = null;
        for (AutoCloseable one : held) {
            try {
                one.close();
            } catch (IOException e) {
                first = first == null ? e : first;
            } catch (Exception e) {
                throw new IOException(e);
            }
        }
        if (first != null) {
            throw first;
        }
    }
}
