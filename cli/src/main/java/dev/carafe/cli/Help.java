package dev.carafe.cli;

/** Builds the text of {@code --help}. */
final class Help {
    private static final int COLUMN = 34;

    private Help() {}

    /**
     * @param usage what follows {@code carafe}
     * @param what one or two sentences
     * @param examples command lines, each with a comment, one a line
     */
    static String text(String usage, String what, Option[] options, String examples) {
        StringBuilder out =
                new StringBuilder("Usage:  carafe ")
                        .append(usage)
                        .append("\n\n")
                        .append(what)
                        .append('\n');
        if (options.length > 0) {
            out.append("\nOptions:\n");
            for (Option option : options) {
                if (option.available() && !option.help().isEmpty()) {
                    line(out, option);
                }
            }
        }
        return out.append("\nExamples:\n").append(examples.indent(2)).toString();
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
