package dev.carafe.engine.dockerfile;

import java.util.ArrayList;
import java.util.List;

/** One word on its way to its value: a recursive descent over {@code ${}}. */
final class Expansion {
    private static final int MAX_DEPTH = 50;
    private static final char NONE = '\0';

    private final Word word;
    private final String text;
    private final Variables variables;
    private final char escape;
    private final boolean quotes;
    private final int limit;
    private final List<String> words = new ArrayList<>();
    private final StringBuilder current = new StringBuilder();
    private int at;
    private int depth;

    /** Of a word. */
    static Expansion of(Word word, Variables variables) {
        return new Expansion(word, variables, word.line().escape(), true, Words.MAX_LENGTH);
    }

    /** Of a text in which quotes mean nothing. */
    static Expansion ofText(Word word, Variables variables) {
        return new Expansion(word, variables, '\\', false, Words.MAX_TEXT);
    }

    private Expansion(Word word, Variables variables, char escape, boolean quotes, int limit) {
        this.word = word;
        this.text = word.raw();
        this.variables = variables;
        this.escape = escape;
        this.quotes = quotes;
        this.limit = limit;
    }

    /** The value as one string. */
    String whole() throws DockerfileException {
        return until(0, NONE, false);
    }

    /** The value's words. */
    List<String> words() throws DockerfileException {
        while (at < text.length()) {
            char c = text.charAt(at);
            if (c == '$') {
                parted(dollar());
            } else if (c == '\'' || c == '"') {
                current.append(quoted(c));
            } else if (c == escape) {
                at++;
                current.append(at < text.length() ? take() : "");
            } else {
                parted(take());
            }
        }
        parted(" ");
        return List.copyOf(words);
    }

    private void parted(String piece) {
        for (int i = 0; i < piece.length(); i++) {
            if (!Blank.is(piece.charAt(i))) {
                current.append(piece.charAt(i));
            } else if (!current.isEmpty()) {
                words.add(current.toString());
                current.setLength(0);
            }
        }
    }

    /**
     * The value up to a character, which is taken as well, or to the end.
     *
     * @param start where the ${ is that the character ends
     * @param raw whether escapes stay for a pattern to read
     */
    private String until(int start, char stop, boolean raw) throws DockerfileException {
        StringBuilder out = new StringBuilder();
        while (at < text.length()) {
            char c = text.charAt(at);
            if (c == stop && stop != NONE) {
                at++;
                return out.toString();
            }
            if (c == '$') {
                out.append(dollar());
            } else if (quotes && (c == '\'' || c == '"')) {
                out.append(quoted(c));
            } else if (c == escape) {
                escaped(out, raw);
            } else {
                out.append(c);
                at++;
            }
            bounded(out.length());
        }
        if (stop != NONE) {
            String missing = stop == '}' ? "${ has no }" : "${ has no second / before its new text";
            throw word.error(start, missing);
        }
        return out.toString();
    }

    private void escaped(StringBuilder out, boolean raw) {
        at++;
        if (raw) {
            out.append('\\');
        }
        if (at < text.length()) {
            out.append(take());
        }
    }

    private String take() {
        return String.valueOf(text.charAt(at++));
    }

    private String quoted(char quote) throws DockerfileException {
        int start = at++;
        StringBuilder out = new StringBuilder();
        while (at < text.length()) {
            char c = text.charAt(at);
            if (c == quote) {
                at++;
                return out.toString();
            }
            if (c == '$' && quote == '"') {
                out.append(dollar());
            } else {
                if (c == escape && quote == '"' && isEscapable(at + 1)) {
                    at++;
                }
                if (at < text.length()) {
                    out.append(take());
                }
            }
            bounded(out.length());
        }
        throw word.error(start, "the quote " + quote + " has no end");
    }

    /** In double quotes the escape character escapes few others and stays before the rest. */
    private boolean isEscapable(int i) {
        if (i == text.length()) {
            return true;
        }
        char c = text.charAt(i);
        return c == '"' || c == '$' || c == escape;
    }

    private String dollar() throws DockerfileException {
        int start = at++;
        if (at < text.length() && text.charAt(at) == '{') {
            if (++depth > MAX_DEPTH) {
                throw word.error(start, "${ is nested more than " + MAX_DEPTH + " deep");
            }
            at++;
            String value = braced(start);
            depth--;
            return value;
        }
        String name = name();
        return name.isEmpty() ? "$" : value(name);
    }

