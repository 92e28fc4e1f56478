package dev.carafe.runtime.cgroup;

import dev.carafe.linux.Plan;
import dev.carafe.linux.Step;
import java.util.ArrayList;
import java.util.List;

/** A plan as golden tests read it: a line for each directory made and each text written. */
final class Lines {
    private Lines() {}

    static String of(Plan plan) {
        List<String> lines = new ArrayList<>();
        for (Step step : plan.steps()) {
            switch (step.sys()) {
                case MKDIRAT -> lines.add("mkdir " + step.args().get(1));
                case WRITE -> {
                    Step open = (Step) step.args().get(0);
                    lines.add(open.args().get(1) + " = " + step.args().get(1));
                }
                case OPENAT, CLOSE -> {}
                default -> lines.add(step.sys().call());
            }
        }
        return String.join("\n", lines) + "\n";
    }
}
