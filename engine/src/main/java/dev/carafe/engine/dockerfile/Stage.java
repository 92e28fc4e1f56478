package dev.carafe.engine.dockerfile;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * FROM and what follows it.
 *
 * @param index from 0, as {@code COPY --from=0} counts
 * @param from its first instruction
 * @param instructions the others, with no FROM among them
 */
public record Stage(int index, Instruction.From from, List<Instruction> instructions) {
    public Stage {
        instructions = List.copyOf(instructions);
    }

    /** The name that AS gave, in small letters; null without one. */
    public @Nullable String name() {
        return from.name();
    }
}