    private String value(String name) {
        String value = variables.get(name);
        return value == null ? "" : value;
    }

    /** A name, a number, or one of the shell's special parameters; may be empty. */
    private String name() {
        int start = at;
        if (at < text.length() && isDigit(text.charAt(at))) {
            while (at < text.length() && isDigit(text.charAt(at))) {
                at++;
            }
        } else if (at < text.length() && "@*#?-$!".indexOf(text.charAt(at)) >= 0) {
            at++;
        } else {
            while (at < text.length() && isNamePart(text.charAt(at))) {
                at++;
            }
        }
        return text.substring(start, at);
    }

    private static boolean isDigit(char c) {
        return c >= '0' && c <= '9';
    }

    private static boolean isNamePart(char c) {
        return c == '_' || Character.isLetterOrDigit(c);
    }

    /** After the brace. */
    private String braced(int start) throws DockerfileException {
        String name = name();
        if (at == text.length() || !name.isEmpty() && Blank.is(text.charAt(at))) {
            throw word.error(start, "${ has no }");
        }
        if (name.isEmpty()) {
            throw word.error(start, "${ is not followed by a name");
        }
        char c = text.charAt(at++);
        boolean colon = c == ':' && at < text.length() && "-+?".indexOf(text.charAt(at)) >= 0;
        return switch (colon ? text.charAt(at++) : c) {
            case '}' -> value(name);
            case '-' -> conditional(start, name, '-', colon);
            case '+' -> conditional(start, name, '+', colon);
            case '?' -> conditional(start, name, '?', colon);
            case '#', '%' -> trimmed(start, name, c);
            case '/' -> replaced(start, name);
            default ->
                    throw word.error(
                            at - 1,
                            "${" + name + " is followed by what is no modifier: " + quote(c));
        };
    }

    private static String quote(char c) {
        return DockerfileException.quote(String.valueOf(c));
    }

    private String conditional(int start, String name, char kind, boolean emptyIsUnset)
            throws DockerfileException {
        String alternative = until(start, '}', false);
        String value = variables.get(name);
        boolean set = value != null && !(emptyIsUnset && value.isEmpty());
        if (kind == '+') {
            return set ? alternative : "";
        }
        if (set && value != null) {
            return value;
        }
        if (kind == '-') {
            return alternative;
        }
        String reason = value == null ? "it is not set" : "it is empty";
        throw word.error(
                start, name + ": " + (alternative.isEmpty() ? reason : clean(alternative)));
    }

    private static String clean(String message) {
        String quoted = DockerfileException.quote(message);
        return quoted.substring(1, quoted.length() - 1);
    }

    private String trimmed(int start, String name, char kind) throws DockerfileException {
        boolean longest = at < text.length() && text.charAt(at) == kind;
        if (longest) {
            at++;
        }
        ShellPattern pattern = pattern(start, until(start, '}', true));
        String value = value(name);
        costs(start, pattern, value);
        return kind == '#'
                ? pattern.withoutPrefix(value, longest)
                : pattern.withoutSuffix(value, longest);
    }

    private String replaced(int start, String name) throws DockerfileException {
        boolean all = at < text.length() && text.charAt(at) == '/';
        if (all) {
            at++;
        }
        ShellPattern pattern = pattern(start, until(start, '/', true));
        String replacement = until(start, '}', false);
        String value = value(name);
        costs(start, pattern, value);
        String result = pattern.replace(value, replacement, all, limit);
        bounded(result.length());
        return result;
    }

    private ShellPattern pattern(int start, String pattern) throws DockerfileException {
        try {
            return ShellPattern.parse(pattern);
        } catch (IllegalArgumentException e) {
            throw word.error(start, e.getMessage() + " in ${}");
        }
    }

    private void costs(int start, ShellPattern pattern, String value) throws DockerfileException {
        if ((long) pattern.length() * value.length() > 1 << 26) {
            throw word.error(start, "the pattern is too long for a value of that length");
        }
    }

    private void bounded(int length) throws DockerfileException {
        if (length > limit) {
            throw word.error("the value is longer than " + limit + " characters");
        }
    }
}
