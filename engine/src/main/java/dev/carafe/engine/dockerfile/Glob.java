package dev.carafe.engine.dockerfile;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * A pattern of paths: {@code *} and {@code ?} for characters of one name, {@code [a-z]} and {@code
 * [^a-z]} for one character, a backslash before what is meant as itself; where it is asked for,
 * {@code **} for any number of directories. A whole path must match. Nothing but {@code **} matches
 * a slash.
 *
 * <p>Matching takes a time of at most the pattern's length times the path's: it follows all
 * possibilities at once instead of trying one after the other.
 */
public final class Glob {
    /** The longest pattern, in characters: Linux's longest path. */
    static final int MAX_LENGTH = 4096;

    /** One step of the pattern. */
    private sealed interface Step {}

    /** One character. */
    private record Char(int code) implements Step {}

    /** Any character but the slash. */
    private record Any() implements Step {}

    /** Any characters but slashes. */
    private record Star() implements Step {}

    /** One character in or not in ranges, given as firsts and lasts in turn. */
    private record Ranges(boolean not, List<Integer> bounds) implements Step {
        boolean has(int code) {
            boolean in = false;
            for (int i = 0; i < bounds.size(); i += 2) {
                in |= bounds.get(i) <= code && code <= bounds.get(i + 1);
            }
            return in != not && code != '/';
        }
    }

    /** Either the step behind the next one, or the next one: directories may follow. */
    private record Maybe() implements Step {}

    /** Any characters up to a slash. */
    private record Directories() implements Step {}

    /** Any characters. */
    private record Rest() implements Step {}

    private final Step[] steps;
    private final String prefix;
    private final boolean literal;

    private Glob(List<Step> steps) {
        this.steps = steps.toArray(Step[]::new);
        StringBuilder start = new StringBuilder();
        int i = 0;
        while (i < this.steps.length && this.steps[i] instanceof Char(int code)) {
            start.appendCodePoint(code);
            i++;
        }
        this.prefix = start.toString();
        this.literal = i == this.steps.length;
    }

    /**
     * The pattern of a COPY or ADD source, as Go's {@code filepath.Match} has it.
     *
     * @throws IllegalArgumentException with what is wrong with it
     */
    public static Glob of(String pattern) {
        return new Glob(new Reader(pattern, false).steps());
    }

    /**
     * The same with {@code **}, as in .dockerignore.
     *
     * @throws IllegalArgumentException with what is wrong with it
     */
    public static Glob withDirectories(String pattern) {
        return new Glob(new Reader(pattern, true).steps());
    }

    /** Whether a source is a pattern at all: has a {@code *}, {@code ?} or {@code [}. */
    public static boolean isPattern(String source) {
        for (int i = 0; i < source.length(); i++) {
            char c = source.charAt(i);
            if (c == '*' || c == '?' || c == '[') {
                return true;
            }
            i += c == '\\' ? 1 : 0;
        }
        return false;
    }

    /** What every match begins with: the pattern up to its first special character. */
    public String prefix() {
        return prefix;
    }

    /** Whether the pattern matches its prefix and nothing else. */
    public boolean isLiteral() {
        return literal;
    }

    /** Whether a path matches. It has no slash at its begin or end. */
    public boolean matches(String path) {
        if (literal || !path.startsWith(prefix)) {
            return literal && path.equals(prefix);
        }
        return new Run().over(path).atEnd();
    }

    /** Whether a path below that directory may match. */
    public boolean mayMatchBelow(String directory) {
        String start = directory.isEmpty() ? "" : directory + "/";
        if (literal || start.length() <= prefix.length()) {
            return prefix.startsWith(start);
        }
        return start.startsWith(prefix) && new Run().over(start).isAlive();
    }

    /** The steps at which a match can be after some characters. */
    private final class Run {
        private boolean[] now = new boolean[steps.length + 1];
        private boolean[] next = new boolean[steps.length + 1];
        private boolean alive;

        Run() {
            enter(now, 0);
        }

        Run over(String path) {
            alive = true;
            for (int i = 0; i < path.length() && alive; ) {
                int code = path.codePointAt(i);
                step(code);
                i += Character.charCount(code);
            }
            return this;
        }

