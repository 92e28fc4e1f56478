package dev.carafe.engine;

import dev.carafe.engine.build.Build;
import dev.carafe.engine.build.BuildListener;
import dev.carafe.engine.build.BuildOptions;
import dev.carafe.engine.image.HostImage;
import dev.carafe.engine.image.Image;
import dev.carafe.engine.image.ImageException;
import dev.carafe.engine.image.ImageFilter;
import dev.carafe.engine.image.ImageStore;
import dev.carafe.engine.image.Pruned;
import dev.carafe.engine.image.RootImages;
import dev.carafe.engine.image.StoreLock;
import dev.carafe.engine.image.TransferListener;
import dev.carafe.engine.jar.JarBuild;
import dev.carafe.engine.jar.JarOptions;
import dev.carafe.engine.jar.Notes;
import dev.carafe.engine.registry.Registries;
import dev.carafe.engine.vm.Templates;
import dev.carafe.linux.ErrnoException;
import dev.carafe.linux.Fd;
import dev.carafe.linux.Memory;
import dev.carafe.linux.Named;
import dev.carafe.linux.Native;
import dev.carafe.linux.Signal;
import dev.carafe.linux.Sys;
import dev.carafe.oci.image.ImageConfig;
import dev.carafe.oci.runtime.Capabilities;
import dev.carafe.oci.runtime.Linux;
import dev.carafe.oci.runtime.Mount;
import dev.carafe.oci.runtime.Process;
import dev.carafe.oci.runtime.Resources;
import dev.carafe.oci.runtime.Spec;
import dev.carafe.runtime.Rootfs;
import dev.carafe.runtime.Start;
import dev.carafe.runtime.StartException;
import dev.carafe.runtime.cgroup.Cgroup;
import dev.carafe.runtime.cgroup.CgroupException;
import dev.carafe.runtime.cgroup.CgroupHost;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;

/**
 * Containers and images on this host, for the JVM that opened it. Several engines, in this and
 * other processes, can share one root.
 */
public final class Engine implements AutoCloseable {
    private static final String HOST = "host";

    private final Roots roots;
    private final ContainerSpec.Identity identity;
    private final ContainerDirectories directories;
    private final Set<Container> containers = ConcurrentHashMap.newKeySet();
    private final AtomicBoolean swept = new AtomicBoolean();
    private final HostCgroups cgroups = new HostCgroups();
    private final Walls walls;
    private final Lifecycle lifecycle;
    private @Nullable ImageStore images;

    private Engine(Roots roots) throws IOException {
        this.roots = roots;
        this.identity = ContainerSpec.Identity.ofThisProcess();
        this.walls = new Walls(cgroups, new VmWall(cgroups, roots, identity, this::images));
        this.directories = new ContainerDirectories(roots.containers(), identity);
        this.lifecycle = new Lifecycle(directories, walls);
    }

    /**
     * Opens the usual root: CARAFE_ROOT, /var/lib/carafe for root, or the user's data directory.
     */
    public static Engine open() {
        return open(Roots.usual());
    }

    /** Opens an engine that keeps everything in these places; missing directories are made. */
    public static Engine open(Roots roots) {
        try {
            Files.createDirectories(roots.mountPoint());
            Files.createDirectories(roots.containers());
            return new Engine(roots);
        } catch (IOException e) {
            throw new EngineException(
                    EngineException.Code.FAILED,
                    "the root "
                            + roots.data()
                            + " cannot be used: "
                            + e.getMessage()
                            + "; set CARAFE_ROOT to a directory"
                            + " that you can write",
                    e);
        }
    }

    public Roots roots() {
        return roots;
    }

    /** The images of this engine's root. */
    public synchronized ImageStore images() {
        ImageStore store = images;
        if (store == null) {
            try {
                store = ImageStore.open(roots.data());
                images = store;
            } catch (IOException e) {
                throw failed(e);
            }
        }
        return store;
    }

    /**
     * Takes a name from an image, and with the last one the image itself.
     *
     * @return what was done, a line each
     * @throws EngineException when there is none, or a container uses it
     */
    public List<String> removeImage(String reference, boolean force) {
        try {
            List<String> lines = images().remove(reference, force, this::containersOf);
            pruneTemplates();
            return lines;
        } catch (ImageException e) {
            throw new EngineException(
                    EngineException.Code.NO_SUCH_IMAGE, String.valueOf(e.getMessage()), e);
        } catch (IOException e) {
            throw failed(e);
        }
    }

