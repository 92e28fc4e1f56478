package dev.carafe.engine.jar;

/** What an image of a jar stands on: where its C library comes from. */
public sealed interface JarBase {
    /** The host's own libc files and the few others that the run-time image is linked to. */
    record HostLibc() implements JarBase {}

    /** Nothing at all; only a Java run-time image that is linked statically runs there. */
    record Scratch() implements JarBase {}

    /**
     * An image of the store.
     *
     * @param reference its name, digest or id
     */
    record Named(String reference) implements JarBase {}

    /** Reads {@code host-libc}, {@code scratch} or an image's name. */
    static JarBase parse(String text) {
        return switch (text) {
            case "" -> throw new IllegalArgumentException("a base image needs a name");
            case "host-libc" -> new HostLibc();
            case "scratch" -> new Scratch();
            default -> new Named(text);
        };
    }
}
