package dev.carafe.it;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.carafe.engine.Container;
import dev.carafe.engine.Isolation;
import dev.carafe.engine.RunOptions;
import dev.carafe.engine.Stdio;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;

/** The terminal of a container's process, by the Java API. */
abstract class TerminalContract {
    @RegisterExtension static final Carafe carafe = new Carafe();
    @RegisterExtension final Containers containers = new Containers(carafe);

    private final Isolation isolation;

    TerminalContract(String isolation) {
        this.isolation = Isolation.parse(isolation);
    }

    @Test
    @Timeout(120)
    void aTerminalHasASizeAndKeys() throws Exception {
        String script =
                """
                trap 'stty size' WINCH; tty; echo $TERM; [ -t 0 ] && [ -t 2 ] && echo terminal
                read line; echo "read $line"
                exec sh -c 'trap "echo interrupted; exit 7" INT
                    echo ready; while :; do sleep 0.1; done'
                """;
        RunOptions options = Containers.sh(script).tty(true).interactive(true).isolation(isolation);
        try (Container container = containers.engine().run(options, Stdio.OUTPUT)) {
            Terminal.await(container, "terminal\r\n");
            container.resize(40, 120);
            Terminal.write(container, "some words\r");
            Terminal.await(container, "ready\r\n");
            container.resize(41, 121);
            Terminal.write(container, "\u0003");
            Terminal.await(container, "interrupted");
            assertEquals(7, container.waitFor());
        }
        options = Containers.sh("sleep 1; stty size").tty(true).isolation(isolation);
        try (Container container = containers.engine().run(options, Stdio.OUTPUT)) {
            container.resize(50, 150);
            Terminal.await(container, "50 150\r\n");
            assertEquals(0, container.waitFor());
        }
    }
}
