package dev.carafe.engine.dockerfile;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** The rules of each instruction, but for those of COPY and HEALTHCHECK. */
final class InstructionParser {
    private static final Set<String> NONE = Set.of();

    private final Statement statement;
    private final Line line;
    private final List<Heredoc> heredocs;
    private final List<Warning> warnings;

    InstructionParser(Statement statement, List<Heredoc> heredocs, List<Warning> warnings) {
        this.statement = statement;
        this.line = statement.line();
        this.heredocs = heredocs;
        this.warnings = warnings;
    }

    Instruction instruction() throws DockerfileException {
        return switch (statement.keyword()) {
            case "FROM" -> from();
            case "RUN" -> run();
            case "CMD" -> new Instruction.Cmd(line, plain().form());
            case "ENTRYPOINT" -> new Instruction.Entrypoint(line, plain().form());
            case "LABEL" -> new Instruction.Label(line, plain().pairs());
            case "ENV" -> new Instruction.Env(line, plain().pairs());
            case "MAINTAINER" -> maintainer();
            case "EXPOSE" -> expose();
            case "ADD", "COPY" -> new CopyParser(statement, heredocs).instruction();
            case "VOLUME" -> volume();
            case "USER" -> new Instruction.User(line, plain().single());
            case "WORKDIR" -> new Instruction.Workdir(line, plain().single());
            case "ARG" -> arg();
            case "ONBUILD" -> onbuild();
            case "STOPSIGNAL" -> new Instruction.Stopsignal(line, plain().single());
            case "HEALTHCHECK" -> new Instruction.Healthcheck(line, new CheckParser(this).check());
            default -> new Instruction.Shell(line, shell());
        };
    }

    Statement statement() {
        return statement;
    }

    /** The same with its rest from another place on. */
    InstructionParser at(int rest) {
        Statement later = new Statement(line, statement.word(), statement.flags(), rest);
        return new InstructionParser(later, heredocs, warnings);
    }

    /** Refuses all flags. */
    private InstructionParser plain() throws DockerfileException {
        Flags.of(statement, NONE, NONE);
        return this;
    }

    private Instruction from() throws DockerfileException {
        Flags flags = Flags.of(statement, Set.of("platform"), NONE);
        List<Word> words = statement.parted();
        if (words.isEmpty()) {
            throw statement.error("FROM needs an image: FROM IMAGE [AS NAME]");
        }
        String name = null;
        if (words.size() == 3 && words.get(1).raw().equalsIgnoreCase("as")) {
            name = stageName(words.get(2));
        } else if (words.size() != 1) {
            throw words.get(1).error("FROM takes an image and a name: FROM IMAGE [AS NAME]");
        }
        Word platform = flags.word("platform");
        if (platform != null) {
            Checked.word(platform);
        }
        return new Instruction.From(line, Checked.word(words.getFirst()), platform, name);
    }

    private String stageName(Word word) throws DockerfileException {
        String name = word.raw().toLowerCase(Locale.ROOT);
        if (!isStageName(name)) {
            throw word.error(
                    "a stage's name has letters, digits, - _ and . and begins with a letter, unlike "
                            + DockerfileException.quote(word.raw()));
        }
        if (name.equals("scratch") || name.equals("context")) {
            warn(word.location(), "ReservedStageName", "the stage's name " + name + " is reserved");
        }
        return name;
    }

    private static boolean isStageName(String name) {
        for (int i = 0; i < name.length(); i++) {
            char c = name.charAt(i);
            boolean inside = c >= '0' && c <= '9' || c == '-' || c == '_' || c == '.';
            if (!(c >= 'a' && c <= 'z') && (i == 0 || !inside)) {
                return false;
            }
        }
        return !name.isEmpty();
    }

