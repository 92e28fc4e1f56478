package dev.carafe.engine.build;

/**
 * Is told how a build goes on, by several threads at a time. A step's number is unique in the
 * build.
 */
public interface BuildListener {
    /** Takes no notice. */
    BuildListener SILENT = new BuildListener() {};

    /**
     * A step begins.
     *
     * @param title such as {@code [stage 2/5] RUN make}
     */
    default void started(int step, String title) {}

    /** A step's command wrote something. */
    default void output(int step, int stream, byte[] bytes, int length) {}

    /** Something to be said of a step, one line. */
    default void note(int step, String line) {}

    /** A step's result was there already. */
    default void cached(int step) {}

    /** A step is over. */
    default void done(int step) {}

    /** A step failed; the build's exception says the rest. */
    default void failed(int step, String reason) {}

    /** Something that builds, yet is likely a mistake. */
    default void warning(String line) {}
}
