package dev.carafe.oci.json;

/** A string. */
public record JsonString(String value) implements Json {
    @Override
    public String toString() {
        return compact();
    }
}
