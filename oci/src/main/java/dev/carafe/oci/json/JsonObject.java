package dev.carafe.oci.json;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Values by name, in order.
 *
 * @param members not copied: give it up
 */
public record JsonObject(Map<String, Json> members) implements Json {
    /** Makes the map read-only. */
    public JsonObject {
        members = Collections.unmodifiableMap(members);
    }

    /** The value of that name; null when there is none. */
    public @Nullable Json get(String name) {
        return members.get(name);
    }

    /** A new builder. */
    public static Builder builder() {
        return new Builder();
    }

    @Override
    public String toString() {
        return compact();
    }

    /**
     * Puts an object together in order. What is absent by the specifications' rules (null, an empty
     * list or map) is left out; {@link #put(String, Json)} puts anything.
     */
    public static final class Builder {
        private final Map<String, Json> members = new LinkedHashMap<>();

        private Builder() {}

        /** Puts a string, unless it is null. */
        public Builder put(String name, @Nullable String value) {
            return value == null ? this : put(name, new JsonString(value));
        }

        /** Puts a signed integer, unless it is null. */
        public Builder put(String name, @Nullable Long value) {
            return value == null ? this : put(name, JsonNumber.of(value));
        }

        /** Puts an integer, unless it is null. */
        public Builder put(String name, @Nullable Integer value) {
            return value == null ? this : put(name, JsonNumber.of(value));
        }

        /** Puts an unsigned integer, unless it is null. */
        public Builder putUnsigned(String name, @Nullable Long value) {
            return value == null ? this : put(name, JsonNumber.ofUnsigned(value));
        }

        /** Puts a boolean, unless it is null. */
        public Builder put(String name, @Nullable Boolean value) {
            return value == null ? this : put(name, JsonBoolean.of(value));
        }

        /** Puts true, or nothing: for properties that are false when absent. */
        public Builder putIfTrue(String name, boolean value) {
            return value ? put(name, JsonBoolean.TRUE) : this;
        }

        /** Puts an array of strings, unless it is empty. */
        public Builder putStrings(String name, List<String> values) {
            return values.isEmpty() ? this : put(name, JsonArray.ofStrings(values));
        }

        /** Puts an object of strings, unless it is empty. */
        public Builder putStrings(String name, Map<String, String> values) {
            if (values.isEmpty()) {
                return this;
            }
            Map<String, Json> strings = new LinkedHashMap<>();
            for (Map.Entry<String, String> entry : values.entrySet()) {
                strings.put(entry.getKey(), new JsonString(entry.getValue()));
            }
            return put(name, new JsonObject(strings));
        }

        /** Puts a value, unless it is null. */
        public Builder put(String name, @Nullable Json value) {
            if (value != null) {
                members.put(name, value);
            }
            return this;
        }

        /** The object. The builder is of no more use. */
        public JsonObject build() {
            return new JsonObject(members);
        }
    }
}
