package dev.carafe.engine;

/** The walls that a container can be behind. */
public enum Isolation {
    /** A process of this host's kernel, behind namespaces and cgroups. */
    CONTAINER("container"),
    /** A process of a kernel of its own, behind a hypervisor. */
    VM("vm");

    private final String text;

    Isolation(String text) {
        this.text = text;
    }

    /** As {@code --isolation} has it. */
    public String text() {
        return text;
    }

    /**
     * Reads {@code container} or {@code vm}.
     *
     * @throws IllegalArgumentException when it is neither
     */
    public static Isolation parse(String text) {
        return switch (text) {
            case "container" -> CONTAINER;
            case "vm" -> VM;
            default ->
                    throw new IllegalArgumentException(
                            "isolation " + text + ": must be container or vm");
        };
    }
}
