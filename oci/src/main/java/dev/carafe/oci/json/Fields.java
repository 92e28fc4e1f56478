package dev.carafe.oci.json;

import dev.carafe.oci.OciException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * An object while a record is read from it: typed access to its members, with errors that name the
 * place, such as {@code config.json: linux.namespaces[2].type: must be a string}.
 *
 * <p>A member that is null counts as absent. Members that nobody asks for are ignored.
 */
public final class Fields {
    private final JsonObject object;
    private final String where;
    private final @Nullable Fields parent;
    private final int index;

    private Fields(JsonObject object, String where, @Nullable Fields parent, int index) {
        this.object = object;
        this.where = where;
        this.parent = parent;
        this.index = index;
    }

    /**
     * Reads a document that must be an object.
     *
     * @param where a file name or digest, which begins every error
     * @throws OciException when it is no JSON object
     */
    public static Fields parse(String where, byte[] utf8) {
        Json json;
        try {
            json = Json.parse(utf8);
        } catch (OciException e) {
            throw new OciException(where.concat(": ").concat(String.valueOf(e.getMessage())));
        }
        return of(where, json);
    }

    /**
     * Takes a value that must be an object.
     *
     * @param where a file name or digest, which begins every error
     * @throws OciException when it is no object
     */
    public static Fields of(String where, Json json) {
        if (json instanceof JsonObject object) {
            return new Fields(object, where, null, -1);
        }
        throw new OciException(where.concat(": must be an object"));
    }

    /** The object itself. */
    public JsonObject object() {
        return object;
    }

    /** Whether there is such a member, other than null. */
    public boolean has(String name) {
        return get(name) != null;
    }

    /** A string, or null. */
    public @Nullable String string(String name) {
        Json value = get(name);
        return value == null ? null : string(value, name, -1);
    }

    /** A string that must be there. */
    public String needString(String name) {
        return string(need(name), name, -1);
    }

    /** A boolean, or null. */
    public @Nullable Boolean bool(String name) {
        Json value = get(name);
        if (value == null) {
            return null;
        }
        if (value instanceof JsonBoolean bool) {
            return bool.value();
        }
        throw wrong(name, "must be true or false");
    }

    /** Whether a boolean is there and true. */
    public boolean isTrue(String name) {
        Boolean value = bool(name);
        return value != null && value;
    }

    /** An integer in that range, ends included, or null. */
    public @Nullable Long integer(String name, long min, long max) {
        Json value = get(name);
        return value == null ? null : integer(value, name, -1, min, max);
    }

    /** An integer in that range, ends included, that must be there. */
    public long needInteger(String name, long min, long max) {
        return integer(need(name), name, -1, min, max);
    }

    /** An integer in that range, ends included, or null. */
    public @Nullable Integer int32(String name, int min, int max) {
        Long value = integer(name, min, max);
        return value == null ? null : value.intValue();
    }

    /** An integer from 0 to 2^64-1, or null. */
    public @Nullable Long unsigned(String name) {
        Json value = get(name);
        return value == null ? null : unsigned(value, name);
    }

    /** An integer from 0 to 2^64-1 that must be there. */
    public long needUnsigned(String name) {
        return unsigned(need(name), name);
    }

    /** An array of strings; empty when absent. */
    public List<String> strings(String name) {
        List<String> strings = new ArrayList<>();
        for (Json element : array(name)) {
            strings.add(string(element, name, strings.size()));
        }
        return strings;
    }

    /** An array of integers in that range, ends included; empty when absent. */
    public List<Long> integers(String name, long min, long max) {
        List<Long> integers = new ArrayList<>();
        for (Json element : array(name)) {
            integers.add(integer(element, name, integers.size(), min, max));
        }
        return integers;
    }

    /** An object whose members are strings; empty when absent. */
    public Map<String, String> stringMap(String name) {
        Map<String, String> strings = new LinkedHashMap<>();
        Fields map = child(name);
        if (map != null) {
            for (String key : map.object.members().keySet()) {
                strings.put(key, map.needString(key));
            }
        }
        return strings;
    }

    /** The names in an object that stands for a set; empty when absent. */
    public List<String> names(String name) {
        Fields set = child(name);
        return set == null ? List.of() : new ArrayList<>(set.object.members().keySet());
    }

    /** An object, or null. */
    public @Nullable Fields child(String name) {
        Json value = get(name);
        return value == null ? null : child(value, name, -1);
    }

    /** An object that must be there. */
    public Fields needChild(String name) {
        return child(need(name), name, -1);
    }

    /** An array of objects; empty when absent. */
    public List<Fields> children(String name) {
        List<Fields> children = new ArrayList<>();
        for (Json element : array(name)) {
            children.add(child(element, name, children.size()));
        }
        return children;
    }

    /** An object whose members are objects; empty when absent. */
    public Map<String, Fields> childMap(String name) {
        Map<String, Fields> children = new LinkedHashMap<>();
        Fields map = child(name);
        if (map != null) {
            for (String key : map.object.members().keySet()) {
                children.put(key, map.needChild(key));
            }
        }
        return children;
    }

    /** The error for a member of this object. */
    public OciException wrong(String name, String problem) {
        return wrong(name, -1, problem);
    }

    /** The error for an element of an array of this object; index -1: the member itself. */
    public OciException wrong(String name, int at, String problem) {
        StringBuilder out = new StringBuilder();
        path(out);
        append(out, name, at);
        return new OciException(out.append(": ").append(problem).toString());
    }

    private @Nullable Json get(String name) {
        Json value = object.members().get(name);
        return value == JsonNull.NULL ? null : value;
    }

    private Json need(String name) {
        Json value = get(name);
        if (value == null) {
            throw wrong(name, "is missing");
        }
        return value;
    }

    private List<Json> array(String name) {
        Json value = get(name);
        if (value == null) {
            return List.of();
        }
        if (value instanceof JsonArray array) {
            return array.elements();
        }
        throw wrong(name, "must be an array");
    }

    private String string(Json value, String name, int at) {
        if (value instanceof JsonString string) {
            return string.value();
        }
        throw wrong(name, at, "must be a string");
    }

    private Fields child(Json value, String name, int at) {
        if (value instanceof JsonObject child) {
            return new Fields(child, name, this, at);
        }
        throw wrong(name, at, "must be an object");
    }

    private long integer(Json value, String name, int at, long min, long max) {
        if (value instanceof JsonNumber number) {
            try {
                long integer = Long.parseLong(number.text());
                if (integer >= min && integer <= max) {
                    return integer;
                }
            } catch (NumberFormatException e) {
                // A fraction, an exponent, or beyond 64 bits.
            }
        }
        throw wrong(
                name,
                at,
                "must be an integer from "
                        .concat(Long.toString(min))
                        .concat(" to ")
                        .concat(Long.toString(max)));
    }

    private long unsigned(Json value, String name) {
        if (value instanceof JsonNumber number) {
            try {
                return Long.parseUnsignedLong(number.text());
            } catch (NumberFormatException e) {
                // Negative, a fraction, an exponent, or beyond 64 bits.
            }
        }
        throw wrong(name, "must be an integer from 0 to 18446744073709551615");
    }

    private void path(StringBuilder out) {
        if (parent == null) {
            out.append(where).append(": ");
        } else {
            parent.path(out);
            append(out, where, index);
            out.append('.');
        }
    }

    /** Names come from the document where it is a map, so they may be hostile. */
    private static void append(StringBuilder out, String name, int at) {
        String quoted = OciException.quote(name);
        out.append(quoted, 1, quoted.length() - 1);
        if (at >= 0) {
            out.append('[').append(at).append(']');
        }
    }
}
