package dev.carafe.oci.json;

import dev.carafe.oci.OciException;

/**
 * A number, kept as it was written: nothing is lost to a double.
 *
 * @param text as RFC 8259 spells numbers
 */
public record JsonNumber(String text) implements Json {
    /**
     * Checks the spelling.
     *
     * @throws OciException when the text is no JSON number
     */
    public JsonNumber {
        if (JsonParser.number(text) != text.length()) {
            throw new OciException("not a JSON number: ".concat(OciException.quote(text)));
        }
    }

    /** A signed integer. */
    public static JsonNumber of(long value) {
        return new JsonNumber(Long.toString(value));
    }

    /** An unsigned integer. */
    public static JsonNumber ofUnsigned(long value) {
        return new JsonNumber(Long.toUnsignedString(value));
    }

    /** Whether it is written without fraction and exponent. */
    public boolean isInteger() {
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (c == '.' || c == 'e' || c == 'E') {
                return false;
            }
        }
        return true;
    }

    @Override
    public String toString() {
        return text;
    }
}
