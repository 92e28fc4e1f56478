package dev.carafe.engine.build;

import dev.carafe.engine.dockerfile.Dockerfile;
import dev.carafe.engine.dockerfile.DockerfileException;
import dev.carafe.engine.dockerfile.Globals;
import dev.carafe.engine.dockerfile.Instruction;
import dev.carafe.engine.dockerfile.MountFlag;
import dev.carafe.engine.dockerfile.Stage;
import dev.carafe.engine.dockerfile.Words;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/** Which stages need which. */
final class Graph {
    private final Dockerfile file;
    private final Globals globals;
    private final Inputs.Stages names;

    Graph(Dockerfile file, Globals globals, Inputs.Stages names) {
        this.file = file;
        this.globals = globals;
        this.names = names;
    }

    /** A stage and all that it needs, by number. */
    Set<Integer> needed(int target) throws DockerfileException {
        Set<Integer> needed = new TreeSet<>();
        Deque<Integer> todo = new ArrayDeque<>();
        todo.push(target);
        while (!todo.isEmpty()) {
            int index = todo.pop();
            if (needed.add(index)) {
                for (int other : of(file.stages().get(index))) {
                    todo.push(other);
                }
            }
        }
        return needed;
    }

    private Set<Integer> of(Stage stage) throws DockerfileException {
        Set<Integer> needs = new TreeSet<>();
        int base = names.index(Words.expand(stage.from().base(), globals));
        if (base >= 0 && base < stage.index()) {
            needs.add(base);
            // what a stage leaves to those on top of it is theirs to need
            for (Instruction one : file.stages().get(base).instructions()) {
                if (one instanceof Instruction.Onbuild onbuild) {
                    add(onbuild.trigger(), stage, needs);
                }
            }
        }
        for (Instruction one : stage.instructions()) {
            add(one, stage, needs);
        }
        return needs;
    }

    private void add(Instruction one, Stage stage, Set<Integer> needs) throws DockerfileException {
        if (one instanceof Instruction.Copy copy) {
            add(copy.from(), one, stage, needs);
        } else if (one instanceof Instruction.Run run) {
            for (MountFlag mount : run.mounts()) {
                add(mount.from(), one, stage, needs);
            }
        }
    }

    private void add(@Nullable String from, Instruction one, Stage stage, Set<Integer> needs)
            throws DockerfileException {
        int index = from == null ? -1 : names.index(from);
        if (index >= stage.index()) {
            throw one.line()
                    .error(0, "stage " + from + " is not before this one, so nothing is in it yet");
        }
        if (index >= 0) {
            needs.add(index);
        }
    }
}
