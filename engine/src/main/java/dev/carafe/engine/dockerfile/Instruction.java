package dev.carafe.engine.dockerfile;

import java.time.Duration;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * One instruction. Its words are raw: where {@link Word} stands, {@link Words} puts the variables
 * in; where a String stands, none are.
 */
public sealed interface Instruction {
    /** The text with its continuation lines joined, and where it stands. */
    Line line();

    /** Where the instruction begins. */
    default Location location() {
        return line().at(0);
    }

    /** The instruction as written with continuation lines joined, without heredocs' contents. */
    default String text() {
        return line().text();
    }

    /** The instruction's word in capitals: {@code RUN}. The records are called by their words. */
    default String keyword() {
        // not a pattern switch, which makes a class at run time: milliseconds of a cold start
        return getClass().getSimpleName().toUpperCase(Locale.ROOT);
    }

    /**
     * {@code FROM [--platform=P] BASE [AS NAME]}. Base and platform see only global ARGs.
     *
     * @param name in small letters; null without AS
     */
    record From(Line line, Word base, @Nullable Word platform, @Nullable String name)
            implements Instruction {}

    /**
     * @param heredocs the heredocs as they are written; the command has their content already
     */
    record Run(
            Line line,
            Command command,
            List<Heredoc> heredocs,
            List<MountFlag> mounts,
            Network network,
            Security security)
            implements Instruction {
        public Run {
            heredocs = List.copyOf(heredocs);
            mounts = List.copyOf(mounts);
        }
    }

    /** {@code RUN --network}. */
    enum Network {
        DEFAULT,
        NONE,
        HOST
    }

    /** {@code RUN --security}. */
    enum Security {
        SANDBOX,
        INSECURE
    }

    /** CMD. */
    record Cmd(Line line, Command.Form command) implements Instruction {}

    /** ENTRYPOINT. */
    record Entrypoint(Line line, Command.Form command) implements Instruction {}

    /** LABEL: all pairs see the variables as they were before. */
    record Label(Line line, List<Pair> pairs) implements Instruction {
        public Label {
            pairs = List.copyOf(pairs);
        }
    }

    /**
     * ENV: all pairs see the variables as they were before, so that {@code ENV a=1 b=$a} is old.
     */
    record Env(Line line, List<Pair> pairs) implements Instruction {
        public Env {
            pairs = List.copyOf(pairs);
        }
    }

    /** MAINTAINER. */
    record Maintainer(Line line, String name) implements Instruction {}

    /** EXPOSE: a word may give several ports, {@link Words#split}; {@link Port#of} reads them. */
    record Expose(Line line, List<Word> ports) implements Instruction {
        public Expose {
            ports = List.copyOf(ports);
        }
    }

    /**
     * ADD.
     *
     * @param checksum of the only remote source; null without
     * @param keepGitDir whether a git source keeps {@code .git}
     */
    record Add(Line line, Copying copying, @Nullable Word checksum, boolean keepGitDir)
            implements Instruction {}

    /**
     * COPY.
     *
     * @param from a stage's name or number, or an image; null for the build context
     * @param parents whether the sources' directories are made below the destination
     */
    record Copy(Line line, Copying copying, @Nullable String from, boolean parents)
            implements Instruction {}

    /**
     * What ADD and COPY have in common.
     *
     * @param sources paths, patterns ({@link Glob}), and for ADD also URLs and git repositories
     * @param inline heredocs that become files; they come after the sources
     * @param chown {@code user[:group]}, null without
     * @param chmod octal, null without
     * @param excludes patterns as in .dockerignore; no variables are put in
     */
    record Copying(
            List<Word> sources,
            List<Heredoc> inline,
            Word destination,
            @Nullable Word chown,
            @Nullable Word chmod,
            boolean link,
            List<String> excludes) {
        public Copying {
            sources = List.copyOf(sources);
            inline = List.copyOf(inline);
            excludes = List.copyOf(excludes);
        }
    }

    /** VOLUME: each word is one path. */
    record Volume(Line line, List<Word> paths) implements Instruction {
        public Volume {
            paths = List.copyOf(paths);
        }
    }

    /** USER: {@code user[:group]}. */
    record User(Line line, Word user) implements Instruction {}

    /** WORKDIR. */
    record Workdir(Line line, Word path) implements Instruction {}

    /** ARG: each definition sees the ones before it. */
    record Arg(Line line, List<Definition> definitions) implements Instruction {
        public Arg {
            definitions = List.copyOf(definitions);
        }

        /** A name, and its default: null without one. */
        public record Definition(Word name, @Nullable Word value) {}
    }

    /**
     * ONBUILD.
     *
     * @param expression what goes into the configuration, heredocs included: {@code *
     *     Dockerfile.trigger} parses it when an image is built from this one
     * @param trigger the same, parsed
     */
    record Onbuild(Line line, String expression, Instruction trigger) implements Instruction {}

    /** STOPSIGNAL. */
    record Stopsignal(Line line, Word signal) implements Instruction {}

    /** HEALTHCHECK. */
    record Healthcheck(Line line, Check check) implements Instruction {}

    /** What HEALTHCHECK asks for. */
    sealed interface Check {}

    /** {@code HEALTHCHECK NONE}: the base image's check is dropped. */
    record NoCheck() implements Check {}

    /**
     * {@code HEALTHCHECK CMD}. Zero for what was not said.
     *
     * @param retries 0 or more
     */
    record RunCheck(
            Command.Form command,
            Duration interval,
            Duration timeout,
            Duration startPeriod,
            Duration startInterval,
            int retries)
            implements Check {}

    /** SHELL: at least one word. */
    record Shell(Line line, List<String> words) implements Instruction {
        public Shell {
            words = List.copyOf(words);
        }
    }
}