    /**
     * Whether an image is there, and the file system that machines of it start from is not yet.
     *
     * @param image a name, digest, id or the beginning of an id; or {@code host}, which has none
     */
    public boolean lacksRoot(String image) {
        try {
            return !image.equals(HOST)
                    && images().has(image)
                    && !new RootImages(images()).has(images().resolve(image));
        } catch (IOException e) {
            throw failed(e);
        }
    }

    /**
     * Makes the file system that machines of an image start from, unless it is there. The first
     * start does so too, except that of an ordinary user: in its user namespace alone the files
     * have the owners that the image gives them, so there a second JVM has to call this ({@link
     * OwnIds}).
     *
     * @param image a name, digest, id or the beginning of an id
     * @throws EngineException when there is no such image, or the disk is full
     */
    public void makeRoot(String image) {
        try (StoreLock _ = images().hold()) {
            new RootImages(images()).of(images().resolve(image));
        } catch (IOException e) {
            throw failed(e);
        }
    }

    /**
     * Removes images that nobody needs; never one that a container uses.
     *
     * @param all also images with names
     */
    public Pruned pruneImages(boolean all, ImageFilter filter) {
        try {
            Pruned pruned = images().prune(all, filter::accepts, this::containersOf);
            return new Pruned(pruned.lines(), pruned.reclaimed() + pruneTemplates());
        } catch (IOException e) {
            throw failed(e);
        }
    }

    /** Templates go with what they were made of. */
    private long pruneTemplates() throws IOException {
        return Templates.prune(VmWall.cache(roots), new RootImages(images()).directory());
    }

    /**
     * Images from and to registries, by this user's configuration and credentials. The caller
     * closes it.
     */
    public Transfers transfers() {
        try {
            return new Transfers(images(), Registries.open());
        } catch (IOException e) {
            throw failed(e);
        }
    }

    /**
     * Makes an image of a runnable jar.
     *
     * @param notes is told of the steps
     * @throws EngineException when the jar, the JDK or the base don't do; no image is made then
     */
    public Image buildJar(JarOptions options, Notes notes) {
        try {
            return JarBuild.run(images(), options, notes);
        } catch (IOException e) {
            throw failed(e);
        }
    }

    private List<String> containersOf(String imageId) {
        List<String> names = new ArrayList<>();
        for (ContainerRecord container : list()) {
            if (container.imageId().equals(imageId)) {
                names.add(container.name());
            }
        }
        return names;
    }

    /** All containers of this root, running and ended, whichever process started them. */
    public List<ContainerRecord> list() {
        try {
            return directories.list();
        } catch (IOException e) {
            throw failed(e);
        }
    }

    /**
     * Removes an ended container.
     *
     * @param wanted its name, id, or the beginning of its id
     * @param force kills it first if it runs
     */
    public void remove(String wanted, boolean force) {
        try {
            lifecycle.remove(wanted, force);
        } catch (IOException e) {
            throw failed(e);
        }
    }

    /**
     * What is on record of a container.
     *
     * @param wanted its name, id, or the beginning of its id
     */
    public ContainerRecord find(String wanted) {
        try {
            return directories.find(wanted);
        } catch (IOException e) {
            throw failed(e);
        }
    }

    /** The runtime configuration that a container was started with. */
    public Spec configuration(ContainerRecord container) {
        try {
            return Bundle.spec(directories.of(container.id()));
        } catch (IOException e) {
            throw failed(e);
        }
    }

    /**
     * Sends a signal to a running container's first process, whichever process started it. One that
     * is to end a paused container lets it go on; after SIGKILL the end is waited for.
     *
     * @param wanted its name, id, or the beginning of its id
     * @param signal a name such as {@code SIGHUP} or {@code HUP}, or a number
     */
    public void kill(String wanted, String signal) {
        int number = signal(signal);
        try {
            lifecycle.kill(wanted, number);
        } catch (IOException e) {
            throw failed(e);
        }
    }

