package dev.carafe.oci.json;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/**
 * Values in order.
 *
 * @param elements not copied: give it up
 */
public record JsonArray(List<Json> elements) implements Json {
    /** Makes the list read-only. */
    public JsonArray {
        elements = Collections.unmodifiableList(elements);
    }

    /** An array of strings. */
    public static JsonArray ofStrings(Iterable<String> values) {
        List<Json> elements = new ArrayList<>();
        for (String value : values) {
            elements.add(new JsonString(value));
        }
        return new JsonArray(elements);
    }

    /** An array of signed integers. */
    public static JsonArray ofIntegers(Iterable<Long> values) {
        List<Json> elements = new ArrayList<>();
        for (Long value : values) {
            elements.add(JsonNumber.of(value));
        }
        return new JsonArray(elements);
    }

    @Override
    public String toString() {
        return compact();
    }
}
