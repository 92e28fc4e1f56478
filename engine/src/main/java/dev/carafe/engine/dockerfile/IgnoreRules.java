package dev.carafe.engine.dockerfile;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Deque;
import java.util.List;

/**
 * The rules of a {@code .dockerignore}: one pattern a line, the last one that matches a path or a
 * directory above it decides, and {@code !} takes back. Lines that begin with {@code #} are
 * comments.
 *
 * <p>A tree is walked from {@link #top}: what one directory's rules have decided is not asked again
 * below it, and rules that can't match there are left behind.
 */
public final class IgnoreRules {
    /** The largest file, in bytes: 1 MiB. */
    public static final int MAX_BYTES = 1 << 20;

    private static final int MAX_RULES = 10_000;

    /** No rules: nothing is ignored. */
    public static final IgnoreRules NONE = new IgnoreRules(List.of());

    private record Rule(Glob glob, boolean back) {}

    private final List<Rule> rules;

    private IgnoreRules(List<Rule> rules) {
        this.rules = List.copyOf(rules);
    }

    /**
     * Reads a file.
     *
     * @param name what errors call it
     * @throws DockerfileException for a pattern that is none
     */
    public static IgnoreRules parse(String name, byte[] utf8) throws DockerfileException {
        if (utf8.length > MAX_BYTES) {
            throw new DockerfileException(
                    name, new Location(1, 1), "it has more than " + MAX_BYTES + " bytes", "");
        }
        String text = new String(utf8, UTF_8);
        String[] lines = (text.startsWith("\ufeff") ? text.substring(1) : text).split("\n", -1);
        List<Rule> rules = new ArrayList<>();
        for (int i = 0; i < lines.length; i++) {
            try {
                if (!lines[i].startsWith("#")) {
                    add(lines[i], rules);
                }
            } catch (IllegalArgumentException e) {
                int column = Blank.skip(lines[i], 0) + 1;
                throw new DockerfileException(
                        name, new Location(i + 1, column), "" + e.getMessage(), lines[i]);
            }
        }
        return new IgnoreRules(rules);
    }

    /**
     * The rules of patterns that stand alone, as {@code COPY --exclude} has them.
     *
     * @throws IllegalArgumentException with what is wrong with one
     */
    public static IgnoreRules of(List<String> patterns) {
        List<Rule> rules = new ArrayList<>();
        patterns.forEach(p -> add(p, rules));
        return new IgnoreRules(rules);
    }

    private static void add(String line, List<Rule> rules) {
        String pattern = trim(line);
        boolean back = pattern.startsWith("!");
        pattern = back ? trim(pattern.substring(1)) : pattern;
        if (pattern.isEmpty()) {
            if (back) {
                throw new IllegalArgumentException("there is nothing behind the !");
            }
            return;
        }
        if (rules.size() == MAX_RULES) {
            throw new IllegalArgumentException("there are more than " + MAX_RULES + " rules");
        }
        rules.add(new Rule(Glob.withDirectories(cleaned(pattern)), back));
    }

    private static String trim(String text) {
        int start = Blank.skip(text, 0);
        return text.substring(start, Blank.end(text, start));
    }

    /** Without a slash at either end, empty names, and {@code .} and {@code ..} as names. */
    private static String cleaned(String pattern) {
        Deque<String> names = new ArrayDeque<>();
        boolean absolute = pattern.startsWith("/");
        for (String name : pattern.split("/", -1)) {
            boolean up = name.equals("..");
            if (up && !names.isEmpty() && !names.getLast().equals("..")) {
                names.removeLast();
            } else if (up && !absolute || !name.isEmpty() && !name.equals(".") && !up) {
                names.add(name);
            }
        }
        return names.isEmpty() ? "." : String.join("/", names);
    }

    /** Whether there is any rule. */
    public boolean isEmpty() {
        return rules.isEmpty();
    }

    /**
     * Whether a path is ignored.
     *
     * @param path without a slash at its begin or end
     */
    public boolean ignores(String path) {
        Folder folder = top();
        int slash = path.indexOf('/');
        int from = 0;
        while (slash >= 0) {
            folder = folder.entry(path.substring(from, slash)).folder();
            from = slash + 1;
            slash = path.indexOf('/', from);
        }
        return folder.entry(path.substring(from)).ignored();
    }

    /** The context's directory itself, which no rule can ignore. */
    public Folder top() {
        int[] all = new int[rules.size()];
        for (int i = 0; i < all.length; i++) {
            all[i] = i;
        }
        return new Folder("", -1, all);
    }

    /** A directory of the tree that is walked. Immutable. */
    public final class Folder {
        private final String prefix;
        private final int decided;
        private final int[] open;

        /**
         * @param decided the last rule that matches this directory or one above it, or -1: what
         *     comes before has no say below it
         * @param open later rules that may match below
         */
        private Folder(String prefix, int decided, int[] open) {
            this.prefix = prefix;
            this.decided = decided;
            this.open = open;
        }

        /** What the rules say of an entry of this directory. */
        public Entry entry(String name) {
            String path = prefix.concat(name);
            int last = decided;
            for (int i = open.length - 1; i >= 0 && last == decided; i--) {
                if (rules.get(open[i]).glob.matches(path)) {
                    last = open[i];
                }
            }
            return new Entry(this, path, last);
        }

        private Folder below(String path, int last) {
            int[] still = new int[open.length];
            int count = 0;
            for (int rule : open) {
                if (rule > last && rules.get(rule).glob.mayMatchBelow(path)) {
                    still[count++] = rule;
                }
            }
            return new Folder(path + "/", last, Arrays.copyOf(still, count));
        }
    }

    /** What the rules say of one file or directory. */
    public final class Entry {
        private final Folder parent;
        private final String path;
        private final int decided;

        private Entry(Folder parent, String path, int decided) {
            this.parent = parent;
            this.path = path;
            this.decided = decided;
        }

        /** Whether it is ignored itself. */
        public boolean ignored() {
            return decided >= 0 && !rules.get(decided).back;
        }

        /** The directory that it is, for its own entries. */
        public Folder folder() {
            return parent.below(path, decided);
        }

        /**
         * Whether everything below it is ignored as well: no later rule can take back any of it.
         */
        public boolean skipsAll() {
            if (!ignored()) {
                return false;
            }
            for (int rule : parent.open) {
                if (rule > decided
                        && rules.get(rule).back
                        && rules.get(rule).glob.mayMatchBelow(path)) {
                    return false;
                }
            }
            return true;
        }
    }
}
