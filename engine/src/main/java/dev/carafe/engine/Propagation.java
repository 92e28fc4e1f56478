package dev.carafe.engine;

/** How mounts made on one side of a mount appear on the other (mount_namespaces(7)). */
public enum Propagation {
    PRIVATE("private"),
    RPRIVATE("rprivate"),
    SHARED("shared"),
    RSHARED("rshared"),
    SLAVE("slave"),
    RSLAVE("rslave"),
    UNBINDABLE("unbindable"),
    RUNBINDABLE("runbindable");

    private final String option;

    Propagation(String option) {
        this.option = option;
    }

    /** The name as a mount option of the OCI runtime configuration. */
    public String option() {
        return option;
    }

    /** Reads a mount option's name. */
    public static Propagation parse(String value) {
        for (Propagation p : values()) {
            if (p.option.equals(value)) {
                return p;
            }
        }
        throw Check.invalid(
                "propagation",
                value,
                "it must be [r]private, [r]shared, [r]slave or [r]unbindable");
    }
}
