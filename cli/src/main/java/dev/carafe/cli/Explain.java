package dev.carafe.cli;

import dev.carafe.engine.Engine;
import dev.carafe.engine.EngineException;
import dev.carafe.engine.Explanation;

/** {@code carafe explain run ...}: the plan of a start, without starting anything. */
final class Explain {
    private Explain() {}

    static Verb verb() {
        return new Verb(
                "explain",
                "[--json] run [OPTIONS] IMAGE [COMMAND] [ARG...]",
                "Show the system calls of a start, and why each is there",
                """
                Shows what carafe run with the same options would do: every system call in order, its
                arguments by name, and why it is there. For a virtual machine: QEMU's command line, how it is
                confined, and the plans of the guest's first processes. Starts nothing; an image that
                this host lacks is pulled, unless --pull says never.""",
                Given.options(
                        Option.flag(
                                "json", "Print JSON: an object with an array for each section")),
                """
                carafe explain run host id
                carafe explain run --rm -m 256m --read-only debian:bookworm bash | less
                carafe explain run --isolation vm host uname -a | less
                carafe explain --json run host id | jq '.container[].call'
                """);
    }

    static int run(String[] args, Console console) throws UsageException {
        boolean json = false;
        int at = 1;
        while (at < args.length && args[at].startsWith("-")) {
            switch (args[at]) {
                case "--json", "--format=json" -> json = true;
                case "--help", "-h" -> {
                    console.print(verb().help());
                    return 0;
                }
                default -> throw new UsageException("unknown flag: " + args[at]);
            }
            at++;
        }
        if (at == args.length || !args[at].equals("run")) {
            throw new UsageException(
                    "\"carafe explain\" requires the command to explain: run [OPTIONS] IMAGE");
        }
        RunFlags flags = RunFlags.parse("explain run", args, at + 1);
        if (flags.help()) {
            console.print(verb().help());
            return 0;
        }
        try (Engine engine = Engine.open()) {
            Explanation plans = plans(engine, flags, console);
            console.print(json ? plans.json() : plans.text());
        }
        return 0;
    }

    private static Explanation plans(Engine engine, RunFlags flags, Console console)
            throws UsageException {
        flags.pullFirst(engine, console);
        try {
            return engine.explain(flags.run());
        } catch (EngineException e) {
            if (!flags.pullsWhenMissing(e)) {
                throw e;
            }
        }
        flags.pullNow(engine, console);
        return engine.explain(flags.run());
    }
}
