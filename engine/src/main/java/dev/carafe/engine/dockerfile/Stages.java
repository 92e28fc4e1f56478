package dev.carafe.engine.dockerfile;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Instructions on their way into stages. */
final class Stages {
    private static final Set<String> ONCE = Set.of("CMD", "ENTRYPOINT", "HEALTHCHECK");

    private final List<Warning> warnings;
    private final List<Instruction.Arg> globals = new ArrayList<>();
    private final List<Stage> stages = new ArrayList<>();
    private final Set<String> names = new HashSet<>();
    private final Map<String, Location> once = new HashMap<>();
    private final List<Instruction> instructions = new ArrayList<>();
    private Instruction.@Nullable From from;

    Stages(List<Warning> warnings) {
        this.warnings = warnings;
    }

    void add(Instruction instruction) throws DockerfileException {
        if (instruction instanceof Instruction.From next) {
            finish();
            from = next;
            if (next.name() != null && !names.add(next.name())) {
                throw next.line()
                        .error(
                                next.text().length() - next.name().length(),
                                "there are two stages of the name " + next.name());
            }
        } else if (from != null) {
            warnOnce(instruction);
            instructions.add(instruction);
        } else if (instruction instanceof Instruction.Arg arg) {
            globals.add(arg);
        } else {
            throw instruction
                    .line()
                    .error(0, instruction.keyword() + " before FROM; only ARG may stand there");
        }
    }

    private void warnOnce(Instruction instruction) {
        String keyword = instruction.keyword();
        Location before = ONCE.contains(keyword) ? once.put(keyword, instruction.location()) : null;
        if (before != null) {
            warnings.add(
                    new Warning(
                            before,
                            "MultipleInstructionsDisallowed",
                            keyword + " is there twice; the stage's last one counts"));
        }
    }

    private void finish() {
        if (from != null) {
            stages.add(new Stage(stages.size(), from, instructions));
        }
        instructions.clear();
        once.clear();
    }

    boolean isEmpty() {
        return from == null;
    }

    List<Instruction.Arg> globals() {
        return globals;
    }

    /** All stages; to be called once, at the end. */
    List<Stage> stages() {
        finish();
        return stages;
    }
}
