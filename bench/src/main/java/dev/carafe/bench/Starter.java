package dev.carafe.bench;

import java.io.IOException;

/** One way to start something and to wait for its end: a row of a table. */
interface Starter {
    /** The row's name; the first word of the baselines is what ratios refer to. */
    String name();

    /** What is done before each start and not measured. */
    default void prepare() throws IOException {}

    /**
     * Starts, waits, and takes away what is left.
     *
     * @return the exit code; other than 0 is a failure
     */
    int start() throws IOException;

    /** A starter from a name and an action. */
    static Starter of(String name, Action action) {
        return new Starter() {
            @Override
            public String name() {
                return name;
            }

            @Override
            public int start() throws IOException {
                return action.run();
            }
        };
    }

    /** The same, with something that is done before each start and not measured. */
    static Starter of(String name, Action before, Action action) {
        return new Starter() {
            @Override
            public String name() {
                return name;
            }

            @Override
            public void prepare() throws IOException {
                before.run();
            }

            @Override
            public int start() throws IOException {
                return action.run();
            }
        };
    }

    /** What a starter does. */
    interface Action {
        int run() throws IOException;
    }
}
