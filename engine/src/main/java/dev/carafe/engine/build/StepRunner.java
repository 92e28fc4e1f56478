package dev.carafe.engine.build;

import dev.carafe.linux.Fd;
import dev.carafe.oci.image.ImageConfig;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/** Runs a command in a container, for RUN. Whoever has an engine implements it. */
@FunctionalInterface
public interface StepRunner {
    /**
     * One container.
     *
     * @param name what messages call it
     * @param imageId the base image's id, or what stands for it
     * @param config user, working directory and environment
     * @param layers unpacked layers, the uppermost first, in which the user is looked up
     * @param arguments the command
     * @param environment variables beside the configuration's
     * @param root a detached mount of the whole tree, writable
     * @param mounts detached mounts for places inside
     * @param network what the command reaches
     */
    record Step(
            String name,
            String imageId,
            ImageConfig.Config config,
            List<Path> layers,
            List<String> arguments,
            Map<String, String> environment,
            Fd root,
            List<Attachment> mounts,
            Network network) {}

    /** A detached mount and the absolute path inside at which it goes. */
    record Attachment(Fd mount, String destination, boolean directory) {}

    /** What a RUN reaches. */
    enum Network {
        /** The host's network, until Carafe has bridges. */
        DEFAULT,
        /** Itself. */
        NONE,
        HOST
    }

    /** Takes what the command writes, as it comes. */
    interface Output {
        /** The command runs: all mounts are where they belong. */
        void started() throws IOException;

        /** Bytes of standard output (1) or standard error (2). */
        void write(int stream, byte[] bytes, int length);
    }

    /**
     * Runs to the end, in the calling platform thread, whose death ends the container.
     *
     * @return the exit code, 128 and the signal's number after a signal
     * @throws IOException when the command could not be started
     */
    int run(Step step, Output output) throws IOException;
}
