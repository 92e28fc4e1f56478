package dev.carafe.it;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Signals and terminals of a container in the foreground. */
class ForegroundTest {
    @RegisterExtension static final Carafe carafe = new Carafe();

    private static Process start(String script) throws IOException {
        return carafe.start("run", "--rm", "host", "sh", "-c", script);
    }

    private static int end(Process process) throws InterruptedException {
        assertTrue(process.waitFor(60, TimeUnit.SECONDS), "no end after 60 s");
        return process.exitValue();
    }

    @Test
    @Tag("rootless")
    void signalsGoToTheProcess() throws Exception {
        Process process =
                start("trap 'echo got; exit 9' TERM; echo ready; while :; do sleep 0.1; done");
        try (BufferedReader out = process.inputReader(StandardCharsets.UTF_8)) {
            assertEquals("ready", out.readLine());
            process.toHandle().destroy();
            assertEquals("got", out.readLine());
        }
        assertEquals(9, end(process));
    }

    @Test
    @Tag("rootless")
    void theThirdRequestToEndKills() throws Exception {
        // the kernel holds signals back from a first process that handles none
        Process process = start("echo ready; exec sleep 100");
        try (BufferedReader out = process.inputReader(StandardCharsets.UTF_8)) {
            assertEquals("ready", out.readLine());
            for (int i = 0; i < 3; i++) {
                Thread.sleep(300);
                process.toHandle().destroy();
            }
            assertEquals(137, end(process));
        }
        String err = new String(process.getErrorStream().readAllBytes(), StandardCharsets.UTF_8);
        assertTrue(err.contains("third request to end"), err);
    }

    @Test
    void aTerminalHasOurSizeAndTheExitStatusComesThrough() throws Exception {
        String line =
                "stty rows 33 cols 101; exec "
                        + Carafe.home().resolve("carafe").toAbsolutePath()
                        + " run -it --rm host sh -c 'sleep 0.5; stty size; tty; exit 5'";
        ProcessBuilder builder =
                new ProcessBuilder("script", "-qec", line, "/dev/null").redirectErrorStream(true);
        builder.environment().put("CARAFE_ROOT", carafe.root().toString());
        Process process = builder.start();
        String out = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertEquals(5, end(process), out);
        assertTrue(out.contains("33 101\r\n"), out);
        assertTrue(out.contains("/dev/pts/0\r\n"), out);
    }
}