    /**
     * Asks a container to end, kills it when it does not, and waits for its end. One that has ended
     * is no error.
     *
     * @param wanted its name, id, or the beginning of its id
     * @param signal a name or a number, in place of the one that the container or its image names,
     *     else SIGTERM
     * @param seconds how long it has until it is killed, -1 for any time; by default what the
     *     container's options say, else 10
     */
    public void stop(String wanted, Optional<String> signal, OptionalInt seconds) {
        OptionalInt number =
                signal.isPresent() ? OptionalInt.of(signal(signal.get())) : OptionalInt.empty();
        try {
            lifecycle.stop(wanted, number, seconds);
        } catch (IOException e) {
            throw failed(e);
        }
    }

    private static int signal(String text) {
        try {
            return Signal.number(text);
        } catch (IllegalArgumentException e) {
            throw new EngineException(
                    EngineException.Code.INVALID, String.valueOf(e.getMessage()), e);
        }
    }

    /**
     * Stops every process of a running container where it is, until {@link #unpause}.
     *
     * @param wanted its name, id, or the beginning of its id
     */
    public void pause(String wanted) {
        try {
            lifecycle.pause(wanted);
        } catch (IOException e) {
            throw failed(e);
        }
    }

    /**
     * Lets the processes of a paused container go on.
     *
     * @param wanted its name, id, or the beginning of its id
     */
    public void unpause(String wanted) {
        try {
            lifecycle.unpause(wanted);
        } catch (IOException e) {
            throw failed(e);
        }
    }

    /** Whether a container runs and is paused. */
    public boolean isPaused(ContainerRecord container) {
        try {
            return lifecycle.isPaused(container);
        } catch (IOException e) {
            throw failed(e);
        }
    }

    /**
     * Waits for the end of a container, whichever process started it. Blocks a platform thread.
     *
     * @param wanted its name, id, or the beginning of its id
     * @return its exit code, or 128 plus the number of the signal that ended it
     * @throws EngineException also when nobody knows the exit code, because the process that
     *     started the container ended first
     */
    public int waitFor(String wanted) {
        try {
            return lifecycle.waitFor(wanted);
        } catch (IOException e) {
            throw failed(e);
        }
    }

    /**
     * Starts a further process in a running container, whichever process started that.
     *
     * @param wanted the container's name, id, or the beginning of its id
     * @return the process; whoever asked waits for it, and closes it
     * @throws EngineException when it can't be started
     */
    public ContainerProcess exec(String wanted, ExecOptions options, Stdio stdio) {
        try {
            ContainerRecord container = lifecycle.running(wanted);
            Path directory = directories.of(container.id());
            Wall wall = walls.of(container);
            if (wall.isPaused(container, directory)) {
                throw Lifecycle.invalid(container, "is paused; unpause it first");
            }
            Process own = Bundle.spec(directory).process();
            if (own == null) {
                throw Lifecycle.invalid(container, "has no process in its config.json");
            }
            Process process =
                    new ExecProcess(own, options, user -> wall.user(container, directory, user))
                            .process();
            return exec(wall, container, process, stdio);
        } catch (StartException e) {
            throw new EngineException(code(e.kind()), String.valueOf(e.getMessage()), e);
        } catch (IOException e) {
            throw failed(e);
        }
    }

    private ContainerProcess exec(
            Wall wall, ContainerRecord container, Process process, Stdio stdio)
            throws StartException, IOException {
        Streams streams = Streams.open(stdio);
        boolean started = false;
        try {
            Path directory = directories.of(container.id());
            Started running = wall.exec(container, directory, process, streams.numbers());
            started = true;
            streams.close();
            return new ContainerProcess(container.id(), running, streams);
        } finally {
            if (!started) {
                streams.abandon();
            }
        }
    }

    /**
     * Builds an image from a Dockerfile.
     *
     * @return the image; empty when the options' outputs put nothing into the store
     * @throws EngineException when the Dockerfile or the context is wrong, or a step fails
     */
    public Optional<Image> build(BuildOptions options, BuildListener listener) {
        try {
            return Optional.ofNullable(
                    Build.run(
                            images(),
                            options,
                            listener,
                            new BuildSteps(this, options),
                            new BuildImages(this)));
        } catch (IOException | IllegalArgumentException e) {
            throw failed(e);
        }
    }

    /**
     * Removes what builds keep to be faster the next time, and what no image needs.
     *
     * @return the bytes that were freed
     */
    public long pruneBuilds() {
        try {
            long mounts = Build.prune(images());
            return mounts + images().prune(false, config -> false, this::containersOf).reclaimed();
        } catch (IOException e) {
            throw failed(e);
        }
    }

