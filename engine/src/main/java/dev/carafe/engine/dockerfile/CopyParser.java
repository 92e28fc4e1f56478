package dev.carafe.engine.dockerfile;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** ADD and COPY. */
final class CopyParser {
    private static final Set<String> ADD =
            Set.of("chown", "chmod", "link", "checksum", "keep-git-dir");
    private static final Set<String> COPY = Set.of("chown", "chmod", "link", "from", "parents");

    private final Statement statement;
    private final List<Heredoc> heredocs;

    CopyParser(Statement statement, List<Heredoc> heredocs) {
        this.statement = statement;
        this.heredocs = heredocs;
    }

    Instruction instruction() throws DockerfileException {
        Line line = statement.line();
        Set<String> many = Set.of("exclude");
        if (statement.keyword().equals("ADD")) {
            Flags flags = Flags.of(statement, ADD, many);
            return new Instruction.Add(
                    line,
                    copying(flags),
                    checked(flags.word("checksum")),
                    flags.on("keep-git-dir"));
        }
        Flags flags = Flags.of(statement, COPY, many);
        return new Instruction.Copy(line, copying(flags), from(flags), flags.on("parents"));
    }

    private static @Nullable String from(Flags flags) throws DockerfileException {
        Word word = flags.word("from");
        if (word != null && word.raw().indexOf('$') >= 0) {
            throw word.error(
                    "--from can't have a variable; name a stage with FROM ... AS and use its name");
        }
        return word == null ? null : word.raw();
    }

    private Instruction.Copying copying(Flags flags) throws DockerfileException {
        List<Word> json = JsonWords.words(statement);
        List<Word> words = new ArrayList<>(json == null ? paths() : json);
        String keyword = statement.keyword();
        if (words.isEmpty() && heredocs.isEmpty()) {
            throw statement.error(keyword + " needs a source and a destination");
        }
        if (words.isEmpty() || json == null && !endsWith(words.getLast())) {
            throw statement.error(
                    "the destination of " + keyword + " can't be a heredoc; it comes last");
        }
        if (words.size() + heredocs.size() < 2) {
            throw words.getFirst().error(keyword + " has one path only; where is it to go to?");
        }
        for (Word word : words) {
            checkedPath(word, json != null);
        }
        for (Heredoc heredoc : heredocs) {
            Checked.heredoc(heredoc);
        }
        Word destination = words.removeLast();
        return new Instruction.Copying(
                words,
                heredocs,
                destination,
                checked(flags.word("chown")),
                checked(flags.word("chmod")),
                flags.on("link"),
                flags.all("exclude").stream().map(Word::raw).toList());
    }

    /** The words outside of heredocs. */
    private List<Word> paths() {
        List<HeredocStart> starts =
                heredocs.isEmpty()
                        ? List.of()
                        : HeredocStart.find(statement.line().text(), statement.rest());
        List<Word> words = statement.parted();
        words.removeIf(
                w -> starts.stream().anyMatch(h -> h.from() <= w.offset() && w.offset() < h.to()));
        return words;
    }

    private boolean endsWith(Word word) {
        return word.offset() + word.raw().length() == statement.line().text().length();
    }

    private static void checkedPath(Word word, boolean json) throws DockerfileException {
        try {
            Checked.word(word);
        } catch (DockerfileException e) {
            if (json || !e.problem().endsWith("has no end")) {
                throw e;
            }
            String hint = "; a name with blanks needs the JSON form: [\"a b\", \"/dir/\"]";
            throw word.error(e.problem() + hint);
        }
        if (word.raw().isEmpty()) {
            throw word.error("a path is empty");
        }
    }

    private static @Nullable Word checked(@Nullable Word word) throws DockerfileException {
        return word == null ? null : Checked.word(word);
    }
}
