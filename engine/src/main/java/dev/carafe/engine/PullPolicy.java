package dev.carafe.engine;

/** When to ask a registry for an image that is to be run. */
public enum PullPolicy {
    /** When it is not in the store. */
    MISSING,
    /** Each time, for what its name may have come to mean meanwhile. */
    ALWAYS,
    NEVER;

    /**
     * Reads {@code missing}, {@code always} or {@code never}.
     *
     * @throws IllegalArgumentException when it is none of them
     */
    public static PullPolicy parse(String text) {
        return switch (text) {
            case "missing" -> MISSING;
            case "always" -> ALWAYS;
            case "never" -> NEVER;
            default ->
                    throw new IllegalArgumentException(
                            "pull policy " + text + ": must be missing, always or never");
        };
    }
}
