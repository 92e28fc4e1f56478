package dev.carafe.engine.dockerfile;

import dev.carafe.oci.image.Platform;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** All that a Dockerfile says as canonical text, with the values that its words have. */
final class Dump {
    private final StringBuilder out = new StringBuilder();
    private Scope scope;

    private Dump(Scope scope) {
        this.scope = scope;
    }

    static String of(byte[] dockerfile, Map<String, String> arguments) {
        try {
            Dockerfile file = Dockerfile.parse("Dockerfile", dockerfile);
            Platform platform = new Platform("amd64", "linux");
            Globals globals = Globals.of(file, arguments, platform, platform, "");
            Dump dump = new Dump(Scope.of(globals, Map.of()));
            dump.file(file, globals);
            return dump.out.toString();
        } catch (DockerfileException e) {
            return "error "
                    + e.getMessage()
                    + "\n"
                    + e.excerpt().indent(2).replaceAll(" +\n", "\n");
        }
    }

    private void file(Dockerfile file, Globals globals) throws DockerfileException {
        Directives directives = file.directives();
        field("escape", quote(String.valueOf(directives.escape())));
        field("syntax", directives.syntax());
        field("check", directives.check());
        for (Instruction.Arg arg : file.globals()) {
            out.append("global ");
            definitions(arg, globals);
        }
        for (Stage stage : file.stages()) {
            scope = Scope.of(globals, new TreeMap<>(Map.of("PATH", "/bin", "BASE", "of base")));
            from(stage, globals);
            for (Instruction instruction : stage.instructions()) {
                instruction(instruction);
            }
            field("  environment", scope.environment());
            field("  arguments", scope.arguments());
        }
        for (Warning warning : file.warnings()) {
            out.append("warning ").append(warning.location()).append(' ').append(warning.rule());
            out.append(": ").append(warning.message()).append('\n');
        }
        field("unused arguments", globals.unused(file));
    }

    private void from(Stage stage, Variables globals) throws DockerfileException {
        Instruction.From from = stage.from();
        out.append("stage ").append(stage.index()).append(' ').append(stage.name());
        out.append(" at ").append(from.location()).append('\n');
        word("  base", from.base(), globals);
        if (from.platform() != null) {
            word("  platform", from.platform(), globals);
        }
    }

    private void instruction(Instruction instruction) throws DockerfileException {
        out.append("  ").append(instruction.location()).append(' ');
        out.append(instruction.keyword())
                .append(' ')
                .append(quote(instruction.text()))
                .append('\n');
        switch (instruction) {
            case Instruction.From from -> throw new AssertionError("FROM in a stage");
            case Instruction.Run run -> run(run);
            case Instruction.Cmd cmd -> command(cmd.command());
            case Instruction.Entrypoint entrypoint -> command(entrypoint.command());
            case Instruction.Label label -> pairs(label.pairs());
            case Instruction.Maintainer maintainer -> field("    name", quote(maintainer.name()));
            case Instruction.Expose expose -> {
                expose.ports().forEach(p -> field("    port", at(p) + quote(p.raw())));
                field("    ports", Port.of(expose, scope));
            }
            case Instruction.Env env -> {
                pairs(env.pairs());
                scope.apply(env);
            }
            case Instruction.Add add -> {
                copying(add.copying());
                optional("checksum", add.checksum());
                flag("keep-git-dir", add.keepGitDir());
            }
            case Instruction.Copy copy -> {
                copying(copy.copying());
                field("    from", copy.from());
                flag("parents", copy.parents());
            }
            case Instruction.Volume volume -> words("path", volume.paths());
            case Instruction.User user -> word("    user", user.user(), scope);
            case Instruction.Workdir workdir -> word("    path", workdir.path(), scope);
            case Instruction.Arg arg -> {
                out.append("    ");
                definitions(arg, scope);
                scope.apply(arg);
            }
            case Instruction.Onbuild onbuild -> {
                field("    expression", quote(onbuild.expression()));
                instruction(onbuild.trigger());
                same(onbuild);
            }
            case Instruction.Stopsignal signal -> word("    signal", signal.signal(), scope);
            case Instruction.Healthcheck healthcheck -> check(healthcheck.check());
            case Instruction.Shell shell -> field("    words", quote(shell.words()));
        }
    }

