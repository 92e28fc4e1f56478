package dev.carafe.oci.json;

import java.util.Map;

/** Writes a value as text. */
final class JsonWriter {
    private final StringBuilder out = new StringBuilder(1024);
    private char[] buffer = new char[128];

    /** Spaces for each level; negative for everything on one line. */
    private final int indent;

    private JsonWriter(int indent) {
        this.indent = indent;
    }

    static String compact(Json value) {
        JsonWriter writer = new JsonWriter(-1);
        writer.write(value, 0);
        return writer.out.toString();
    }

    static String pretty(Json value) {
        JsonWriter writer = new JsonWriter(4);
        writer.write(value, 0);
        return writer.out.toString();
    }

    // instanceof, for a switch over patterns is linked by a bootstrap method, which a cold start
    // would pay for
    private void write(Json value, int depth) {
        if (value instanceof JsonObject object) {
            write(object, depth);
        } else if (value instanceof JsonArray array) {
            write(array, depth);
        } else if (value instanceof JsonString string) {
            write(string.value());
        } else {
            out.append(value);
        }
    }

    private void write(JsonObject object, int depth) {
        if (object.members().isEmpty()) {
            out.append("{}");
            return;
        }
        char before = '{';
        for (Map.Entry<String, Json> member : object.members().entrySet()) {
            out.append(before);
            before = ',';
            newline(depth + 1);
            write(member.getKey());
            out.append(indent < 0 ? ":" : ": ");
            write(member.getValue(), depth + 1);
        }
        newline(depth);
        out.append('}');
    }

    private void write(JsonArray array, int depth) {
        if (array.elements().isEmpty()) {
            out.append("[]");
            return;
        }
        char before = '[';
        for (Json element : array.elements()) {
            out.append(before);
            before = ',';
            newline(depth + 1);
            write(element, depth + 1);
        }
        newline(depth);
        out.append(']');
    }

    private void newline(int depth) {
        if (indent >= 0) {
            out.append('\n');
            out.repeat(' ', indent * depth);
        }
    }

    private void write(String text) {
        out.append('"');
        int length = text.length();
        int plain = plain(text, length);
        out.append(text, 0, plain);
        for (int i = plain; i < length; i++) {
            char c = text.charAt(i);
            switch (c) {
                case '"' -> out.append("\\\"");
                case '\\' -> out.append("\\\\");
                case '\n' -> out.append("\\n");
                case '\r' -> out.append("\\r");
                case '\t' -> out.append("\\t");
                default -> {
                    if (c < ' ' || c == 0x7f || lone(text, i)) {
                        escape(c);
                    } else {
                        out.append(c);
                    }
                }
            }
        }
        out.append('"');
    }

    /** How many characters at the start can be appended at one go: in most strings, all. */
    private int plain(String text, int length) {
        if (length > buffer.length) {
            buffer = new char[length];
        }
        char[] chars = buffer;
        text.getChars(0, length, chars, 0);
        for (int i = 0; i < length; i++) {
            int c = chars[i];
            if (c < ' ' || c == '"' || c == '\\' || c >= 0x7f) {
                return i;
            }
        }
        return length;
    }

    /** Half a surrogate pair has no UTF-8 form, so it can only be escaped. */
    private static boolean lone(String text, int at) {
        char c = text.charAt(at);
        if (Character.isHighSurrogate(c)) {
            return at + 1 == text.length() || !Character.isLowSurrogate(text.charAt(at + 1));
        }
        return Character.isLowSurrogate(c)
                && (at == 0 || !Character.isHighSurrogate(text.charAt(at - 1)));
    }

    private void escape(char c) {
        out.append("\\u");
        for (int shift = 12; shift >= 0; shift -= 4) {
            out.append("0123456789abcdef".charAt(c >> shift & 15));
        }
    }
}
