package dev.carafe.oci.json;

/** The literal true or false. */
public enum JsonBoolean implements Json {
    TRUE,
    FALSE;

    /** The literal for a boolean. */
    public static JsonBoolean of(boolean value) {
        return value ? TRUE : FALSE;
    }

    /** As a boolean. */
    public boolean value() {
        return this == TRUE;
    }

    @Override
    public String toString() {
        return this == TRUE ? "true" : "false";
    }
}
