package dev.carafe.engine;

import dev.carafe.linux.Arch;
import dev.carafe.linux.Plan;
import dev.carafe.linux.PlanText;

/**
 * What a start would do, as system calls.
 *
 * @param launch run by a thread of the engine's JVM, up to the clone, and by the child up to its
 *     first exec
 * @param container run by the container's first process, up to the exec of the command
 */
public record Explanation(Plan launch, Plan container) {
    /** Every step for people: the call with its arguments by name, and why it is there. */
    public String text() {
        StringBuilder out = new StringBuilder("The engine, up to the clone:\n\n");
        PlanText.text(Arch.host(), launch.steps(), out);
        out.append("\nThe container's first process, up to its command:\n\n");
        PlanText.text(Arch.host(), container.steps(), out);
        return out.toString();
    }

    /** The same as a JSON object with the arrays {@code launch} and {@code container}. */
    public String json() {
        StringBuilder out = new StringBuilder("{\"launch\": ");
        PlanText.json(Arch.host(), launch.steps(), out);
        out.append(",\n\"container\": ");
        PlanText.json(Arch.host(), container.steps(), out);
        return out.append("}\n").toString();
    }
}
