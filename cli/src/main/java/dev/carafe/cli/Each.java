package dev.carafe.cli;

import dev.carafe.engine.EngineException;
import java.util.List;

/** Does one thing with each of several containers; what fails with one does not keep the others. */
final class Each {
    private Each() {}

    /** What is done with a container. */
    interface Action {
        /** Returns the line to print. */
        String with(String container);
    }

    /**
     * @return the exit code: 1 when it failed with any of them
     */
    static int of(List<String> containers, Console console, Action action) {
        int code = 0;
        for (String container : containers) {
            try {
                console.println(action.with(container));
            } catch (EngineException e) {
                console.error(String.valueOf(e.getMessage()));
                code = 1;
            }
        }
        return code;
    }
}
