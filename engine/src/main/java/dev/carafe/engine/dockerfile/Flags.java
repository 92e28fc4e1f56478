package dev.carafe.engine.dockerfile;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** The flags of one instruction, checked against those that it has. */
final class Flags {
    private final Statement statement;

    private Flags(Statement statement) {
        this.statement = statement;
    }

    /** Takes the flags; those in {@code many} may come more than once. */
    static Flags of(Statement statement, Set<String> once, Set<String> many)
            throws DockerfileException {
        Set<String> seen = new HashSet<>();
        for (Statement.Flag flag : statement.flags()) {
            if (!once.contains(flag.name()) && !many.contains(flag.name())) {
                throw unknown(statement, flag, once, many);
            }
            if (!seen.add(flag.name()) && !many.contains(flag.name())) {
                throw statement.line().error(flag.at(), "--" + flag.name() + " is there twice");
            }
        }
        return new Flags(statement);
    }

    private static DockerfileException unknown(
            Statement statement, Statement.Flag flag, Set<String> once, Set<String> many)
            throws DockerfileException {
        List<String> known = new ArrayList<>(once);
        known.addAll(many);
        known.sort(null);
        known.replaceAll("--"::concat);
        String name = "--" + flag.name();
        return statement
                .line()
                .error(
                        flag.at(),
                        statement.keyword()
                                + " has no flag "
                                + DockerfileException.quote(name)
                                + Suggestion.of(name, known));
    }

    /** The values of a flag, each in its place. */
    List<Word> all(String name) throws DockerfileException {
        List<Word> words = new ArrayList<>();
        for (Statement.Flag flag : statement.flags()) {
            if (flag.name().equals(name)) {
                if (flag.value() == null) {
                    throw needsValue(flag);
                }
                words.add(flag.value());
            }
        }
        return List.copyOf(words);
    }

    /** A flag's value, null when it is not there or empty. */
    @Nullable Word word(String name) throws DockerfileException {
        List<Word> all = all(name);
        return all.isEmpty() || all.getFirst().raw().isEmpty() ? null : all.getFirst();
    }

    /** A flag's value as it is. */
    @Nullable String text(String name) throws DockerfileException {
        Word word = word(name);
        return word == null ? null : word.raw();
    }

    /** Whether {@code --name} or {@code --name=true} is there. */
    boolean on(String name) throws DockerfileException {
        for (Statement.Flag flag : statement.flags()) {
            if (flag.name().equals(name)) {
                return flag.value() == null || isTrue(flag, flag.value());
            }
        }
        return false;
    }

    private boolean isTrue(Statement.Flag flag, Word value) throws DockerfileException {
        if (value.raw().isEmpty()) {
            throw needsValue(flag);
        }
        if (!value.raw().equalsIgnoreCase("true") && !value.raw().equalsIgnoreCase("false")) {
            throw value.error(
                    "--"
                            + flag.name()
                            + " is true or false, not "
                            + DockerfileException.quote(value.raw()));
        }
        return value.raw().equalsIgnoreCase("true");
    }

    private DockerfileException needsValue(Statement.Flag flag) {
        return statement
                .line()
                .error(flag.at(), "--" + flag.name() + " needs a value: --" + flag.name() + "=...");
    }
}