        private void step(int code) {
            alive = false;
            for (int at = 0; at < steps.length; at++) {
                if (now[at]) {
                    take(at, code);
                }
            }
            boolean[] old = now;
            now = next;
            next = old;
            Arrays.fill(next, false);
        }

        private void take(int at, int code) {
            switch (steps[at]) {
                case Char(int own) -> enterIf(own == code, at + 1);
                case Any any -> enterIf(code != '/', at + 1);
                case Ranges ranges -> enterIf(ranges.has(code), at + 1);
                case Star star -> enterIf(code != '/', at);
                case Directories directories -> {
                    enterIf(true, at);
                    enterIf(code == '/', at + 1);
                }
                case Rest rest -> enterIf(true, at);
                case Maybe maybe -> {
                    // nothing: whoever entered it entered what follows
                }
            }
        }

        private void enterIf(boolean matched, int at) {
            if (matched) {
                enter(next, at);
                alive = true;
            }
        }

        /** A step that may match nothing is entered together with the one behind it. */
        private void enter(boolean[] set, int from) {
            int at = from;
            while (!set[at]) {
                set[at] = true;
                if (at < steps.length && steps[at] instanceof Maybe) {
                    set[at + 1] = true;
                    at += 2;
                } else if (at < steps.length
                        && (steps[at] instanceof Star || steps[at] instanceof Rest)) {
                    at++;
                } else {
                    return;
                }
            }
        }

        boolean isAlive() {
            return alive;
        }

        boolean atEnd() {
            return now[steps.length];
        }
    }

    /** Reads a pattern. */
    private static final class Reader {
        private final int[] codes;
        private final boolean directories;
        private final List<Step> steps = new ArrayList<>();
        private int at;

        Reader(String pattern, boolean directories) {
            if (pattern.length() > MAX_LENGTH) {
                throw new IllegalArgumentException(
                        "the pattern has more than " + MAX_LENGTH + " characters");
            }
            this.codes = pattern.codePoints().toArray();
            this.directories = directories;
        }

        List<Step> steps() {
            while (at < codes.length) {
                int code = codes[at++];
                switch (code) {
                    case '*' -> stars();
                    case '?' -> steps.add(new Any());
                    case '[' -> steps.add(ranges());
                    case '\\' -> steps.add(new Char(escaped()));
                    default -> steps.add(new Char(code));
                }
            }
            return steps;
        }

        private void stars() {
            if (!directories || at == codes.length || codes[at] != '*') {
                steps.add(new Star());
                return;
            }
            boolean first = at == 1;
            at++;
            boolean slash = at < codes.length && codes[at] == '/';
            at += slash ? 1 : 0;
            if (at == codes.length || first && !slash && restIsLiteral()) {
                steps.add(new Rest());
            } else {
                steps.add(new Maybe());
                steps.add(new Directories());
            }
        }

        /** A leading ** before nothing but text is about the path's end, not about a name. */
        private boolean restIsLiteral() {
            for (int i = at; i < codes.length; i++) {
                if ("*?[]\\".indexOf(codes[i]) >= 0) {
                    return false;
                }
            }
            return true;
        }

        private int escaped() {
            if (at == codes.length) {
                throw new IllegalArgumentException("a backslash ends the pattern");
            }
            return codes[at++];
        }

        private Step ranges() {
            boolean not = at < codes.length && codes[at] == '^';
            at += not ? 1 : 0;
            List<Integer> bounds = new ArrayList<>();
            while (at < codes.length && codes[at] != ']') {
                int low = bound();
                int high = low;
                if (at < codes.length && codes[at] == '-') {
                    at++;
                    high = bound();
                }
                bounds.add(low);
                bounds.add(high);
            }
            if (at == codes.length) {
                throw new IllegalArgumentException("the pattern has a [ without a ]");
            }
            at++;
            if (bounds.isEmpty()) {
                throw new IllegalArgumentException("the pattern has [] with nothing in it");
            }
            return new Ranges(not, List.copyOf(bounds));
        }

        private int bound() {
            if (at == codes.length) {
                throw new IllegalArgumentException("the pattern has a [ without a ]");
            }
            int code = codes[at++];
            if (code == '-' || code == ']') {
                throw new IllegalArgumentException(
                        "a - or ] between [ and ] needs a backslash before it");
            }
            return code == '\\' ? escaped() : code;
        }
    }
}
