package dev.carafe.engine;

/** Whether a container has a namespace of its own, the host's, or one that exists already. */
public sealed interface NamespaceMode {
    /** A namespace of its own. */
    NamespaceMode PRIVATE = new Private();

    /** The one that the engine runs in. */
    NamespaceMode HOST = new Host();

    /** A namespace of its own. */
    record Private() implements NamespaceMode {}

    /** The one that the engine runs in. */
    record Host() implements NamespaceMode {}

    /** The namespace that a file stands for, such as {@code /proc/123/ns/net}. */
    record Path(String path) implements NamespaceMode {
        public Path {
            Check.absolute("namespace path", path);
        }
    }

    /**
     * Reads {@code private}, {@code host} or {@code ns:PATH}.
     *
     * @param option the option's name, for the text of a refusal
     */
    static NamespaceMode parse(String option, String value) {
        if (value.equals("private")) {
            return PRIVATE;
        }
        if (value.equals("host")) {
            return HOST;
        }
        if (value.startsWith("ns:")) {
            return new Path(value.substring(3));
        }
        throw Check.invalid(option, value, "it must be private, host or ns:PATH");
    }
}
