package dev.carafe.oci.json;

import dev.carafe.oci.OciException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Reads one document by recursive descent. */
final class JsonParser {
    private final byte[] in;
    private int at;
    private int depth;

    JsonParser(byte[] utf8) {
        this.in = utf8;
    }

    Json document() {
        space();
        Json value = value();
        space();
        if (at < in.length) {
            throw error(at, "nothing may follow the value");
        }
        return value;
    }

    private Json value() {
        return switch (peek()) {
            case '{' -> object();
            case '[' -> array();
            case '"' -> new JsonString(string());
            case 't' -> literal("true", JsonBoolean.TRUE);
            case 'f' -> literal("false", JsonBoolean.FALSE);
            case 'n' -> literal("null", JsonNull.NULL);
            case '-', '0', '1', '2', '3', '4', '5', '6', '7', '8', '9' -> number();
            default -> throw error(at, "a value was expected");
        };
    }

    private JsonObject object() {
        enter();
        Map<String, Json> members = new LinkedHashMap<>();
        space();
        if (peek() == '}') {
            leave();
            return new JsonObject(members);
        }
        while (true) {
            space();
            int start = at;
            if (peek() != '"') {
                throw error(at, "a name in quotes was expected");
            }
            String name = string();
            space();
            if (peek() != ':') {
                throw error(at, "':' was expected");
            }
            at++;
            space();
            if (members.put(name, value()) != null) {
                throw error(
                        start, "the object has this name twice: ".concat(OciException.quote(name)));
            }
            space();
            switch (peek()) {
                case ',' -> at++;
                case '}' -> {
                    leave();
                    return new JsonObject(members);
                }
                default -> throw error(at, "',' or '}' was expected");
            }
        }
    }

    private JsonArray array() {
        enter();
        List<Json> elements = new ArrayList<>();
        space();
        if (peek() == ']') {
            leave();
            return new JsonArray(elements);
        }
        while (true) {
            space();
            elements.add(value());
            space();
            switch (peek()) {
                case ',' -> at++;
                case ']' -> {
                    leave();
                    return new JsonArray(elements);
                }
                default -> throw error(at, "',' or ']' was expected");
            }
        }
    }

    private void enter() {
        if (++depth > Json.MAX_DEPTH) {
            throw error(at, "nested deeper than ".concat(Integer.toString(Json.MAX_DEPTH)));
        }
        at++;
    }

    private void leave() {
        depth--;
        at++;
    }

    private Json literal(String word, Json value) {
        for (int i = 0; i < word.length(); i++) {
            if (at + i >= in.length || in[at + i] != word.charAt(i)) {
                throw error(at, "a value was expected");
            }
        }
        at += word.length();
        return value;
    }

    private JsonNumber number() {
        int end = at;
        while (end < in.length && inNumber(in[end])) {
            end++;
        }
        String text = new String(in, at, end - at, StandardCharsets.ISO_8859_1);
        try {
            JsonNumber number = new JsonNumber(text);
            at = end;
            return number;
        } catch (OciException e) {
            int good = number(text);
            throw error(at + (good < 0 ? ~good : good), "not a number");
        }
    }

    private static boolean inNumber(byte b) {
        return b >= '0' && b <= '9' || b == '-' || b == '+' || b == '.' || b == 'e' || b == 'E';
    }

    /**
     * How many characters at the start of the text spell a number; when it breaks off inside of
     * one, the place of the mistake with its bits inverted, which is negative.
     */
    static int number(String text) {
        int i = text.startsWith("-") ? 1 : 0;
        int whole = digits(text, i);
        if (whole == i) {
            return ~i;
        }
        if (text.charAt(i) == '0' && whole > i + 1) {
            return i + 1;
        }
        i = whole;
        if (i < text.length() && text.charAt(i) == '.') {
            int fraction = digits(text, i + 1);
            if (fraction == i + 1) {
                return ~fraction;
            }
            i = fraction;
        }
        if (i < text.length() && (text.charAt(i) == 'e' || text.charAt(i) == 'E')) {
            int start = i + 1;
            if (start < text.length() && (text.charAt(start) == '+' || text.charAt(start) == '-')) {
                start++;
            }
            int exponent = digits(text, start);
            if (exponent == start) {
                return ~start;
            }
            i = exponent;
        }
        return i;
    }

