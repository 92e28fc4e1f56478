package dev.carafe.oci.json;

/** The literal null. */
public enum JsonNull implements Json {
    NULL;

    @Override
    public String toString() {
        return "null";
    }
}
