package dev.carafe.it;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.BufferedReader;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Signals, stops, pauses and ends of containers, from other processes of the host. */
abstract class LifecycleContract extends WallContract {
    LifecycleContract(String isolation) {
        super(isolation);
    }

    @Test
    void signalsReachTheProcessAndStopAsksFirst() throws Exception {
        String script =
                """
                trap 'echo usr1' USR1; trap 'echo term; exit 9' TERM
                echo ready; while :; do sleep 0.1; done
                """;
        Process running = start("asked", "host", "sh", "-c", script);
        Process waiting = carafe.start("wait", "asked");
        try (BufferedReader out = running.inputReader(UTF_8)) {
            assertEquals("ready", out.readLine());
            assertEquals("asked\n", carafe.run("kill", "-s", "USR1", "asked").ok().out());
            assertEquals("usr1", out.readLine());
            assertEquals("asked\n", carafe.run("stop", "asked").ok().out());
            assertEquals("term", out.readLine());
        }
        assertEquals(9, end(running));
        assertEquals("9\n", new String(waiting.getInputStream().readAllBytes(), UTF_8));
        assertEquals(0, end(waiting));
        assertEquals("9\n", carafe.run("wait", "asked").ok().out());
        String listed = carafe.run("ps", "-a").ok().out();
        assertTrue(listed.contains("Exited (9)"), listed);
        String inspected = carafe.run("inspect", "asked").ok().out();
        assertTrue(inspected.contains("\"ExitCode\": 9"), inspected);
        assertTrue(inspected.contains("\"Status\": \"exited\""), inspected);
        // a stop of what has ended is no error, a signal to it is
        carafe.run("stop", "asked").ok();
        carafe.run("kill", "asked").exits(1);
        carafe.run("rm", "asked").ok();
    }

    @Test
    void whatDoesNotStopIsKilledAndGone() throws Exception {
        // the kernel holds SIGTERM back from a first process that does not handle it
        Process running = start("deaf", "--rm", "host", "sleep", "300");
        Process waiting = carafe.start("wait", "deaf");
        String id = carafe.run("ps", "-q", "--no-trunc").ok().out().strip();
        await(carafe.root().resolve("containers").resolve(id).resolve("waited"), "");
        long start = System.nanoTime();
        carafe.run("stop", "-t", "1", "deaf").ok();
        assertTrue(System.nanoTime() - start >= 1_000_000_000L, "killed before its time");
        assertEquals(137, end(running));
        assertEquals("137\n", new String(waiting.getInputStream().readAllBytes(), UTF_8));
        carafe.run("rm", "deaf").exits(1);
    }

    @Test
    void signalsToTheForegroundGoToTheProcess() throws Exception {
        String script = "trap 'echo got; exit 8' TERM; echo ready; while :; do sleep 0.1; done";
        Process running = carafe.start(line("--rm", "host", "sh", "-c", script));
        try (BufferedReader out = running.inputReader(UTF_8)) {
            assertEquals("ready", out.readLine());
            running.toHandle().destroy();
            assertEquals("got", out.readLine());
        }
        assertEquals(8, end(running));
    }

    @Test
    void aPausedContainerStandsStill(@TempDir Path directory) throws Exception {
        Path count = directory.resolve("count");
        String script = "i=0; while :; do i=$((i+1)); echo $i > /d/count; sleep 0.05; done";
        Process running =
                start("still", "--rm", "-v", directory + ":/d", "host", "sh", "-c", script);
        try {
            await(count, "\n");
            assertEquals("still\n", carafe.run("pause", "still").ok().out());
            String before = Files.readString(count);
            Thread.sleep(1000);
            assertEquals(before, Files.readString(count));
            String listed = carafe.run("ps").ok().out();
            assertTrue(listed.contains("(Paused)"), listed);
            String inspected = carafe.run("inspect", "still").ok().out();
            assertTrue(inspected.contains("\"Status\": \"paused\""), inspected);
            assertTrue(inspected.contains("\"Running\": true"), inspected);
            assertTrue(carafe.run("exec", "still", "true").exits(1).err().contains("paused"));
            carafe.run("pause", "still").exits(1);
            carafe.run("unpause", "still").ok();
            carafe.run("unpause", "still").exits(1);
            awaitChange(count, before);
            // one that is to end goes on for it
            carafe.run("pause", "still").ok();
        } finally {
            carafe.run("kill", "still").ok();
            assertEquals(137, end(running));
        }
    }

    private static void awaitChange(Path count, String before) throws Exception {
        for (int i = 0; Files.readString(count).equals(before); i++) {
            assertTrue(i < 500, "it stands still");
            Thread.sleep(20);
        }
    }

    @Test
    void aContainerOutlivesItsOwnerAndCanBeStopped() throws Exception {
        Process owner = start("orphan", "--rm", "host", "sleep", "300");
        owner.destroyForcibly();
        end(owner);
        assertTrue(carafe.run("ps").ok().out().contains("orphan"));
        assertEquals("still\n", carafe.run("exec", "orphan", "echo", "still").ok().out());
        carafe.run("stop", "-t", "0", "orphan").ok();
        assertEquals("", carafe.run("ps", "-aq").ok().out());
    }

    @Test
    void theEndOfAnOrphanIsRecorded() throws Exception {
        Process owner = start("gone", "host", "sh", "-c", "sleep 300");
        owner.destroyForcibly();
        end(owner);
        carafe.run("kill", "gone").ok();
        String listed = carafe.run("ps", "-a").ok().out();
        assertTrue(listed.contains("Exited ("), listed);
        carafe.run("rm", "gone").ok();
    }

    @Test
    void aRunningContainerIsRemovedByForceOnly() throws Exception {
        Process running = start("forced", "host", "sleep", "300");
        var refused = carafe.run("rm", "forced").exits(1);
        assertTrue(refused.err().contains("is running"), refused::toString);
        assertEquals("forced\n", carafe.run("rm", "-f", "forced").ok().out());
        assertEquals(137, end(running));
        assertEquals("", carafe.run("ps", "-aq").ok().out());
    }
}
