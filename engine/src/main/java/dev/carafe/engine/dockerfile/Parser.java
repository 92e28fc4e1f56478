package dev.carafe.engine.dockerfile;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** From lines to stages: directives, comments, continuation lines, heredocs' contents. */
final class Parser {
    private static final int MAX_HEREDOCS = 100;
    private static final Set<String> DIRECTIVES = Set.of("syntax", "escape", "check");

    private final String file;
    private final SourceLines lines;
    private final List<Warning> warnings = new ArrayList<>();
    private final Set<String> seen = new HashSet<>();
    private @Nullable String syntax;
    private @Nullable String check;
    private char escape = '\\';
    private boolean top = true;

    Parser(String file, byte[] utf8) {
        this.file = file;
        this.lines = new SourceLines(file, utf8);
    }

    Dockerfile dockerfile() throws DockerfileException {
        Stages stages = new Stages(warnings);
        Instruction instruction = next();
        if (instruction == null) {
            throw lines.error(1, "the file has no instruction");
        }
        while (instruction != null) {
            stages.add(instruction);
            instruction = next();
        }
        if (stages.isEmpty()) {
            throw lines.error(1, "the file has no FROM");
        }
        Directives directives = new Directives(syntax, escape, check);
        return new Dockerfile(
                file,
                directives,
                stages.globals(),
                stages.stages(),
                Checks.of(check).filter(file, lines, warnings));
    }

    /** The next instruction, or null at the end. */
    @Nullable Instruction next() throws DockerfileException {
        for (String text = lines.next(); text != null; text = lines.next()) {
            int start = Blank.skip(text, 0);
            if (start < text.length() && text.charAt(start) == '#') {
                directive(text, start);
            } else if (start < text.length()) {
                top = false;
                Line line = joined(text, start);
                if (!line.text().isEmpty()) {
                    return instruction(line);
                }
            } else {
                top = false;
            }
        }
        return null;
    }

    /** A comment, which may be a directive as long as nothing else came before. */
    private void directive(String text, int start) throws DockerfileException {
        int nameStart = Blank.skip(text, start + 1);
        int nameEnd = nameStart;
        while (nameEnd < text.length() && isName(text.charAt(nameEnd))) {
            nameEnd++;
        }
        int equals = Blank.skip(text, nameEnd);
        String name = text.substring(nameStart, nameEnd).toLowerCase(Locale.ROOT);
        int valueStart = equals < text.length() ? Blank.skip(text, equals + 1) : equals;
        top =
                top
                        && equals < text.length()
                        && text.charAt(equals) == '='
                        && valueStart < text.length()
                        && DIRECTIVES.contains(name);
        if (!top) {
            return;
        }
        lines.check();
        if (!seen.add(name)) {
            throw lines.error(nameStart + 1, "the directive " + name + " is there twice");
        }
        String value = text.substring(valueStart, Blank.end(text, valueStart));
        switch (name) {
            case "syntax" -> syntax = value;
            case "check" -> check = value;
            default -> escape = escape(value, valueStart);
        }
    }

    private static boolean isName(char c) {
        return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9';
    }

    private char escape(String value, int at) throws DockerfileException {
        if (!value.equals("\\") && !value.equals("`")) {
            throw lines.error(
                    at + 1,
                    "the escape character is a backslash or a backquote, not "
                            + DockerfileException.quote(value));
        }
        return value.charAt(0);
    }

    /** Joins a line with those that continue it. */
    private Line joined(String first, int start) throws DockerfileException {
        Line.Builder line = new Line.Builder(file, lines.texts(), escape);
        lines.check();
        int firstLine = lines.number();
        int emptyLine = 0;
        int end = continued(first);
        line.add(
                first.substring(start, end < 0 ? first.length() : Math.max(start, end)), at(start));
        while (end >= 0) {
            String text = lines.next();
            if (text == null) {
                break;
            }
            int content = Blank.skip(text, 0);
            if (content == text.length()) {
                emptyLine = emptyLine == 0 ? lines.number() : emptyLine;
            } else if (text.charAt(content) != '#') {
                lines.check();
                end = continued(text);
                line.add(end < 0 ? text : text.substring(0, end), at(0));
            }
        }
        if (emptyLine > 0) {
            warnings.add(
                    new Warning(
                            new Location(emptyLine, 1),
                            "NoEmptyContinuation",
                            "an empty line continues the instruction of line " + firstLine));
        }
        return line.trim().build();
    }

    private Location at(int column) {
        return new Location(lines.number(), column + 1);
    }

    /**
     * Where a line ends that the next one continues: before its escape character, which may have
     * blanks behind it. One that is escaped itself continues nothing. -1 when it ends here.
     */
    private int continued(String text) {
        int end = text.length();
        while (end > 0 && (text.charAt(end - 1) == ' ' || text.charAt(end - 1) == '\t')) {
            end--;
        }
        boolean last = end > 0 && text.charAt(end - 1) == escape;
        return last && (end == 1 || text.charAt(end - 2) != escape) ? end - 1 : -1;
    }

    private Instruction instruction(Line line) throws DockerfileException {
        Statement statement = Statement.parse(line);
        statement.keyword();
        List<Heredoc> heredocs = new ArrayList<>();
        for (HeredocStart start : statement.heredocs()) {
            if (heredocs.size() == MAX_HEREDOCS) {
                String problem = "there are more than " + MAX_HEREDOCS + " heredocs";
                throw line.error(start.from(), problem);
            }
            heredocs.add(heredoc(start, line));
        }
        return new InstructionParser(statement, heredocs, warnings).instruction();
    }

    private Heredoc heredoc(HeredocStart start, Line line) throws DockerfileException {
        Line.Builder content = new Line.Builder(file, lines.texts(), escape);
        content.add("", new Location(Math.min(lines.number() + 1, lines.texts().size()), 1));
        for (String text = lines.next(); text != null; text = lines.next()) {
            int tabs = 0;
            while (start.chomp() && tabs < text.length() && text.charAt(tabs) == '\t') {
                tabs++;
            }
            if (text.startsWith(start.name(), tabs)
                    && text.length() == tabs + start.name().length()) {
                Word word = new Word(content.text(), content.build(), 0, true);
                return new Heredoc(
                        start.name(), start.descriptor(), start.expand(), start.chomp(), word);
            }
            lines.check();
            content.add(text + lines.newline(), at(0));
        }
        throw line.error(
                start.from(),
                "the heredoc has no end: no line is " + DockerfileException.quote(start.name()));
    }
}
