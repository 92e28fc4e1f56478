package dev.carafe.linux;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.io.File;
import java.util.List;
import org.junit.jupiter.api.Test;

class StageTest {
    private static final List<Named> OWN =
            List.of(new Named("stdin", 0), new Named("stdout", 1), new Named("stderr", 2));

    private static int start(String... command) throws Exception {
        Plan plan = Stage.plan();
        plan.call("no signal stays blocked", Sys.RT_SIGPROCMASK, 2, Blob.room(8, "none"), 0, 8);
        plan.call("close all", Sys.FCNTL, Stage.ALIVE, 2, 1);
        plan.call(
                "run",
                Sys.EXECVE,
                command[0],
                Blob.strings(List.of(command), "argv"),
                Blob.strings(List.of(), "envp"));
        try (Stage stage = Stage.of(plan)) {
            Plan launch = new Plan();
            stage.launch(launch, new Stage.Clone(0, false, List.of(), OWN, -1));
            try (PlanRun run = PlanRun.of(launch)) {
                try (Pidfd child = stage.started(run)) {
                    try {
                        stage.await(run);
                    } finally {
                        child.await();
                    }
                    return child.poll().orElseThrow();
                }
            }
        }
    }

    @Test
    void executesAndReportsTheStatus() throws Exception {
        assertEquals(3, start("/bin/sh", "-c", "exit 3"));
        assertEquals(128 + 9, start("/bin/sh", "-c", "kill -9 $$"));
    }

    @Test
    void namesTheStepThatFailed() {
        PlanException e = assertThrows(PlanException.class, () -> start("/no/such/program"));
        assertEquals(Errno.ENOENT, e.errno());
        assertEquals("run", e.step().why());
    }

    @Test
    void startsManyWithoutLeaking() throws Exception {
        start("/bin/true");
        int before = new File("/proc/self/fd").list().length;
        for (int i = 0; i < 200; i++) {
            start("/bin/true");
        }
        assertEquals(before, new File("/proc/self/fd").list().length);
    }
}
