package dev.carafe.it;

import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Tag;

/** The contract of every wall, for virtual machines. */
@Tag("root")
class VmWallTest {
    private static final String WALL = "vm";

    @Nested
    class Run extends RunContract {
        Run() {
            super(WALL);
        }
    }

    @Nested
    class Exec extends ExecContract {
        Exec() {
            super(WALL);
        }
    }

    @Nested
    class Lifecycle extends LifecycleContract {
        Lifecycle() {
            super(WALL);
        }
    }

    @Nested
    class Terminals extends TerminalContract {
        Terminals() {
            super(WALL);
        }
    }
}