    /** A trigger reads the same from the configuration of the image. */
    private static void same(Instruction.Onbuild onbuild) throws DockerfileException {
        Instruction again = Dockerfile.trigger("image", onbuild.expression());
        if (!again.getClass().equals(onbuild.trigger().getClass())
                || !again.text().equals(onbuild.trigger().text())) {
            throw new AssertionError("a trigger reads differently: " + onbuild.expression());
        }
    }

    private void run(Instruction.Run run) throws DockerfileException {
        command(run.command());
        run.heredocs().forEach(this::heredoc);
        for (MountFlag mount : run.mounts()) {
            field("    mount", mount.mount(scope));
            field("      from", mount.from());
        }
        if (run.network() != Instruction.Network.DEFAULT) {
            field("    network", run.network());
        }
        if (run.security() != Instruction.Security.SANDBOX) {
            field("    security", run.security());
        }
    }

    private void command(Command command) {
        switch (command) {
            case Command.Exec(List<String> words) -> field("    exec", quote(words));
            case Command.Shell(String text) -> field("    shell", quote(text));
            case Command.Script(String name, String text) ->
                    field("    script", name + " " + quote(text));
        }
    }

    private void heredoc(Heredoc heredoc) {
        String how =
                (heredoc.descriptor() == 0 ? "" : heredoc.descriptor() + " ")
                        + quote(heredoc.name())
                        + (heredoc.expand() ? " expand" : "")
                        + (heredoc.chomp() ? " chomp" : "");
        field("    heredoc", how + " at " + heredoc.content().location());
    }

    private void copying(Instruction.Copying copying) throws DockerfileException {
        words("source", copying.sources());
        for (Heredoc heredoc : copying.inline()) {
            heredoc(heredoc);
            field("      file", quote(Words.expandText(heredoc, scope)));
        }
        word("    destination", copying.destination(), scope);
        optional("chown", copying.chown());
        optional("chmod", copying.chmod());
        flag("link", copying.link());
        copying.excludes().forEach(e -> field("    exclude", quote(e)));
    }

    private void check(Instruction.Check check) {
        switch (check) {
            case Instruction.NoCheck none -> field("    check", "none");
            case Instruction.RunCheck run -> {
                command(run.command());
                field("    interval", run.interval());
                field("    timeout", run.timeout());
                field("    start-period", run.startPeriod());
                field("    start-interval", run.startInterval());
                field("    retries", run.retries());
            }
        }
    }

    private void pairs(List<Pair> pairs) throws DockerfileException {
        for (Pair pair : pairs) {
            word("    name", pair.name(), scope);
            word("    value", pair.value(), scope);
        }
    }

    private void definitions(Instruction.Arg arg, Variables variables) throws DockerfileException {
        out.append("arguments at ").append(arg.location()).append('\n');
        for (Instruction.Arg.Definition definition : arg.definitions()) {
            field("    name", at(definition.name()) + quote(definition.name().raw()));
            if (definition.value() != null) {
                field("    default", at(definition.value()) + quote(definition.value().raw()));
            }
        }
    }

    private void words(String name, List<Word> words) throws DockerfileException {
        for (Word word : words) {
            word("    " + name, word, scope);
        }
    }

    private void optional(String name, @Nullable Word word) throws DockerfileException {
        if (word != null) {
            word("    " + name, word, scope);
        }
    }

    private void flag(String name, boolean on) {
        if (on) {
            out.append("    ").append(name).append('\n');
        }
    }

    private void word(String name, Word word, Variables variables) throws DockerfileException {
        String value = Words.expand(word, variables);
        String arrow = value.equals(word.raw()) ? "" : " -> " + quote(value);
        field(name, at(word) + quote(word.raw()) + arrow);
    }

    private static String at(Word word) {
        return "at " + word.location() + " ";
    }

    private void field(String name, @Nullable Object value) {
        if (value == null || value.equals(Map.of()) || value.equals(Set.of())) {
            return;
        }
        out.append(name).append(' ').append(value).append('\n');
    }

    private static String quote(List<String> texts) {
        return "[" + String.join(", ", texts.stream().map(Dump::quote).toList()) + "]";
    }

    private static String quote(String text) {
        StringBuilder quoted = new StringBuilder("\"");
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            switch (c) {
                case '\n' -> quoted.append("\\n");
                case '\r' -> quoted.append("\\r");
                case '\t' -> quoted.append("\\t");
                default -> quoted.append(c);
            }
        }
        return quoted.append('"').toString();
    }
}
