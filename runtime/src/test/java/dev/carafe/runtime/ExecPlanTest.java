package dev.carafe.runtime;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.carafe.linux.Arch;
import dev.carafe.linux.Capabilities;
import dev.carafe.linux.PlanText;
import dev.carafe.linux.Stage;
import dev.carafe.linux.Step;
import dev.carafe.linux.Sys;
import dev.carafe.oci.runtime.Box;
import dev.carafe.oci.runtime.Process;
import dev.carafe.oci.runtime.Rlimit;
import dev.carafe.oci.runtime.User;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** The plan of a further process against a golden file; -Dcarafe.golden=write writes it anew. */
class ExecPlanTest {
    private static final Path GOLDEN =
            Path.of("src/test/resources/dev/carafe/runtime/exec-terminal.plan");

    /** All that a container has of its own, but the user and the time namespace. */
    private static final long NAMESPACES = 0x6E020000L;

    private static ExecPlan plan() {
        Process process =
                new Process(
                        true,
                        new Box(24, 80),
                        "/srv",
                        List.of("PATH=/bin:/usr/bin", "A=b"),
                        List.of("ls", "-l"),
                        List.of(new Rlimit("RLIMIT_NOFILE", 1024, 4096)),
                        null,
                        CapabilitySets.process(List.of("CAP_CHOWN")),
                        true,
                        100,
                        null,
                        null,
                        null,
                        null,
                        new User(1000, 1000, null, List.of(5L)));
        ExecPlan plan =
                new ExecPlan(
                        Stage.plan(),
                        0,
                        process,
                        NAMESPACES,
                        Optional.empty(),
                        Optional.empty(),
                        Capabilities.FULL);
        plan.write();
        return plan;
    }

    @Test
    void terminal() throws IOException {
        StringBuilder text = new StringBuilder();
        PlanText.text(Arch.X86_64, plan().plan().steps(), text);
        if ("write".equals(System.getProperty("carafe.golden"))) {
            Files.write(GOLDEN, text.toString().getBytes(UTF_8));
        }
        assertEquals(Files.readString(GOLDEN), text.toString(), "the plan differs from " + GOLDEN);
    }

    /** CVE-2016-9962, CVE-2024-21626. */
    @Test
    void nothingInsideSeesTheStageBeforeItHasGivenUpEverything() {
        List<Step> steps = plan().plan().steps();
        int visible = index(steps, Sys.CLONE);
        assertTrue(index(steps, Sys.CLOSE_RANGE) < index(steps, Sys.CHDIR));
        assertTrue(index(steps, Sys.PRCTL) < index(steps, Sys.SETNS), "dumpable before the join");
        for (Sys call : List.of(Sys.CLOSE_RANGE, Sys.CHDIR, Sys.SETRESUID, Sys.CAPSET)) {
            assertTrue(index(steps, call) < visible, call + " comes too late");
        }
    }

    private static int index(List<Step> steps, Sys sys) {
        for (Step step : steps) {
            if (step.sys() == sys) {
                return step.index();
            }
        }
        throw new AssertionError("no " + sys);
    }
}
