package dev.carafe.cli;

import dev.carafe.engine.ContainerProcess;
import dev.carafe.engine.Engine;
import dev.carafe.engine.ExecOptions;
import dev.carafe.engine.Foreground;
import dev.carafe.engine.Stdio;
import java.nio.file.Path;
import java.util.List;

/** {@code carafe exec}: runs a further command in a running container. */
final class Exec {
    private Exec() {}

    static Verb verb() {
        return new Verb(
                "exec",
                "[OPTIONS] CONTAINER COMMAND [ARG...]",
                "Run a command in a running container",
                """
                Runs a further command in a running container, whichever process started that: with its
                root, its limits, its user and what it may do, unless options say otherwise. Exits with
                the command's exit code; 126 when it can't be executed, 127 when there is none.""",
                Given.options(
                        Option.flag('d', "detach", "Don't wait for it; it has no input and output"),
                        Option.takes(
                                "detach-keys",
                                "KEYS",
                                "Keys that lead back to the shell (default ctrl-p,ctrl-q)"),
                        Option.takes('e', "env", "NAME[=VALUE]", "Set a variable, or pass it on"),
                        Option.takes("env-file", "FILE", "Read variables from a file"),
                        Option.flag('i', "interactive", "Keep standard input open"),
                        Option.flag(
                                "privileged", "All capabilities; the filter of system calls stays"),
                        Option.flag('t', "tty", "Give the process a terminal"),
                        Option.takes('u', "user", "NAME|UID[:GROUP|GID]", "User to run as"),
                        Option.takes('w', "workdir", "PATH", "Working directory inside")),
                """
                carafe exec web ls /srv
                carafe exec -it -u root web sh
                tar c src | carafe exec -i -w /tmp web tar x
                """);
    }

    static int run(String[] args, Console console) throws UsageException {
        Given given = Given.readCommand(verb(), args, 2, console);
        if (given == null) {
            return 0;
        }
        List<String> rest = given.arguments();
        ExecOptions options = options(given, rest.subList(1, rest.size()));
        if (given.has("detach")) {
            return detached(rest.getFirst(), options);
        }
        if (options.tty() && options.interactive() && !Foreground.isTerminal(0)) {
            throw new UsageException("the input device is not a TTY; leave -t out");
        }
        try (Engine engine = Engine.open()) {
            return Foreground.exec(engine, rest.getFirst(), options);
        }
    }

    private static int detached(String container, ExecOptions options) {
        try (Engine engine = Engine.open();
                ContainerProcess _ = engine.exec(container, options, Stdio.NONE)) {
            return 0;
        }
    }

    private static ExecOptions options(Given given, List<String> command) throws UsageException {
        try {
            ExecOptions options = ExecOptions.of(command);
            given.all("env-file").forEach(file -> options.envFile(Path.of(file)));
            given.all("env").forEach(options::env);
            options.interactive(given.has("interactive"))
                    .tty(given.has("tty"))
                    .privileged(given.has("privileged"));
            String user = given.get("user");
            String workdir = given.get("workdir");
            String keys = given.get("detach-keys");
            if (user != null) {
                options.user(user);
            }
            if (workdir != null) {
                options.workdir(workdir);
            }
            if (keys != null) {
                options.detachKeys(keys);
            }
            return options;
        } catch (IllegalArgumentException e) {
            throw new UsageException(String.valueOf(e.getMessage()));
        }
    }
}