    /** Starts a container whose output and errors the container object gives. */
    public Container run(RunOptions options) {
        return run(options, Stdio.CAPTURE);
    }

    /**
     * Starts a container, of an image that is pulled first where {@link RunOptions#pull} says so.
     *
     * @throws EngineException when it can't be started; nothing is left of it
     */
    public Container run(RunOptions options, Stdio stdio) {
        if (options.pull() == PullPolicy.ALWAYS) {
            pull(options);
        }
        try {
            return runStored(options, stdio);
        } catch (EngineException e) {
            if (e.code() != EngineException.Code.NO_SUCH_IMAGE
                    || options.pull() != PullPolicy.MISSING) {
                throw e;
            }
        }
        pull(options);
        return runStored(options, stdio);
    }

    private void pull(RunOptions options) {
        if (!options.image().equals(HOST)) {
            try (Transfers transfers = transfers()) {
                transfers.ensure(options.image(), options.pull(), null, TransferListener.SILENT);
            }
        }
    }

    private Container runStored(RunOptions options, Stdio stdio) {
        String id = newId();
        Path directory = directories.of(id);
        checkName(options);
        try {
            if (options.isolation() == Isolation.VM) {
                // QEMU's own userland: making it takes the store alone
                HostImage.open(roots.data());
            }
        } catch (IOException e) {
            throw failed(e);
        }
        try (StoreLock _ = hold(options)) {
            return start(stdio, prepare(options, id, directory));
        } catch (IOException e) {
            throw failed(e);
        }
    }

    /**
     * Starts a container of an image that has no name yet, on a root that the caller mounted. It
     * dies with the thread that calls this, and leaves nothing behind at its end.
     *
     * @param root a detached mount of the whole tree
     * @param attachments detached mounts for places inside
     */
    Container step(RunOptions options, Image image, Fd root, List<Start.Attachment> attachments) {
        String id = newId();
        Path directory = directories.of(id);
        Rootfs rootfs = new Rootfs.Detached(root);
        Prepared prepared =
                prepare(options, image, List.of(), rootfs, id, directory).with(attachments);
        return start(Stdio.CAPTURE, prepared);
    }

    private Container start(Stdio stdio, Prepared prepared) {
        Path directory = prepared.directory();
        Wall wall = walls.of(prepared.options().isolation());
        boolean started = false;
        try {
            materialize(prepared);
            Streams streams = Streams.open(stdio);
            try {
                Started process = wall.start(prepared, streams.numbers());
                started = true;
                streams.close();
                return keep(prepared, wall, record(prepared, process), process, streams);
            } finally {
                if (!started) {
                    streams.abandon();
                }
            }
        } catch (StartException e) {
            throw new EngineException(code(e.kind()), String.valueOf(e.getMessage()), e);
        } catch (IOException e) {
            throw failed(e);
        } finally {
            if (!started) {
                delete(directory);
            }
        }
    }

    /** Keeps the image from being removed until the container is on record. */
    private @Nullable StoreLock hold(RunOptions options) throws IOException {
        return options.image().equals(HOST) ? null : images().hold();
    }

    private void checkName(RunOptions options) {
        if (options.name().isPresent()) {
            for (ContainerRecord other : list()) {
                if (other.name().equals(options.name().get())) {
                    throw new EngineException(
                            EngineException.Code.INVALID,
                            "the name "
                                    + other.name()
                                    + " is in use by container "
                                    + other.id().substring(0, 12)
                                    + "; remove it, or choose another name");
                }
            }
        }
    }

    private static ContainerRecord record(Prepared prepared, Started started) throws IOException {
        RunOptions options = prepared.options();
        ImageConfig.Config config = prepared.image().config().config();
        Process process = prepared.spec().process();
        Map<String, String> labels = new LinkedHashMap<>(config.labels());
        labels.putAll(options.labels());
        ContainerRecord record =
                new ContainerRecord(
                        prepared.id(),
                        options.name().orElse(prepared.id().substring(0, 12)),
                        options.image(),
                        prepared.image().id(),
                        process == null ? List.of() : process.args(),
                        labels,
                        options.isolation(),
                        System.currentTimeMillis() / 1000,
                        ProcessId.of(started.pid()),
                        ProcessId.ofThisProcess(),
                        options.remove(),
                        prepared.cgroup().map(Cgroup::path).orElse(null),
                        stopSignal(options, config),
                        options.stopTimeout(),
                        0,
                        OptionalInt.empty(),
                        null);
        Bundle.write(prepared.directory(), prepared.spec(), prepared.seccomp());
        record.write(prepared.directory()); // last: from now on others may reach it
        return record;
    }

