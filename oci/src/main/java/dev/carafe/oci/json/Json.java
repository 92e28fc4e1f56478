package dev.carafe.oci.json;

import dev.carafe.oci.OciException;
import java.nio.charset.StandardCharsets;

/** A JSON value (RFC 8259). {@code toString} is the compact text. */
public sealed interface Json
        permits JsonObject, JsonArray, JsonString, JsonNumber, JsonBoolean, JsonNull {
    /** The size of a document that {@link #parse(byte[])} takes: 4 MiB, as registries have it. */
    int MAX_BYTES = 4 << 20;

    /** How deep objects and arrays may nest in a parsed document. */
    int MAX_DEPTH = 100;

    /**
     * Reads one document of UTF-8 text of at most {@link #MAX_BYTES}.
     *
     * <p>Strict: no byte order mark, no comment, nothing after the value, and no name twice in one
     * object, since readers differ in which of the two they believe.
     *
     * @throws OciException with line and column, when it is no such document
     */
    static Json parse(byte[] utf8) {
        return parse(utf8, MAX_BYTES);
    }

    /**
     * Reads one document of at most that many bytes.
     *
     * @throws OciException with line and column, when it is no such document
     */
    static Json parse(byte[] utf8, int maxBytes) {
        if (utf8.length > maxBytes) {
            throw new OciException(
                    "the JSON has "
                            .concat(Integer.toString(utf8.length))
                            .concat(" bytes, more than ")
                            .concat(Integer.toString(maxBytes)));
        }
        return new JsonParser(utf8).document();
    }

    /** The text on one line, without spaces. */
    default String compact() {
        return JsonWriter.compact(this);
    }

    /** The text indented by four spaces, without a newline at the end. */
    default String pretty() {
        return JsonWriter.pretty(this);
    }

    /** The compact text in UTF-8. */
    default byte[] bytes() {
        return compact().getBytes(StandardCharsets.UTF_8);
    }
}
