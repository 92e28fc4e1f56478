package dev.carafe.engine;

import dev.carafe.oci.runtime.Box;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * What to run in a running container: the options of {@code exec}, named as on the command line.
 * What is absent is as it is for the container's own process. Every setter refuses a bad value at
 * once with an {@link IllegalArgumentException} of one line. Not safe for use by several threads.
 */
public final class ExecOptions {
    private final List<String> command;
    private final List<RunOptions.Env> env = new ArrayList<>();
    private @Nullable String user;
    private @Nullable String workdir;
    private boolean tty;
    private @Nullable Box consoleSize;
    private boolean interactive;
    private boolean privileged;
    private @Nullable String detachKeys;

    private ExecOptions(List<String> command) {
        this.command = command;
    }

    /** Options for running a program with its arguments. */
    public static ExecOptions of(List<String> command) {
        if (command.isEmpty()) {
            throw new IllegalArgumentException("no command to run in the container");
        }
        return new ExecOptions(List.copyOf(command));
    }

    /** Options for running a program with its arguments. */
    public static ExecOptions of(String... command) {
        return of(List.of(command));
    }

    public List<String> command() {
        return command;
    }

    /**
     * A variable as {@code NAME=VALUE}; a bare {@code NAME} takes the value that this process has,
     * and when it has none, takes the variable of the container away.
     */
    public ExecOptions env(String assignment) {
        env.add(RunOptions.Env.of(assignment));
        return this;
    }

    /**
     * Reads variables from a file, one {@code NAME=VALUE} a line, with {@code #} comments; a bare
     * {@code NAME} takes the value that this process has, if any.
     */
    public ExecOptions envFile(Path file) {
        for (String assignment : EnvFile.variables(file)) {
            env(assignment);
        }
        return this;
    }

    public List<RunOptions.Env> env() {
        return Collections.unmodifiableList(env);
    }

    /** The user, as {@code name|uid[:group|gid]}; names are looked up in the container. */
    public ExecOptions user(String value) {
        Check.user(value);
        user = value;
        return this;
    }

    public Optional<String> user() {
        return Optional.ofNullable(user);
    }

    /** The working directory, an absolute path inside the container. */
    public ExecOptions workdir(String value) {
        Check.absolute("workdir", value);
        workdir = value;
        return this;
    }

    public Optional<String> workdir() {
        return Optional.ofNullable(workdir);
    }

    /** Whether the process gets a terminal. */
    public ExecOptions tty(boolean value) {
        tty = value;
        return this;
    }

    public boolean tty() {
        return tty;
    }

    /** The size in characters that a terminal has from the start, 1 to 65535 each. */
    public ExecOptions consoleSize(int rows, int columns) {
        Check.range("rows", rows, 1, 65535);
        Check.range("columns", columns, 1, 65535);
        consoleSize = new Box(rows, columns);
        return this;
    }

    public Optional<Box> consoleSize() {
        return Optional.ofNullable(consoleSize);
    }

    /** Whether standard input stays connected. */
    public ExecOptions interactive(boolean value) {
        interactive = value;
        return this;
    }

    public boolean interactive() {
        return interactive;
    }

    /** All capabilities; the container's filter of system calls stays. */
    public ExecOptions privileged(boolean value) {
        privileged = value;
        return this;
    }

    public boolean privileged() {
        return privileged;
    }

    /** The keys that lead from an attached terminal back to the shell. */
    public ExecOptions detachKeys(String value) {
        DetachKeys.parse(value);
        detachKeys = value;
        return this;
    }

    public Optional<String> detachKeys() {
        return Optional.ofNullable(detachKeys);
    }
}
