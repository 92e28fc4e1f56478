package dev.carafe.engine.dockerfile;

import java.nio.charset.StandardCharsets;
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

    /**
     * Parses a Dockerfile.
     *
     * @param name what errors call it
     * @throws DockerfileException for the first mistake
     */
    public static Dockerfile parse(String name, byte[] utf8) throws DockerfileException {
        checkSize(name, utf8);
        return new Parser(name, utf8).dockerfile();
    }

    /**
     * Parses what ONBUILD put into an image's configuration.
     *
     * @param name what errors call it: the image
     * @throws DockerfileException when it is not one instruction, or one that can't be there
     */
    public static Instruction trigger(String name, String text) throws DockerfileException {
        byte[] utf8 = text.getBytes(StandardCharsets.UTF_8);
        checkSize(name, utf8);
        Parser parser = new Parser(name, utf8);
        Instruction instruction = parser.next();
        if (instruction == null || parser.next() != null) {
            throw new DockerfileException(
                    name, new Location(1, 1), "an ONBUILD trigger is one instruction", text);
        }
        if (instruction instanceof Instruction.From
                || instruction instanceof Instruction.Onbuild
                || instruction instanceof Instruction.Maintainer) {
            throw instruction
                    .line()
                    .error(0, instruction.keyword() + " can't be an ONBUILD trigger");
        }
        return instruction;
    }

    private static void checkSize(String name, byte[] utf8) throws DockerfileException {
        if (utf8.length > MAX_BYTES) {
            throw new DockerfileException(
                    name, new Location(1, 1), "it has more than " + MAX_BYTES + " bytes", "");
        }
    }
}
