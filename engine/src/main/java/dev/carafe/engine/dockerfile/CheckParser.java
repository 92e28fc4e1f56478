package dev.carafe.engine.dockerfile;

import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** HEALTHCHECK. */
final class CheckParser {
    private static final Set<String> FLAGS =
            Set.of("interval", "timeout", "start-period", "start-interval", "retries");

    private final InstructionParser parser;
    private final Statement statement;

    CheckParser(InstructionParser parser) {
        this.parser = parser;
        this.statement = parser.statement();
    }

    Instruction.Check check() throws DockerfileException {
        Flags flags = Flags.of(statement, FLAGS, Set.of());
        String text = statement.text();
        int end = Blank.next(text, 0);
        String kind = text.substring(0, end).toUpperCase(Locale.ROOT);
        return switch (kind) {
            case "NONE" -> none(text, end);
            case "CMD" -> command(flags, Blank.skip(text, end));
            case "" -> throw statement.error("HEALTHCHECK needs CMD and a command, or NONE");
            default ->
                    throw statement.error(
                            "HEALTHCHECK takes CMD or NONE, not "
                                    + DockerfileException.quote(text.substring(0, end)));
        };
    }

    private Instruction.Check none(String text, int end) throws DockerfileException {
        if (end < text.length()) {
            throw statement.error("HEALTHCHECK NONE takes no argument");
        }
        if (!statement.flags().isEmpty()) {
            throw statement
                    .line()
                    .error(statement.flags().getFirst().at(), "HEALTHCHECK NONE takes no flag");
        }
        return new Instruction.NoCheck();
    }

    private Instruction.Check command(Flags flags, int skipped) throws DockerfileException {
        Command.Form form = parser.at(statement.rest() + skipped).form();
        if (form instanceof Command.Exec(List<String> words) && words.isEmpty()) {
            throw statement.error("HEALTHCHECK CMD needs a command");
        }
        return new Instruction.RunCheck(
                form,
                duration(flags.word("interval")),
                duration(flags.word("timeout")),
                duration(flags.word("start-period")),
                duration(flags.word("start-interval")),
                retries(flags.word("retries")));
    }

    private static int retries(@Nullable Word word) throws DockerfileException {
        if (word == null) {
            return 0;
        }
        try {
            int retries = Integer.parseInt(word.raw());
            if (retries >= 0) {
                return retries;
            }
        } catch (NumberFormatException e) {
            // told below
        }
        throw word.error(
                "--retries is a number from 0, not " + DockerfileException.quote(word.raw()));
    }

    private static Duration duration(@Nullable Word word) throws DockerfileException {
        if (word == null) {
            return Duration.ZERO;
        }
        Duration duration = Durations.parse(word.raw());
        if (duration == null) {
            throw word.error(
                    DockerfileException.quote(word.raw())
                            + " is no duration: 90s, 1m30s, 1.5h, 500ms");
        }
        if (!duration.isZero() && duration.compareTo(Duration.ofMillis(1)) < 0) {
            throw word.error("a duration is 0 or at least 1ms");
        }
        return duration;
    }
}
