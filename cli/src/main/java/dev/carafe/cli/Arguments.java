package dev.carafe.cli;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Reads a command line as Docker does: {@code -it}, {@code -m256m}, {@code -m 256m}, {@code
 * --memory=256m}, {@code --memory 256m}, {@code --rm=false}, and {@code --} to end the options.
 */
final class Arguments {
    /** Where options go as they are read; may refuse a value with an IllegalArgumentException. */
    interface Sink {
        /**
         * @param name the option's long name
         * @param value its value; {@code true} or {@code false} for a switch
         */
        void option(String name, String value);
    }

    private final Option[] options;
    private final Sink sink;
    private final String[] args;
    private int at;

    private Arguments(Option[] options, Sink sink, String[] args, int from) {
        this.options = options;
        this.sink = sink;
        this.args = args;
        this.at = from;
    }

    /**
     * Reads options into the sink.
     *
     * @param from where to begin
     * @param stopAtFirst whether the first argument that is no option ends the options, as in
     *     {@code run}
     * @return the arguments that are no options
     */
    static List<String> read(
            Option[] options, Sink sink, String[] args, int from, boolean stopAtFirst)
            throws UsageException {
        return new Arguments(options, sink, args, from).read(stopAtFirst);
    }

    private List<String> read(boolean stopAtFirst) throws UsageException {
        List<String> rest = new ArrayList<>();
        boolean optionsEnded = false;
        while (at < args.length) {
            String arg = args[at++];
            if (optionsEnded || arg.length() < 2 || arg.charAt(0) != '-') {
                rest.add(arg);
                optionsEnded |= stopAtFirst;
            } else if (arg.equals("--")) {
                optionsEnded = true;
            } else if (arg.charAt(1) == '-') {
                longOption(arg);
            } else {
                shortOptions(arg);
            }
        }
        return rest;
    }

    private void longOption(String arg) throws UsageException {
        int eq = arg.indexOf('=');
        String name = eq < 0 ? arg.substring(2) : arg.substring(2, eq);
        Option option = find(name);
        if (option == null) {
            throw new UsageException("unknown flag: --" + name);
        }
        refuseMissing(option);
        if (eq >= 0) {
            give(option, arg.substring(eq + 1));
        } else if (option.value() == null) {
            sink.option(option.name(), "true");
        } else if (at < args.length) {
            give(option, args[at++]);
        } else {
            throw new UsageException("flag needs an argument: --" + name);
        }
    }

    private void shortOptions(String arg) throws UsageException {
        for (int i = 1; i < arg.length(); i++) {
            char letter = arg.charAt(i);
            Option option = find(letter);
            if (option == null) {
                throw new UsageException("unknown shorthand flag: '" + letter + "' in " + arg);
            }
            refuseMissing(option);
            boolean equals = i + 1 < arg.length() && arg.charAt(i + 1) == '=';
            if (option.value() == null && !equals) {
                sink.option(option.name(), "true");
                continue;
            }
            if (equals) {
                give(option, arg.substring(i + 2));
            } else if (i + 1 < arg.length()) {
                give(option, arg.substring(i + 1));
            } else if (at < args.length) {
                give(option, args[at++]);
            } else {
                throw new UsageException("flag needs an argument: '" + letter + "' in " + arg);
            }
            return;
        }
    }

    private @Nullable Option find(String name) {
        for (Option option : options) {
            if (option.name().equals(name)) {
                return option;
            }
        }
        return null;
    }

    private @Nullable Option find(char letter) {
        for (Option option : options) {
            if (option.letter() == letter) {
                return option;
            }
        }
        return null;
    }

    private static void refuseMissing(Option option) throws UsageException {
        if (!option.available()) {
            throw new UsageException(
                    option.shown()
                            + " isn't available yet"
                            + (option.help().isEmpty() ? "" : ": " + option.help()));
        }
    }

    private void give(Option option, String value) throws UsageException {
        String normal = value;
        if (option.value() == null) {
            normal =
                    switch (value) {
                        case "true", "1", "t", "T", "TRUE", "True" -> "true";
                        case "false", "0", "f", "F", "FALSE", "False" -> "false";
                        default -> throw invalid(option, value, "it must be true or false");
                    };
        }
        try {
            sink.option(option.name(), normal);
        } catch (IllegalArgumentException e) {
            throw invalid(option, value, reason(value, String.valueOf(e.getMessage())));
        }
    }

    /** What follows {@code invalid value "x" for y: }, because the option is named already. */
    private static String reason(String value, String message) {
        String start = "invalid value \"" + value + "\" for ";
        int colon = message.startsWith(start) ? message.indexOf(": ", start.length()) : -1;
        return colon < 0 ? message : message.substring(colon + 2);
    }

    private static UsageException invalid(Option option, String value, String why) {
        return new UsageException(
                "invalid argument \"" + value + "\" for \"" + option.shown() + "\" flag: " + why);
    }
}
