package dev.carafe.engine.registry;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What a WWW-Authenticate header asks for (RFC 9110 section 11.6.1; RFC 6750 section 3).
 *
 * @param scheme in lower case
 * @param parameters by name in lower case; the first of a name counts
 */
record Challenge(String scheme, Map<String, String> parameters) {
    private static final int MAX_CHALLENGES = 16;
    private static final int MAX_PARAMETERS = 32;
    private static final int MAX_HEADER = 16 << 10;

    @Nullable String get(String name) {
        return parameters.get(name);
    }

    /** Every challenge in these headers, in order; what can't be read ends its header. */
    static List<Challenge> parse(List<String> headers) {
        List<Challenge> found = new ArrayList<>();
        for (String header : headers) {
            if (header.length() <= MAX_HEADER) {
                new Reader(header).read(found);
            }
        }
        return found;
    }

    /** Walks over one header. A comma stands between challenges and between parameters alike. */
    private static final class Reader {
        private final String text;
        private int at;

        Reader(String text) {
            this.text = text;
        }

        void read(List<Challenge> found) {
            @Nullable Map<String, String> parameters = null;
            while (found.size() < MAX_CHALLENGES) {
                skip(" \t,");
                String word = token();
                int afterWord = at;
                skip(" \t");
                if (word.isEmpty()) {
                    return;
                }
                if (peek() == '=') {
                    at++;
                    skip(" \t");
                    String value = peek() == '"' ? quoted() : token();
                    if (value == null
                            || parameters == null
                            || parameters.size() >= MAX_PARAMETERS) {
                        return;
                    }
                    parameters.putIfAbsent(word.toLowerCase(Locale.ROOT), value);
                } else {
                    parameters = new LinkedHashMap<>();
                    found.add(new Challenge(word.toLowerCase(Locale.ROOT), parameters));
                    if (at > afterWord) {
                        skipToken68();
                    }
                }
            }
        }

        /** Credentials without a name, as Negotiate has them, are of no use to us. */
        private void skipToken68() {
            int start = at;
            while (isToken(peek()) || peek() == '/') {
                at++;
            }
            skip("=");
            skip(" \t");
            if (at < text.length() && peek() != ',') {
                at = start; // it was a parameter's name
            }
        }

        private @Nullable String quoted() {
            StringBuilder out = new StringBuilder();
            at++;
            while (at < text.length()) {
                char c = text.charAt(at++);
                if (c == '"') {
                    return out.toString();
                }
                if (c == '\\' && at < text.length()) {
                    c = text.charAt(at++);
                }
                out.append(c);
            }
            return null;
        }

        private String token() {
            int start = at;
            while (at < text.length() && isToken(text.charAt(at))) {
                at++;
            }
            return text.substring(start, at);
        }

        private char peek() {
            return at < text.length() ? text.charAt(at) : '\0';
        }

        private void skip(String any) {
            while (at < text.length() && any.indexOf(text.charAt(at)) >= 0) {
                at++;
            }
        }

        private static boolean isToken(char c) {
            return c >= '0' && c <= '9'
                    || c >= 'a' && c <= 'z'
                    || c >= 'A' && c <= 'Z'
                    || "!#$%&'*+-.^_`|~".indexOf(c) >= 0;
        }
    }
}