    private static OptionalInt stopSignal(RunOptions options, ImageConfig.Config config) {
        String signal = options.stopSignal().orElse(config.stopSignal());
        if (signal == null || signal.isEmpty()) {
            return OptionalInt.empty();
        }
        try {
            return OptionalInt.of(Signal.number(signal));
        } catch (IllegalArgumentException e) {
            return OptionalInt.empty(); // the image's, which nobody checked
        }
    }

    /** The plans of a start, without starting anything. */
    public Explanation explain(RunOptions options) {
        String id = "0".repeat(64);
        try {
            Prepared prepared = prepare(options, id, roots.containers().resolve(id));
            return walls.of(options.isolation())
                    .explain(
                            prepared,
                            List.of(
                                    new Named("stdin", 0),
                                    new Named("stdout", 1),
                                    new Named("stderr", 2)));
        } catch (StartException e) {
            throw new EngineException(code(e.kind()), String.valueOf(e.getMessage()), e);
        } catch (IOException e) {
            throw failed(e);
        }
    }

    private Prepared prepare(RunOptions options, String id, Path directory) {
        checkWall(options);
        try {
            Image image;
            List<Mount> hostMounts = new ArrayList<>();
            if (options.image().equals(HOST)) {
                HostImage host = HostImage.open(roots.data());
                image = host.image();
                for (Path bind : host.binds()) {
                    hostMounts.add(
                            new Mount(
                                    bind.toString(),
                                    "bind",
                                    bind.toString(),
                                    List.of("rbind", "rprivate", "rro", "nodev")));
                }
            } else {
                image = images().resolve(options.image());
            }
            Rootfs rootfs =
                    new Rootfs.Overlay(
                            options.image().equals(HOST)
                                    ? image.layers()
                                    : images().mountable(image.layers()),
                            directory.resolve("upper"),
                            directory.resolve("work"),
                            options.remove(),
                            identity.rootless());
            return prepare(options, image, hostMounts, rootfs, id, directory);
        } catch (ImageException e) {
            throw new EngineException(
                    EngineException.Code.NO_SUCH_IMAGE, String.valueOf(e.getMessage()), e);
        } catch (IOException e) {
            throw failed(e);
        }
    }

    private Prepared prepare(
            RunOptions options,
            Image image,
            List<Mount> hostMounts,
            Rootfs rootfs,
            String id,
            Path directory) {
        try {
            CgroupHost cgroups = this.cgroups.get();
            boolean machine = options.isolation() == Isolation.VM;
            ContainerSpec maker =
                    new ContainerSpec(
                            options,
                            image,
                            id,
                            directory,
                            machine
                                    ? ContainerSpec.Identity.GUEST
                                    : rootfs instanceof Rootfs.Detached
                                            ? identity.sharingUsers()
                                            : identity,
                            hostMounts,
                            !machine && cgroups.usable(),
                            machine
                                    || cgroups.usable()
                                            && (cgroups.find("devices").isPresent()
                                                    || cgroups.unified().isPresent()));
            Spec spec = maker.spec();
            spec.validate();
            Optional<Cgroup> cgroup = Optional.empty();
            Linux linux = spec.linux();
            if (cgroups.usable() && linux != null && linux.resources() != null) {
                String path = String.valueOf(linux.cgroupsPath());
                Resources limits = machine ? VmWall.resources(options) : linux.resources();
                cgroup = Optional.of(Cgroup.plan(cgroups, path, limits));
            }
            return new Prepared(
                    id,
                    directory,
                    options,
                    image,
                    spec,
                    maker.etcFiles(),
                    rootfs,
                    roots.mountPoint(),
                    cgroup,
                    SeccompChoice.of(options, capabilities(spec)),
                    warnings(spec, cgroups),
                    List.of(),
                    false);
        } catch (CgroupException | IllegalArgumentException e) {
            throw new EngineException(
                    EngineException.Code.INVALID, String.valueOf(e.getMessage()), e);
        } catch (IOException e) {
            throw failed(e);
        }
    }