    private static int digits(String text, int from) {
        int i = from;
        while (i < text.length() && text.charAt(i) >= '0' && text.charAt(i) <= '9') {
            i++;
        }
        return i;
    }

    // Locals, and one comparison for most bytes: a cold start runs this in the bytecode
    // interpreter.
    private String string() {
        byte[] bytes = in;
        int start = at + 1;
        int end = bytes.length;
        for (int i = start; i < end; i++) {
            int b = bytes[i];
            if (b > '"' && b != '\\' || b == ' ' || b == '!') {
                continue;
            }
            at = i;
            if (b == '"') {
                at++;
                // Only bytes below 128 were seen.
                return new String(bytes, start, i - start, StandardCharsets.ISO_8859_1);
            }
            return slowString(start);
        }
        throw error(end, "the string has no end");
    }

    /** A string with escapes or characters outside of ASCII. */
    private String slowString(int start) {
        StringBuilder out = new StringBuilder(at - start + 32);
        int run = start;
        while (at < in.length) {
            int b = in[at];
            if (b == '"') {
                out.append(new String(in, run, at - run, StandardCharsets.UTF_8));
                at++;
                return out.toString();
            }
            if (b == '\\') {
                out.append(new String(in, run, at - run, StandardCharsets.UTF_8));
                out.append(escape());
                run = at;
            } else if (b < 0) {
                at += sequence();
            } else if (b < ' ') {
                throw error(at, "a control character in a string must be escaped");
            } else {
                at++;
            }
        }
        throw error(at, "the string has no end");
    }

    private char escape() {
        int start = at++;
        int b = peek();
        at++;
        return switch (b) {
            case '"', '\\', '/' -> (char) b;
            case 'b' -> '\b';
            case 'f' -> '\f';
            case 'n' -> '\n';
            case 'r' -> '\r';
            case 't' -> '\t';
            case 'u' -> {
                int code = 0;
                for (int i = 0; i < 4; i++) {
                    int digit = Character.digit(peek(), 16);
                    if (digit < 0) {
                        throw error(start, "\\u wants four hexadecimal digits");
                    }
                    code = code << 4 | digit;
                    at++;
                }
                yield (char) code;
            }
            default -> throw error(start, "unknown escape in a string");
        };
    }

    /** The length of the UTF-8 sequence here, once it is known to be one (RFC 3629). */
    private int sequence() {
        int first = in[at] & 0xff;
        int length = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
        // A second byte below this would be a shorter character in disguise.
        int least = first == 0xe0 ? 0xa0 : first == 0xf0 ? 0x90 : 0x80;
        // Above: half a surrogate pair, or past U+10FFFF.
        int most = first == 0xed ? 0x9f : first == 0xf4 ? 0x8f : 0xbf;
        boolean good = first >= 0xc2 && first <= 0xf4 && at + length <= in.length;
        for (int i = 1; good && i < length; i++) {
            int b = in[at + i] & 0xff;
            good = i == 1 ? b >= least && b <= most : (b & 0xc0) == 0x80;
        }
        if (!good) {
            throw error(at, "not UTF-8");
        }
        return length;
    }

    private void space() {
        byte[] bytes = in;
        int end = bytes.length;
        int i = at;
        while (i < end) {
            int b = bytes[i];
            if (b > ' ' || b != ' ' && b != '\n' && b != '\r' && b != '\t') {
                break;
            }
            i++;
        }
        at = i;
    }

    private int peek() {
        if (at >= in.length) {
            throw error(at, "the document breaks off");
        }
        return in[at];
    }

    /** Lines and columns count from 1, columns in characters. */
    private OciException error(int where, String problem) {
        int line = 1;
        int column = 1;
        for (int i = 0; i < where && i < in.length; i++) {
            if (in[i] == '\n') {
                line++;
                column = 1;
            } else if ((in[i] & 0xc0) != 0x80) {
                column++;
            }
        }
        return new OciException(
                "line "
                        .concat(Integer.toString(line))
                        .concat(", column ")
                        .concat(Integer.toString(column))
                        .concat(": ")
                        .concat(problem));
    }
}
