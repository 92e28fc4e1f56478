package dev.carafe.engine.build;

import dev.carafe.engine.dockerfile.Instruction;
import dev.carafe.engine.image.Draft;
import dev.carafe.linux.Native;
import dev.carafe.linux.Sys;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.OptionalLong;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/** What all stages of one build share. Safe for use by several threads. */
final class Work {
    private final BuildOptions options;
    private final Draft draft;
    private final BuildCache cache;
    private final BuildListener listener;
    private final StepRunner runner;
    private final FileDigests digests;
    private final CacheMounts caches;
    private final Inputs inputs;
    private final OptionalLong epoch;
    private final String created;
    private final Semaphore places;
    private final AtomicInteger steps = new AtomicInteger();
    private final boolean rootless = Native.syscall(Sys.GETEUID) != 0;
    private volatile boolean stopped;
    private @Nullable Path empty;

    Work(
            BuildOptions options,
            Draft draft,
            BuildCache cache,
            BuildListener listener,
            StepRunner runner,
            Path root,
            Inputs inputs,
            OptionalLong epoch)
            throws IOException {
        this.options = options;
        this.draft = draft;
        this.cache = cache;
        this.listener = listener;
        this.runner = runner;
        this.digests = new FileDigests(root.resolve("cache").resolve("files"));
        this.caches = new CacheMounts(root.resolve("cache").resolve("mounts"));
        this.inputs = inputs;
        this.epoch = epoch;
        this.places = new Semaphore(options.parallel());
        Instant now = Instant.now();
        this.created =
                epoch.isPresent()
                        ? Timestamp.of(epoch.getAsLong(), 0)
                        : Timestamp.of(now.getEpochSecond(), now.getNano());
    }

    BuildOptions options() {
        return options;
    }

    Draft draft() {
        return draft;
    }

    BuildCache cache() {
        return cache;
    }

    BuildListener listener() {
        return listener;
    }

    StepRunner runner() {
        return runner;
    }

    FileDigests digests() {
        return digests;
    }

    CacheMounts caches() {
        return caches;
    }

    Inputs inputs() {
        return inputs;
    }

    OptionalLong epoch() {
        return epoch;
    }

    /** When everything of this build was made, RFC 3339. */
    String created() {
        return created;
    }

    /** The time of files that have none of their own, in seconds. */
    long now() {
        return epoch.isPresent() ? epoch.getAsLong() : System.currentTimeMillis() / 1000;
    }

    int nextStep() {
        return steps.incrementAndGet();
    }

    boolean rootless() {
        return rootless;
    }

    /** Waits for a place among those that work; {@link #leave} gives it back. */
    void enter() {
        places.acquireUninterruptibly();
    }

    void leave() {
        places.release();
    }

    /** Another stage failed: the rest need not go on. */
    void stop() {
        stopped = true;
    }

    void checkGoing() throws IOException {
        if (stopped) {
            throw new Stopped();
        }
    }

    /** Ends a stage because another one failed. */
    static final class Stopped extends IOException {
        private static final long serialVersionUID = 1;
    }

    /** A state's layers for an overlay, which needs one at least. */
    List<Path> lowers(State state) throws IOException {
        List<Path> lowers = state.lowers();
        return lowers.isEmpty() ? List.of(empty()) : lowers;
    }

    /** An empty directory with another one in it, {@code lower}. */
    synchronized Path empty() throws IOException {
        Path known = empty;
        if (known == null) {
            // the outer one is never used itself, since it is not empty
            known = Files.createDirectory(draft.newDirectory("empty").resolve("upper"));
            Files.createDirectory(known.resolveSibling("lower"));
            empty = known;
        }
        return known;
    }

    /** An error with the place in the Dockerfile before it. */
    IOException at(Instruction one, IOException e) {
        if (e instanceof Stopped || e instanceof Placed) {
            return e;
        }
        return new Placed(
                one.line().file()
                        + ":"
                        + one.location().line()
                        + ": "
                        + String.valueOf(e.getMessage()),
                e);
    }

    /** An error that says where already. */
    static final class Placed extends IOException {
        private static final long serialVersionUID = 1;

        Placed(String message, Throwable cause) {
            super(message, cause);
        }
    }
}