    /** What only a machine has is refused where there is none. */
    private static void checkWall(RunOptions options) {
        if (options.isolation() == Isolation.VM) {
            VmWall.check(options);
            return;
        }
        String option =
                options.kernel().isPresent()
                        ? "--kernel"
                        : options.accel().isPresent()
                                ? "--accel"
                                : options.fromTemplate() != FromTemplate.AUTO
                                        ? "--from-template"
                                        : options.storageSize().isPresent() ? "--storage-opt" : "";
        if (!option.isEmpty()) {
            throw new EngineException(
                    EngineException.Code.INVALID,
                    option + " needs --isolation vm: a container has no machine of its own");
        }
    }

    private static List<String> warnings(Spec spec, CgroupHost cgroups) {
        Linux linux = spec.linux();
        Resources limits = linux == null ? null : linux.resources();
        boolean limited =
                limits != null
                        && (limits.memory() != null
                                || limits.cpu() != null
                                || limits.pids() != null
                                || limits.blockIO() != null);
        return limited && !cgroups.usable()
                ? List.of(
                        "the limits have no effect: "
                                + cgroups.warning().orElse("there is no cgroup to set them on"))
                : List.of();
    }

    private static List<String> capabilities(Spec spec) {
        Process process = spec.process();
        Capabilities sets = process == null ? null : process.capabilities();
        return sets == null ? List.of() : sets.bounding();
    }

    private static void materialize(Prepared prepared) throws IOException {
        Path directory = prepared.directory();
        Files.createDirectory(directory);
        Files.createDirectory(directory.resolve("upper"));
        Files.createDirectory(directory.resolve("work"));
        for (Map.Entry<String, String> file : prepared.etc().entrySet()) {
            Files.writeString(directory.resolve(file.getKey()), file.getValue());
        }
    }

    private Container keep(
            Prepared prepared,
            Wall wall,
            ContainerRecord record,
            Started started,
            Streams streams) {
        Container[] self = new Container[1];
        Container container =
                new Container(
                        record.id(),
                        new ContainerProcess(record.id(), started, streams),
                        prepared.warnings(),
                        status ->
                                ended(
                                        wall,
                                        prepared.directory(),
                                        record,
                                        status,
                                        started.failure().orElse(null)),
                        () -> containers.remove(self[0]));
        self[0] = container;
        containers.add(container);
        return container;
    }

    private void ended(
            Wall wall,
            Path directory,
            ContainerRecord record,
            int status,
            @Nullable String failure) {
        try {
            wall.end(record, directory);
            if (record.remove()) {
                Lifecycle.tell(directory, status);
                directories.delete(directory);
            } else if (Files.exists(directory)) { // another process may have removed it
                record.ended(OptionalInt.of(status), failure).write(directory);
            }
            if (swept.compareAndSet(false, true)) {
                directories.sweep(walls);
            }
        } catch (IOException e) {
            throw failed(e);
        }
    }

    private void delete(Path directory) {
        try {
            directories.delete(directory);
        } catch (IOException e) {
            throw new EngineException(
                    EngineException.Code.FAILED,
                    "the container's files at " + directory + " cannot be removed: " + e,
                    e);
        }
    }

    private static String newId() {
        try (Memory memory = Memory.borrow()) {
            long buffer = memory.reserve(32);
            Native.check("draw a random id", Sys.GETRANDOM, buffer, 32, 0);
            byte[] bytes = new byte[32];
            memory.view(buffer, 32).get(bytes);
            return HexFormat.of().formatHex(bytes);
        } catch (ErrnoException e) {
            throw failed(e);
        }
    }

    private static EngineException.Code code(StartException.Kind kind) {
        return switch (kind) {
            case FAILED -> EngineException.Code.FAILED;
            case NOT_EXECUTABLE -> EngineException.Code.NOT_EXECUTABLE;
            case NOT_FOUND -> EngineException.Code.NOT_FOUND;
        };
    }

    private static EngineException failed(Exception e) {
        return new EngineException(EngineException.Code.FAILED, String.valueOf(e.getMessage()), e);
    }

    /** Kills and removes every container that was started here and still runs. */
    @Override
    public void close() {
        List.copyOf(containers).forEach(Container::close);
    }
}