    private Instruction run() throws DockerfileException {
        Flags flags = Flags.of(statement, Set.of("network", "security"), Set.of("mount"));
        List<MountFlag> mounts = new ArrayList<>();
        for (Word mount : flags.all("mount")) {
            mounts.add(MountFlag.parse(mount));
        }
        Instruction.Network network =
                oneOf(flags.word("network"), "network", Instruction.Network.values());
        Instruction.Security security =
                oneOf(flags.word("security"), "security", Instruction.Security.values());
        return new Instruction.Run(line, command(), heredocs, mounts, network, security);
    }

    private static <E extends Enum<E>> E oneOf(@Nullable Word word, String flag, E[] values)
            throws DockerfileException {
        if (word == null) {
            return values[0];
        }
        List<String> names = new ArrayList<>();
        for (E value : values) {
            String name = value.name().toLowerCase(Locale.ROOT);
            if (name.equals(word.raw())) {
                return value;
            }
            names.add(name);
        }
        throw word.error(
                "--"
                        + flag
                        + " is "
                        + String.join(" or ", names)
                        + ", not "
                        + DockerfileException.quote(word.raw()));
    }

    /** RUN's command, with the content of its heredocs where the shell is to find it. */
    private Command command() throws DockerfileException {
        Command.Form form = form();
        if (form instanceof Command.Exec(List<String> arguments) && arguments.isEmpty()) {
            throw statement.error("RUN needs a command");
        }
        if (heredocs.isEmpty()) {
            return form;
        }
        HeredocStart first = HeredocStart.find(line.text(), statement.rest()).getFirst();
        if (first.from() == statement.rest() && first.to() == line.text().length()) {
            String content = heredocs.getFirst().text();
            return content.startsWith("#!")
                    ? new Command.Script(first.name(), content)
                    : new Command.Shell(content);
        }
        StringBuilder text = new StringBuilder(statement.text());
        withContents(text);
        return new Command.Shell(text.toString());
    }

    private void withContents(StringBuilder text) {
        for (Heredoc heredoc : heredocs) {
            text.append('\n').append(heredoc.content().raw()).append(heredoc.name());
        }
    }

    /** An exec form or a shell form. */
    Command.Form form() throws DockerfileException {
        String text = statement.text();
        List<String> words = JsonWords.read(statement);
        if (words != null) {
            return new Command.Exec(words);
        }
        if (text.isEmpty()) {
            throw statement.error(statement.keyword() + " needs a command");
        }
        if (JsonWords.wasMeant(text)) {
            warn(
                    line.at(statement.rest()),
                    "JSONArgsRecommended",
                    "this is no JSON array, so a shell will run it; JSON has double quotes only");
        }
        return new Command.Shell(text);
    }

    /** {@code name=value ...}, or the old {@code name value}. */
    private List<Pair> pairs() throws DockerfileException {
        List<Word> words = statement.quoted();
        if (words.isEmpty()) {
            throw statement.error(statement.keyword() + " needs a name and a value: NAME=VALUE");
        }
        if (words.getFirst().raw().indexOf('=') < 0) {
            return List.of(oldPair());
        }
        List<Pair> pairs = new ArrayList<>();
        for (Word word : words) {
            int equals = word.raw().indexOf('=');
            if (equals < 0) {
                throw word.error(
                        DockerfileException.quote(word.raw())
                                + " has no =; a value with blanks needs quotes: NAME=\"A VALUE\"");
            }
            pairs.add(pair(part(word, 0, equals), part(word, equals + 1, word.raw().length())));
        }
        return pairs;
    }

    private Pair oldPair() throws DockerfileException {
        String text = line.text();
        int end = Blank.next(text, statement.rest());
        int value = Blank.skip(text, end);
        if (value == text.length()) {
            throw statement.error(statement.keyword() + " needs a name and a value: NAME=VALUE");
        }
        warn(
                line.at(0),
                "LegacyKeyValueFormat",
                statement.keyword() + " NAME VALUE is the old form of NAME=VALUE");
        return pair(
                new Word(text.substring(statement.rest(), end), line, statement.rest(), true),
                new Word(text.substring(value), line, value, true));
    }

