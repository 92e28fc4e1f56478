package dev.carafe.cli;

import java.util.List;

/** {@code carafe help} and the texts of {@code --help}. */
final class Help {
    private static final int COLUMN = 36;

    private Help() {}

    static Verb verb() {
        return new Verb(
                "help",
                "[COMMAND]",
                "Tell about a command",
                "Tells what a command does, its options, and examples.",
                List.of(),
                "carafe help run\n");
    }

    static int run(String[] args, Console console) throws UsageException {
        if (args.length < 2 || args[1].startsWith("-")) {
            console.print(overview());
            return 0;
        }
        for (Verb verb : Verb.all()) {
            if (verb.name().equals(args[1])) {
                console.print(verb.help());
                return 0;
            }
        }
        throw new UsageException("'" + args[1] + "' is not a carafe command.");
    }

    private static String overview() {
        StringBuilder out =
                new StringBuilder(
                        "Usage:  carafe COMMAND\n\nRuns OCI images behind walls of the kernel.\n\nCommands:\n");
        for (Verb verb : Verb.all()) {
            out.append("  ")
                    .append(verb.name())
                    .append(" ".repeat(12 - verb.name().length()))
                    .append(verb.summary())
                    .append('\n');
        }
        return out.append(
                        """

                        Environment:
                          CARAFE_ROOT        Directory of images and containers, in place of the usual one
                          CARAFE_REGISTRIES  File about registries, in place of the usual ones

                        Run 'carafe COMMAND --help' for more about a command.
                        """)
                .toString();
    }

    static String text(Verb verb) {
        StringBuilder out = new StringBuilder("Usage:  carafe ").append(verb.name());
        out.append(verb.usage().isEmpty() ? "" : " ")
                .append(verb.usage())
                .append("\n\n")
                .append(verb.text())
                .append('\n');
        if (!verb.options().isEmpty()) {
            out.append("\nOptions:\n");
            for (Option option : verb.options()) {
                if (option.available() && !option.help().isEmpty()) {
                    line(out, option);
                }
            }
        }
        return out.append("\nExamples:\n").append(verb.examples().indent(2)).toString();
    }

    private static void line(StringBuilder out, Option option) {
        int start = out.length();
        out.append(option.letter() == 0 ? "      --" : "  -" + option.letter() + ", --")
                .append(option.name());
        if (option.value() != null) {
            out.append(' ').append(option.value());
        }
        out.append(" ".repeat(Math.max(2, COLUMN - (out.length() - start))))
                .append(option.help())
                .append('\n');
    }
}
