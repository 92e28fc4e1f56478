package dev.carafe.it;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What only virtual machines have: a kernel of their own, a hypervisor. */
@Tag("root")
class VmTest extends WallContract {
    VmTest() {
        super("vm");
    }

    @BeforeAll
    static void aHypervisorAndAKernel() throws Exception {
        assumeTrue(Files.isExecutable(Path.of("/usr/bin/qemu-system-x86_64")), "no QEMU");
        try (Stream<Path> files = Files.list(Path.of("/boot"))) {
            assumeTrue(
                    files.anyMatch(file -> file.getFileName().toString().startsWith("vmlinuz-")),
                    "no kernel");
        }
    }

    @Test
    void theKernelIsItsOwn() throws Exception {
        String host = Files.readString(Path.of("/proc/sys/kernel/random/boot_id"));
        var guest = run("--rm", "host", "cat", "/proc/sys/kernel/random/boot_id").ok();
        assertEquals(host.length(), guest.out().length(), guest::toString);
        assertNotEquals(host, guest.out());
    }

    @Test
    void threeAtOnce() throws Exception {
        List<Process> machines = new ArrayList<>();
        for (String name : List.of("one", "two", "three")) {
            machines.add(start(name, "--rm", "-i", "host", "sh", "-c", "read line; echo $line"));
        }
        assertEquals(3, carafe.run("ps", "-q").ok().out().lines().count());
        for (int i = 0; i < machines.size(); i++) {
            try (var in = machines.get(i).getOutputStream()) {
                in.write(("line " + i + "\n").getBytes(UTF_8));
            }
        }
        for (int i = 0; i < machines.size(); i++) {
            byte[] out = machines.get(i).getInputStream().readAllBytes();
            assertEquals("line " + i + "\n", new String(out, UTF_8));
            assertEquals(0, end(machines.get(i)));
        }
    }

    @Test
    void aKilledHypervisorIsSeen() throws Exception {
        Process running = start("shot", "--rm", "host", "sleep", "300");
        String inspected = carafe.run("inspect", "shot").ok().out();
        int at = inspected.indexOf("\"Pid\": ") + "\"Pid\": ".length();
        long pid = Long.parseLong(inspected.substring(at, inspected.indexOf(',', at)));
        ProcessHandle.of(pid).orElseThrow().destroyForcibly();
        assertEquals(137, end(running));
        assertEquals("", carafe.run("ps", "-aq").ok().out());
    }

    @Test
    void aMachineWithoutItsOwnerIsRemoved() throws Exception {
        Process owner = start("orphan", "host", "sleep", "300");
        owner.destroyForcibly();
        end(owner);
        assertTrue(carafe.run("ps").ok().out().contains("orphan"));
        carafe.run("rm", "-f", "orphan").ok();
    }

    @Test
    void memoryThatIsNotThere() {
        run("--rm", "-m", "160m", "host", "tail", "/dev/zero").exits(137);
    }

    @Test
    void aPanicIsTold() {
        var result =
                run(
                        "--name",
                        "panics",
                        "--privileged",
                        "host",
                        "sh",
                        "-c",
                        "echo c > /proc/sysrq-trigger; sleep 300");
        result.exits(255);
        String why =
                "the guest's kernel gave up: Kernel panic - not syncing: sysrq triggered crash";
        assertEquals("carafe: " + why + "\n", result.err());
        String inspected = carafe.run("inspect", "panics").ok().out();
        assertTrue(inspected.contains("\"Error\": \"" + why + "\""), inspected);
        carafe.run("rm", "panics").ok();
    }

    @ParameterizedTest
    @CsvSource({
        "--kernel, /etc/passwd, not a kernel image",
        "--kernel, /nonexistent, there is no such file",
        "--network, host, --network other than none",
        "-m, 5m, too small"
    })
    void badInputIsOneLine(String option, String value, String told) {
        var result = run("--rm", option, value, "host", "true").exits(125);
        assertTrue(result.err().contains(told), result::toString);
        assertEquals(1, result.err().lines().count(), result::toString);
    }

    @Test
    void explainStartsNothing() {
        String text = carafe.run(explain(line("host", "uname", "-a"))).ok().out();
        assertTrue(text.contains("-sandbox on") && text.contains("finit_module"), text);
        assertTrue(text.contains("uname") && text.contains("pivot_root"), text);
    }

    private static String[] explain(String... run) {
        List<String> line = new ArrayList<>(List.of("explain"));
        line.addAll(List.of(run));
        return line.toArray(new String[0]);
    }
}
