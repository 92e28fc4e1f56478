package dev.carafe.cli;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What was given to a verb with few options. */
final class Given implements Arguments.Sink {
    private static final Option HELP = Option.flag('h', "help", "Print this text");

    private final List<String> names = new ArrayList<>();
    private final List<String> values = new ArrayList<>();
    private List<String> arguments = List.of();

    private Given() {}

    /** A verb's options with {@code --help}. */
    static List<Option> options(Option... options) {
        List<Option> all = new ArrayList<>(List.of(options));
        all.add(HELP);
        return List.copyOf(all);
    }

    /**
     * Reads a verb's options and arguments.
     *
     * @param min how many arguments it needs
     * @param max how many it takes
     * @return null when the help was asked for, which is then printed
     */
    static @Nullable Given read(Verb verb, String[] args, int min, int max, Console console)
            throws UsageException {
        return read(verb, args, min, max, console, false);
    }

    /**
     * Reads the options of a verb that takes a command line: they end at the first argument.
     *
     * @param min how many arguments it needs
     * @return null when the help was asked for, which is then printed
     */
    static @Nullable Given readCommand(Verb verb, String[] args, int min, Console console)
            throws UsageException {
        return read(verb, args, min, Integer.MAX_VALUE, console, true);
    }

    private static @Nullable Given read(
            Verb verb, String[] args, int min, int max, Console console, boolean stopAtFirst)
            throws UsageException {
        Given given = new Given();
        Option[] options = verb.options().toArray(new Option[0]);
        given.arguments = Arguments.read(options, given, args, 1, stopAtFirst);
        if (given.has("help")) {
            console.print(verb.help());
            return null;
        }
        int count = given.arguments.size();
        if (count < min || count > max) {
            throw new UsageException("\"carafe " + verb.name() + "\" " + wants(min, max));
        }
        return given;
    }

    private static String wants(int min, int max) {
        if (max == 0) {
            return "accepts no arguments.";
        }
        if (min == max) {
            return "requires exactly " + arguments(min);
        }
        return max == Integer.MAX_VALUE
                ? "requires at least " + arguments(min)
                : "requires at least " + min + " and at most " + arguments(max);
    }

    private static String arguments(int count) {
        return count == 1 ? "1 argument." : count + " arguments.";
    }

    @Override
    public void option(String name, String value) {
        names.add(name);
        values.add(value);
    }

    /** Whether a switch is on. */
    boolean has(String name) {
        return "true".equals(get(name));
    }

    /** The last value of an option. */
    @Nullable String get(String name) {
        int at = names.lastIndexOf(name);
        return at < 0 ? null : values.get(at);
    }

    /** Every value of an option. */
    List<String> all(String name) {
        List<String> found = new ArrayList<>();
        for (int i = 0; i < names.size(); i++) {
            if (names.get(i).equals(name)) {
                found.add(values.get(i));
            }
        }
        return found;
    }

    /**
     * Whether {@code --format json} or the switch {@code --json} was given; other formats are
     * refused.
     */
    boolean json() throws UsageException {
        String format = get("format");
        if (format != null && !format.equals("json") && !format.equals("table")) {
            throw new UsageException(
                    "format " + format + " isn't available yet; it must be json or table");
        }
        return "json".equals(format) || has("json");
    }

    /** What is no option. */
    List<String> arguments() {
        return arguments;
    }
}
