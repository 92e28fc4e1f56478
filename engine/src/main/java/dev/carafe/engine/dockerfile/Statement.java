package dev.carafe.engine.dockerfile;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * One instruction's parts before its own rules apply: its word, its flags, and the rest.
 *
 * @param rest where the rest begins in the line's text, which has no blanks at its end
 */
record Statement(Line line, String word, List<Flag> flags, int rest) {
    static final List<String> KEYWORDS =
            List.of(
                    "FROM",
                    "RUN",
                    "CMD",
                    "LABEL",
                    "MAINTAINER",
                    "EXPOSE",
                    "ENV",
                    "ADD",
                    "COPY",
                    "ENTRYPOINT",
                    "VOLUME",
                    "USER",
                    "WORKDIR",
                    "ARG",
                    "ONBUILD",
                    "STOPSIGNAL",
                    "HEALTHCHECK",
                    "SHELL");

    /**
     * {@code --name=value}.
     *
     * @param at where it begins
     * @param value null without {@code =}
     */
    record Flag(String name, @Nullable Word value, int at) {}

    static Statement parse(Line line) throws DockerfileException {
        String text = line.text();
        int end = Blank.next(text, 0);
        List<Flag> flags = new ArrayList<>();
        int at = Blank.skip(text, end);
        while (text.startsWith("--", at)) {
            if (Blank.next(text, at) == at + 2) {
                at = Blank.skip(text, at + 2);
                break;
            }
            at = Blank.skip(text, flag(line, at, flags));
        }
        return new Statement(line, text.substring(0, end), List.copyOf(flags), at);
    }

    /** Takes a flag, without its quotes and escapes, and gives the place behind it. */
    private static int flag(Line line, int from, List<Flag> flags) {
        String text = line.text();
        StringBuilder value = new StringBuilder();
        char quote = 0;
        int at = from;
        while (at < text.length() && (quote != 0 || !Blank.is(text.charAt(at)))) {
            char c = text.charAt(at++);
            if (quote == 0 && (c == '\'' || c == '"')) {
                quote = c;
            } else if (quote != 0 && c == quote) {
                quote = 0;
            } else if (c == line.escape()) {
                value.append(at < text.length() ? text.charAt(at++) : "");
            } else {
                value.append(c);
            }
        }
        boolean verbatim = value.length() == at - from;
        int equals = value.indexOf("=");
        String name = value.substring(2, equals < 0 ? value.length() : equals);
        int offset = verbatim ? from + equals + 1 : from;
        Word word =
                equals < 0 ? null : new Word(value.substring(equals + 1), line, offset, verbatim);
        flags.add(new Flag(name, word, from));
        return at;
    }

    /** The instruction's word in capitals, when there is such an instruction. */
    String keyword() throws DockerfileException {
        String keyword = word.toUpperCase(Locale.ROOT);
        if (!KEYWORDS.contains(keyword)) {
            throw line.error(
                    0,
                    "unknown instruction "
                            + DockerfileException.quote(word)
                            + Suggestion.of(word, KEYWORDS));
        }
        return keyword;
    }

    /** What follows the flags. */
    String text() {
        return line.text().substring(rest);
    }

    /** Whether it can have heredocs: the exec form has none. */
    List<HeredocStart> heredocs() throws DockerfileException {
        boolean found = line.text().indexOf("<<", rest) >= 0;
        return switch (found ? keyword() : "") {
            case "RUN", "ADD", "COPY" ->
                    JsonWords.read(this) == null ? HeredocStart.find(line.text(), rest) : List.of();
            case "ONBUILD" -> {
                Statement trigger = parse(line.from(rest));
                List<HeredocStart> moved = new ArrayList<>();
                for (HeredocStart h : trigger.heredocs()) {
                    moved.add(h.moved(rest));
                }
                yield List.copyOf(moved);
            }
            default -> List.of();
        };
    }

    /** The rest as one word. */
    Word whole() {
        return new Word(text(), line, rest, true);
    }

    /** The rest parted at blanks, whatever the quotes. */
    List<Word> parted() {
        List<Word> words = new ArrayList<>();
        String text = line.text();
        for (int at = Blank.skip(text, rest); at < text.length(); ) {
            int end = Blank.next(text, at);
            words.add(new Word(text.substring(at, end), line, at, true));
            at = Blank.skip(text, end);
        }
        return words;
    }

    /** The rest parted at blanks outside of quotes; quotes and escapes stay. */
    List<Word> quoted() {
        List<Word> words = new ArrayList<>();
        String text = line.text();
        for (int at = Blank.skip(text, rest); at < text.length(); ) {
            int end = wordEnd(at);
            words.add(new Word(text.substring(at, end), line, at, true));
            at = Blank.skip(text, end);
        }
        return words;
    }

    private int wordEnd(int from) {
        String text = line.text();
        char quote = 0;
        int at = from;
        while (at < text.length() && (quote != 0 || !Blank.is(text.charAt(at)))) {
            char c = text.charAt(at++);
            if (c == line.escape() && quote != '\'') {
                at = Math.min(at + 1, text.length());
            } else if (c == quote) {
                quote = 0;
            } else if (quote == 0 && (c == '\'' || c == '"')) {
                quote = c;
            }
        }
        return at;
    }

    /** A mistake at the begin of the rest. */
    DockerfileException error(String problem) {
        return line.error(rest < line.text().length() ? rest : 0, problem);
    }
}
