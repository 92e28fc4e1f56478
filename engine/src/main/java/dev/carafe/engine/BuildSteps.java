package dev.carafe.engine;

import dev.carafe.engine.build.BuildOptions;
import dev.carafe.engine.build.StepRunner;
import dev.carafe.engine.image.Image;
import dev.carafe.linux.Errno;
import dev.carafe.linux.ErrnoException;
import dev.carafe.linux.Fd;
import dev.carafe.linux.Memory;
import dev.carafe.linux.Native;
import dev.carafe.linux.Sys;
import dev.carafe.oci.image.ImageConfig;
import dev.carafe.runtime.Start;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.LongConsumer;
import org.jspecify.annotations.Nullable;

/** Runs the commands of a build in containers of this engine. */
final class BuildSteps implements StepRunner {
    private static final int POLLIN = 1;
    private static final int CHUNK = 32 * 1024;

    private final Engine engine;
    private final BuildOptions options;

    BuildSteps(Engine engine, BuildOptions options) {
        this.engine = engine;
        this.options = options;
    }

    @Override
    public int run(Step step, Output output) throws IOException {
        Image image =
                new Image(step.imageId(), imageConfig(step.config()), step.layers(), List.of());
        List<Start.Attachment> attachments = new ArrayList<>();
        for (Attachment one : step.mounts()) {
            attachments.add(new Start.Attachment(one.mount(), one.destination(), one.directory()));
        }
        try (Container container = engine.step(runOptions(step), image, step.root(), attachments)) {
            output.started();
            pump(container, output);
            return container.waitFor();
        } catch (EngineException e) {
            throw new IOException(e.getMessage(), e);
        }
    }

    /** Without entry point and arguments: a step names all it runs. */
    private static ImageConfig imageConfig(ImageConfig.Config config) {
        return new ImageConfig(
                null,
                null,
                "",
                "linux",
                null,
                List.of(),
                null,
                config.edit().entrypoint(List.of()).cmd(List.of()).done(),
                new ImageConfig.RootFs("layers", List.of()),
                List.of());
    }

    private RunOptions runOptions(Step step) {
        RunOptions run = new RunOptions().image(step.name()).command(step.arguments());
        run.remove(true);
        // as with docker build: a step may use sudo
        run.securityOpt("no-new-privileges=false");
        for (Map.Entry<String, String> one : step.environment().entrySet()) {
            run.env(one.getKey(), one.getValue());
        }
        run.network(step.network() == Network.NONE ? NamespaceMode.PRIVATE : NamespaceMode.HOST);
        options.addHosts().forEach(run::addHost);
        for (String ulimit : options.ulimits()) {
            run.ulimit(Ulimit.parse(ulimit));
        }
        limit(run, options.limits());
        return run;
    }

    private static void limit(RunOptions run, BuildOptions.Limits limits) {
        set(limits.memory(), run::memory);
        set(limits.memorySwap(), run::memorySwap);
        set(limits.nanoCpus(), run::nanoCpus);
        set(limits.cpuShares(), run::cpuShares);
        set(limits.cpuPeriod(), run::cpuPeriod);
        set(limits.cpuQuota(), run::cpuQuota);
        set(limits.shmSize(), run::shmSize);
        if (limits.cpusetCpus() != null) {
            run.cpusetCpus(limits.cpusetCpus());
        }
        if (limits.cpusetMems() != null) {
            run.cpusetMems(limits.cpusetMems());
        }
    }

    private static void set(@Nullable Long value, LongConsumer option) {
        if (value != null) {
            option.accept(value);
        }
    }

    /** Hands on what both pipes give until both have ended. */
    private static void pump(Container container, Output output) throws ErrnoException {
        Optional<Fd> out = container.pipe(1);
        Optional<Fd> err = container.pipe(2);
        int[] fds = {
            out.isPresent() ? out.get().number() : -1, err.isPresent() ? err.get().number() : -1
        };
        byte[] bytes = new byte[CHUNK];
        try (Memory memory = Memory.borrow()) {
            long poll = memory.reserve(16);
            long buffer = memory.reserve(CHUNK);
            ByteBuffer view = memory.view(poll, 16);
            while (fds[0] >= 0 || fds[1] >= 0) {
                for (int i = 0; i < 2; i++) {
                    view.putInt(8 * i, fds[i]).putShort(8 * i + 4, (short) POLLIN);
                    view.putShort(8 * i + 6, (short) 0);
                }
                Native.check("wait for output", Sys.PPOLL, poll, 2, 0, 0, 0);
                for (int i = 0; i < 2; i++) {
                    if (view.getShort(8 * i + 6) != 0) {
                        long n = Native.syscall(Sys.READ, fds[i], buffer, CHUNK);
                        if (n > 0) {
                            memory.view(buffer, CHUNK).get(0, bytes, 0, (int) n);
                            output.write(i + 1, bytes, (int) n);
                        } else if (n != -Errno.EINTR) {
                            fds[i] = -1;
                        }
                    }
                }
            }
        }
    }
}
