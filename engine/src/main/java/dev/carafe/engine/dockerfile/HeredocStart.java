package dev.carafe.engine.dockerfile;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * {@code <<NAME} in an instruction.
 *
 * @param from where it begins, a file descriptor included
 * @param to behind its last character
 */
record HeredocStart(int from, int to, int descriptor, boolean chomp, String name, boolean expand) {
    private static final int MAX_DESCRIPTOR = 1 << 20;

    /**
     * The heredocs of a text from there on. The backslash escapes here whatever the directive says.
     * A text with a quote that has no end has none: it is for the shell to complain.
     */
    static List<HeredocStart> find(String text, int start) {
        List<HeredocStart> found = new ArrayList<>();
        int at = Blank.skip(text, start);
        while (at < text.length()) {
            int end = word(text, at);
            if (end < 0) {
                return List.of();
            }
            HeredocStart heredoc = read(text, at, end);
            if (heredoc != null) {
                found.add(heredoc);
            }
            at = Blank.skip(text, end);
        }
        return List.copyOf(found);
    }

    /** The same in a longer text. */
    HeredocStart moved(int by) {
        return new HeredocStart(from + by, to + by, descriptor, chomp, name, expand);
    }

    /** Behind the word that begins there; blanks after {@code <<} are of the word. -1: no end. */
    private static int word(String text, int from) {
        int at = from;
        while (at < text.length() && !Blank.is(text.charAt(at))) {
            char c = text.charAt(at);
            if (c == '\'' || c == '"') {
                at = quoted(text, at);
                if (at < 0) {
                    return -1;
                }
            } else if (c == '\\') {
                at = Math.min(at + 2, text.length());
            } else if (text.startsWith("<<", at)) {
                at += text.startsWith("<<-", at) ? 3 : 2;
                at = Blank.skip(text, at);
            } else {
                at++;
            }
        }
        return at;
    }

    private static int quoted(String text, int from) {
        char quote = text.charAt(from);
        int at = from + 1;
        while (at < text.length() && text.charAt(at) != quote) {
            at += quote == '"' && text.charAt(at) == '\\' ? 2 : 1;
        }
        return at < text.length() ? at + 1 : -1;
    }

    private static @Nullable HeredocStart read(String text, int from, int to) {
        int at = from;
        int descriptor = 0;
        while (at < to && text.charAt(at) >= '0' && text.charAt(at) <= '9') {
            descriptor = Math.min(descriptor * 10 + text.charAt(at) - '0', MAX_DESCRIPTOR);
            at++;
        }
        if (!text.startsWith("<<", at)) {
            return null;
        }
        at += 2;
        boolean chomp = at < to && text.charAt(at) == '-';
        at = Blank.skip(text, chomp ? at + 1 : at);
        if (at >= to || text.substring(at, to).indexOf('<') >= 0) {
            return null;
        }
        String raw = text.substring(at, to);
        StringBuilder name = new StringBuilder();
        boolean quoted = unquote(raw, name);
        return name.isEmpty()
                ? null
                : new HeredocStart(from, to, descriptor, chomp, name.toString(), !quoted);
    }

    private static boolean unquote(String raw, StringBuilder out) {
        boolean quoted = false;
        char quote = 0;
        for (int i = 0; i < raw.length(); i++) {
            char c = raw.charAt(i);
            if (c == quote) {
                quote = 0;
            } else if (quote == 0 && (c == '\'' || c == '"')) {
                quote = c;
                quoted = true;
            } else if (c == '\\' && quote != '\'' && i + 1 < raw.length()) {
                out.append(raw.charAt(++i));
            } else {
                out.append(c);
            }
        }
        return quoted;
    }
}
