package dev.carafe.engine.dockerfile;

import java.util.List;

/**
 * Puts variables into words, and takes quotes and escapes off, as the Dockerfile reference has it
 * under "Environment replacement".
 *
 * <p>{@code $NAME} and {@code ${NAME}}; {@code ${NAME-word}} and {@code +}, {@code ?}, each also
 * with a colon before it, which takes an empty value for none; {@code ${NAME#pattern}}, {@code ##},
 * {@code %}, {@code %%}, {@code ${NAME/pattern/text}} and {@code //}, where a pattern has {@code
 * *}, {@code ?} and a backslash. A variable that is not set is empty. Single quotes keep
 * everything, double quotes all but variables.
 *
 * <p>What it applies to: the words of ADD, COPY, ENV, EXPOSE, FROM, LABEL, STOPSIGNAL, USER,
 * VOLUME, WORKDIR and ARG, the values of {@code RUN --mount}, and contents of heredocs in ADD and
 * COPY. Not to RUN, CMD, ENTRYPOINT, HEALTHCHECK, MAINTAINER, SHELL, and not to ONBUILD before its
 * time.
 */
public final class Words {
    /**
     * How long a value may become, in characters: ENV that doubles itself ends here. Linux takes no
     * longer argument or variable (MAX_ARG_STRLEN).
     */
    static final int MAX_LENGTH = 1 << 17;

    /** How long a file of a heredoc may become, in characters. */
    static final int MAX_TEXT = 1 << 20;

    private Words() {}

    /**
     * The word's value: one string, with the blanks that its variables have.
     *
     * @throws DockerfileException for a quote or brace without its end, an unknown modifier, an
     *     unset variable under {@code ?}, or a value of more than 2^17 characters
     */
    public static String expand(Word word, Variables variables) throws DockerfileException {
        return Expansion.of(word, variables).whole();
    }

    /**
     * The words that it makes: a blank outside of quotes parts them, one from a variable as well.
     * EXPOSE alone is read like this.
     *
     * @throws DockerfileException as {@link #expand}
     */
    public static List<String> split(Word word, Variables variables) throws DockerfileException {
        return Expansion.of(word, variables).words();
    }

    /**
     * The file that a heredoc of ADD or COPY makes: variables are put in unless its name was
     * quoted, quotes stay, and the backslash escapes whatever the escape directive says.
     *
     * @throws DockerfileException as {@link #expand}
     */
    public static String expandText(Heredoc heredoc, Variables variables)
            throws DockerfileException {
        if (!heredoc.expand()) {
            return heredoc.text();
        }
        Word content = heredoc.content();
        if (heredoc.chomp()) {
            // tabs go first, so that those of a value stay
            content = new Word(heredoc.text(), content.line(), content.offset(), false);
        }
        return Expansion.ofText(content, variables).whole();
    }
}
