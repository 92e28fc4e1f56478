package dev.carafe.engine;

import dev.carafe.engine.image.ImageException;
import dev.carafe.engine.image.ImageUser;
import dev.carafe.linux.Named;
import dev.carafe.oci.runtime.Process;
import dev.carafe.runtime.StartException;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;

/**
 * One wall: how a container's processes are started behind it, and reached by any process of this
 * host. What needs no kernel (images, names, records) is the engine's.
 */
interface Wall {
    /**
     * Starts a container.
     *
     * @param stdio three descriptors for standard input, output and error, which stay the caller's;
     *     ignored for a terminal
     * @throws StartException when a step failed; nothing of it runs then
     */
    Started start(Prepared prepared, List<Named> stdio) throws StartException, IOException;

    /** What {@link #start} would do, without doing it. */
    Explanation explain(Prepared prepared, List<Named> stdio) throws StartException, IOException;

    /**
     * Starts a further process in a running container, which need not have been started by this
     * JVM.
     *
     * @param directory the container's, where its config.json is
     * @param process what to run; its user is resolved
     * @throws StartException when it can't be started; nothing of it runs then
     */
    Started exec(ContainerRecord container, Path directory, Process process, List<Named> stdio)
            throws StartException, IOException;

    /**
     * Finds a user by the /etc/passwd and /etc/group that a running container's processes see.
     *
     * @param user {@code user[:group]}, each a name or a number
     * @throws ImageException when there is no such user or group
     */
    ImageUser user(ContainerRecord container, Path directory, String user)
            throws ImageException, IOException;

    /**
     * Sends a signal to a container's first process; also while it is paused, when it takes it no
     * earlier than it goes on.
     *
     * @return false when it does not run
     */
    boolean kill(ContainerRecord container, Path directory, int signal) throws IOException;

    /** Stops every process of a running container where it is. */
    void pause(ContainerRecord container, Path directory) throws IOException;

    /** Lets the processes of a paused container go on. */
    void unpause(ContainerRecord container, Path directory) throws IOException;

    /** Whether a running container is paused. */
    boolean isPaused(ContainerRecord container, Path directory) throws IOException;

    /**
     * Removes what a container has outside its directory, such as cgroups, with every process that
     * is left of it. Does no harm when there is nothing.
     */
    void end(ContainerRecord container, Path directory) throws IOException;
}