    private Pair pair(Word name, Word value) throws DockerfileException {
        if (name.raw().isEmpty()) {
            throw name.error(statement.keyword() + " has a value without a name");
        }
        return new Pair(Checked.word(name), Checked.word(value));
    }

    private static Word part(Word word, int from, int to) {
        return new Word(word.raw().substring(from, to), word.line(), word.offset() + from, true);
    }

    private Instruction maintainer() throws DockerfileException {
        plain();
        warn(line.at(0), "MaintainerDeprecated", "MAINTAINER is deprecated; use a LABEL");
        String name = statement.text();
        if (name.isEmpty()) {
            throw statement.error("MAINTAINER needs a name");
        }
        return new Instruction.Maintainer(line, name);
    }

    private Instruction expose() throws DockerfileException {
        plain();
        List<Word> ports = statement.parted();
        if (ports.isEmpty()) {
            throw statement.error("EXPOSE needs a port");
        }
        for (Word port : ports) {
            if (port.raw().indexOf('$') < 0) {
                Port.of(List.of(port), Variables.NONE);
            } else {
                Checked.word(port);
            }
        }
        return new Instruction.Expose(line, ports);
    }

    private Instruction volume() throws DockerfileException {
        plain();
        List<Word> json = JsonWords.words(statement);
        List<Word> paths = json == null ? statement.parted() : json;
        if (paths.isEmpty()) {
            throw statement.error("VOLUME needs a path");
        }
        for (Word path : paths) {
            if (path.raw().isBlank()) {
                throw path.error("a volume's path is empty");
            }
            Checked.word(path);
        }
        return new Instruction.Volume(line, paths);
    }

    /** All of the rest as one word. */
    private Word single() throws DockerfileException {
        Word word = statement.whole();
        if (word.raw().isEmpty()) {
            throw statement.error(statement.keyword() + " needs one argument");
        }
        return Checked.word(word);
    }

    private Instruction arg() throws DockerfileException {
        plain();
        List<Instruction.Arg.Definition> definitions = new ArrayList<>();
        for (Word word : statement.quoted()) {
            int equals = word.raw().indexOf('=');
            if (equals == 0) {
                throw word.error("ARG has a value without a name");
            }
            Word name = equals < 0 ? word : part(word, 0, equals);
            Word value = equals < 0 ? null : part(word, equals + 1, word.raw().length());
            definitions.add(
                    new Instruction.Arg.Definition(
                            Checked.word(name), value == null ? null : Checked.word(value)));
        }
        if (definitions.isEmpty()) {
            throw statement.error("ARG needs a name");
        }
        return new Instruction.Arg(line, definitions);
    }

    private Instruction onbuild() throws DockerfileException {
        plain();
        if (statement.text().isEmpty()) {
            throw statement.error("ONBUILD needs an instruction");
        }
        Statement trigger = Statement.parse(line.from(statement.rest()));
        String keyword = trigger.keyword();
        if (Set.of("ONBUILD", "FROM", "MAINTAINER").contains(keyword)) {
            throw statement.error(keyword + " can't be an ONBUILD trigger");
        }
        StringBuilder expression = new StringBuilder(statement.text());
        withContents(expression);
        Instruction instruction = new InstructionParser(trigger, heredocs, warnings).instruction();
        return new Instruction.Onbuild(line, expression.toString(), instruction);
    }

    private List<String> shell() throws DockerfileException {
        plain();
        List<String> words = JsonWords.read(statement);
        if (words == null || words.isEmpty()) {
            throw statement.error("SHELL needs a JSON array: SHELL [\"/bin/sh\", \"-c\"]");
        }
        return words;
    }

    private void warn(Location at, String rule, String message) {
        warnings.add(new Warning(at, rule, message));
    }
}
