package dev.carafe.cli;

import dev.carafe.engine.Container;
import dev.carafe.engine.Engine;
import dev.carafe.engine.EngineException;
import dev.carafe.engine.Foreground;
import dev.carafe.engine.Isolation;
import dev.carafe.engine.RunOptions;
import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** {@code carafe run}: runs a command in a new container. */
final class Run implements Foreground.Listener {
    private static final String EXAMPLES =
            """
            carafe run --rm host sh -c 'id; hostname; ps'        # this host's own programs, in a container
            carafe run -it --rm debian:bookworm bash             # a shell; ctrl-p ctrl-q leads back to yours
            carafe run --rm -m 256m --cpus 0.5 --pids-limit 64 -u 1000:1000 app
            carafe run --rm -v ./src:/src:ro -w /src --read-only --tmpfs /tmp debian:bookworm make
            """;

    private final @Nullable Path cidFile;
    private final Console console;
    private boolean started;

    private Run(@Nullable Path cidFile, Console console) {
        this.cidFile = cidFile;
        this.console = console;
    }

    static Verb verb() {
        return new Verb(
                "run",
                "[OPTIONS] IMAGE [COMMAND] [ARG...]",
                "Run a command in a new container",
                "Runs a command in a new container of an image, which is pulled if this host lacks it, or\n"
                        + "of the image host, which is this host's own userland, read-only.",
                List.of(RunFlags.OPTIONS),
                EXAMPLES);
    }

    static int run(String[] args, Console console) throws UsageException {
        RunFlags flags = RunFlags.parse("run", args, 1);
        if (flags.help()) {
            console.print(verb().help());
            return 0;
        }
        RunOptions options = flags.run();
        if (options.tty() && options.interactive() && !Foreground.isTerminal(0)) {
            throw new UsageException("the input device is not a TTY; leave -t out");
        }
        Path cidFile = flags.cidFile();
        if (cidFile != null) {
            createCidFile(cidFile);
        }
        boolean started = false;
        try (Engine engine = Engine.open()) {
            Run run = new Run(cidFile, console);
            flags.pullFirst(engine, console);
            int code;
            try {
                code = run.start(engine, options, flags);
            } catch (EngineException e) {
                if (run.started || !flags.pullsWhenMissing(e)) {
                    throw e;
                }
                flags.pullNow(engine, console);
                code = run.start(engine, options, flags);
            }
            started = run.started;
            return code;
        } finally {
            if (!started && cidFile != null) {
                cidFile.toFile().delete();
            }
        }
    }

    private int start(Engine engine, RunOptions options, RunFlags flags) throws UsageException {
        if (options.isolation() == Isolation.VM) {
            RootFirst.ensure(engine, options.image());
        }
        return Foreground.run(engine, options, flags.sigProxy(), this);
    }

    @Override
    public void started(Container container) {
        started = true;
        for (String warning : container.warnings()) {
            console.error("warning: " + warning);
        }
        if (cidFile == null) {
            return;
        }
        try {
            Files.writeString(cidFile, container.id());
        } catch (IOException e) {
            throw new EngineException(
                    EngineException.Code.FAILED,
                    "cannot write " + cidFile + ": " + e.getMessage(),
                    e);
        }
    }

    @Override
    public void note(String text) {
        console.error(text);
    }

    private static void createCidFile(Path file) {
        try {
            Files.writeString(file, "", StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE);
        } catch (FileAlreadyExistsException e) {
            throw new EngineException(
                    EngineException.Code.INVALID,
                    "container ID file found, make sure the other container isn't running or delete "
                            + file,
                    e);
        } catch (IOException e) {
            throw new EngineException(
                    EngineException.Code.FAILED, "cannot write " + file + ": " + e.getMessage(), e);
        }
    }
}
