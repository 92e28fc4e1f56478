package dev.carafe.engine;

/** Whether a virtual machine is restored from a template, in place of being booted. */
public enum FromTemplate {
    /** When there is one. */
    AUTO,
    /** Always; one is made first where there is none. */
    TRUE,
    /** Never. */
    FALSE;

    /**
     * Reads {@code auto}, {@code true} or {@code false}.
     *
     * @throws IllegalArgumentException when it is none of them
     */
    public static FromTemplate parse(String text) {
        return switch (text) {
            case "auto" -> AUTO;
            case "true" -> TRUE;
            case "false" -> FALSE;
            default ->
                    throw new IllegalArgumentException(
                            "from-template " + text + ": must be auto, true or false");
        };
    }
}
