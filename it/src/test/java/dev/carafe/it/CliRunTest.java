package dev.carafe.it;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

@Tag("rootless")
class CliRunTest {
    @RegisterExtension static final Carafe carafe = new Carafe();

    @Test
    void theExitStatusIsTheProcess() {
        carafe.run("run", "--rm", "host", "true").ok();
        carafe.run("run", "--rm", "host", "sh", "-c", "exit 7").exits(7);
        // the shell is a child of the container's first process, whose signals the kernel would
        // hold back
        carafe.run("run", "--rm", "host", "sh", "-c", "sh -c 'kill -KILL $$'; exit $?").exits(137);
    }

    @Test
    void standardStreamsAreTheCallers() {
        byte[] input = "to upper\n".getBytes(StandardCharsets.UTF_8);
        var result =
                carafe.runWithInput(
                                input,
                                "run",
                                "--rm",
                                "-i",
                                "host",
                                "sh",
                                "-c",
                                "tr a-z A-Z; echo e >&2")
                        .ok();
        assertEquals("TO UPPER\n", result.out());
        assertEquals("e\n", result.err());
    }

    @Test
    void aMissingCommandIs127AndOneLine() {
        var result = carafe.run("run", "--rm", "host", "no-such-command").exits(127);
        assertEquals(1, result.err().lines().count(), result::toString);
        assertTrue(result.err().contains("no-such-command"), result::toString);
    }

    @Test
    void anUnknownImageIs125AndOneLine() {
        var result = carafe.run("run", "--rm", "--pull=never", "no-such-image", "true").exits(125);
        assertEquals(1, result.err().lines().count(), result::toString);
        assertTrue(result.err().contains("no-such-image"), result::toString);
    }
}
