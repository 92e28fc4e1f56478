package dev.carafe.engine.dockerfile;

import java.util.List;

/** What RUN, CMD, ENTRYPOINT and HEALTHCHECK start. Carafe puts no variables into it. */
public sealed interface Command {
    /** What can be written into an image's configuration. */
    sealed interface Form extends Command {}

    /** The exec form: a JSON array, started as it is. May be empty for CMD and ENTRYPOINT. */
    record Exec(List<String> arguments) implements Form {
        public Exec {
            arguments = List.copyOf(arguments);
        }
    }

    /**
     * The shell form: one text for the shell that SHELL chose, as its last argument. The content of
     * RUN's heredocs is in it already.
     */
    record Shell(String text) implements Form {}

    /**
     * RUN's {@code <<NAME} whose content begins with {@code #!}: a file of that name, mode 0755,
     * that the kernel starts by its first line. BuildKit mounts it at {@code /dev/pipes/NAME} and
     * hands that path to the shell.
     */
    record Script(String name, String content) implements Command {}
}
