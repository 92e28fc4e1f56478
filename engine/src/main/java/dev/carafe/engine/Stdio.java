package dev.carafe.engine;

/**
 * Where a container's standard streams go.
 *
 * @param in whether and how it has an input
 */
public record Stdio(Stream in, Stream out, Stream err) {
    /** One stream. */
    public enum Stream {
        /** The JVM's own: the container has the very same open file. */
        INHERIT,
        /** A pipe, whose other end the {@link Container} gives. */
        PIPE,
        /** The null device. */
        NULL
    }

    /** Input from nowhere, output and errors through the container object. */
    public static final Stdio CAPTURE = new Stdio(Stream.NULL, Stream.PIPE, Stream.PIPE);

    /** All three through the container object. */
    public static final Stdio PIPES = new Stdio(Stream.PIPE, Stream.PIPE, Stream.PIPE);

    /** The JVM's output and errors, input from nowhere. */
    public static final Stdio OUTPUT = new Stdio(Stream.NULL, Stream.INHERIT, Stream.INHERIT);

    /** No input, and nobody reads what it writes. */
    public static final Stdio NONE = new Stdio(Stream.NULL, Stream.NULL, Stream.NULL);

    /** The JVM's three streams. */
    public static final Stdio INHERIT = new Stdio(Stream.INHERIT, Stream.INHERIT, Stream.INHERIT);
}
