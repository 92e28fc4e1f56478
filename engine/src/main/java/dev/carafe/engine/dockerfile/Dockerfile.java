package dev.carafe.engine.dockerfile;

import java.util.List;

/**
 * A parsed Dockerfile.
 *
 * @param name what its errors call it
 * @param globals the ARGs before the first FROM
 * @param stages at least one
 * @param warnings in the order of their lines
 */
public record Dockerfile(
        String name,
        Directives directives,
        List<Instruction.Arg> globals,
        List<Stage> stages,
        List<Warning> warnings) {
    /** The largest Dockerfile, in bytes: 1 MiB. */
    public static final int MAX_BYTES = 1 << 20;

    public Dockerfile {
        globals = List.copyOf(globals);
        stages = List.copyOf(stages);
        warnings = List.copyOf(warnings);
    }
}
