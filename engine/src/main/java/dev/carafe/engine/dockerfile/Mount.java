package dev.carafe.engine.dockerfile;

import org.jspecify.annotations.Nullable;

/**
 * One {@code RUN --mount}, its variables put in. Paths are as written: a target may be relative to
 * the working directory, and none is cleaned yet.
 */
public sealed interface Mount {
    /**
     * Where it is mounted in the container; null only where the type has a default or needs none.
     */
    @Nullable String target();

    /**
     * A directory or file of the build context, a stage or an image. Without {@code readOnly} the
     * command may write, and what it wrote is dropped.
     *
     * @param from a stage's name or number, or an image; null for the build context
     * @param source the path in there, "/" without one
     */
    record Bind(String target, @Nullable String from, String source, boolean readOnly)
            implements Mount {}

    /**
     * A directory that lasts from build to build.
     *
     * @param id what tells it from others; the target without one
     * @param from what it holds at first: a stage or an image; null for nothing
     */
    record Cache(
            String target,
            String id,
            Sharing sharing,
            @Nullable String from,
            String source,
            boolean readOnly,
            Owner owner)
            implements Mount {}

    /** What two builds do that use one cache at one time. */
    enum Sharing {
        SHARED,
        /** Each has its own. */
        PRIVATE,
        /** One waits for the other. */
        LOCKED
    }

    /**
     * A tmpfs.
     *
     * @param size the limit in bytes, 0 for none
     */
    record Tmpfs(String target, long size, boolean readOnly) implements Mount {}

    /**
     * A secret of {@code build --secret}, as a file, in a variable, or both.
     *
     * @param target the file; null when only the variable is asked for
     * @param env the variable; null for none
     * @param required whether the build fails without it; else nothing is mounted
     */
    record Secret(
            String id, @Nullable String target, @Nullable String env, boolean required, Owner owner)
            implements Mount {}

    /**
     * A socket to the agent of {@code build --ssh}; SSH_AUTH_SOCK names it.
     *
     * @param target null for a place of the engine's choice
     */
    record Ssh(String id, @Nullable String target, boolean required, Owner owner)
            implements Mount {}

    /**
     * Whose the mounted file or directory is.
     *
     * @param mode permission bits: 0755 for a cache, 0400 for a secret, 0600 for a socket if not
     *     said
     * @param uid 0 if not said
     * @param gid 0 if not said
     * @param said whether any of the three was given
     */
    record Owner(int mode, long uid, long gid, boolean said) {}
}
