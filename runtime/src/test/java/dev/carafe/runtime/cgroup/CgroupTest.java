package dev.carafe.runtime.cgroup;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.carafe.linux.Arch;
import dev.carafe.linux.Blob;
import dev.carafe.linux.Elf;
import dev.carafe.linux.Plan;
import dev.carafe.linux.PlanException;
import dev.carafe.linux.PlanRun;
import dev.carafe.linux.Sys;
import dev.carafe.oci.runtime.BlockIo;
import dev.carafe.oci.runtime.Cpu;
import dev.carafe.oci.runtime.DeviceRule;
import dev.carafe.oci.runtime.Memory;
import dev.carafe.oci.runtime.Pids;
import dev.carafe.oci.runtime.Resources;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The groups of this host: plans run here, processes join by the plan's own steps. */
class CgroupTest {
    private static final String PARENT = "/carafe-test-" + ProcessHandle.current().pid();
    private static final AtomicInteger COUNT = new AtomicInteger();
    private static final long MIB = 1 << 20;

    @TempDir Path temporary;
    private final List<Process> started = new ArrayList<>();
    private final List<Cgroup> made = Collections.synchronizedList(new ArrayList<>());
    private CgroupHost host = new CgroupHost(List.of(), false);

    @BeforeEach
    void needsRoot() throws IOException {
        host = CgroupHost.detect();
        assumeTrue(
                host.privileged() && host.usable(), "needs root and a writable cgroup file system");
    }

    @AfterEach
    void leaveNothing() throws Exception {
        for (Cgroup cgroup : made) {
            cgroup.remove();
        }
        for (Process process : started) {
            process.destroyForcibly().waitFor();
        }
        Cgroup.open(host, PARENT).remove();
        for (Hierarchy tree : host.hierarchies()) {
            assertFalse(Files.exists(Path.of(tree.base() + PARENT)));
        }
    }

    /** This host without cgroup v2, as hosts with version 1 alone are. */
    private CgroupHost classicHost() {
        List<Hierarchy> trees = new ArrayList<>(host.hierarchies());
        trees.removeIf(Hierarchy::unified);
        assumeTrue(!trees.isEmpty(), "needs cgroup v1");
        return new CgroupHost(trees, true);
    }

    private Cgroup make(CgroupHost host, Resources resources) throws Exception {
        Cgroup cgroup = Cgroup.plan(host, PARENT + "/" + COUNT.incrementAndGet(), resources);
        made.add(cgroup);
        Plan launch = new Plan();
        cgroup.prepare(launch);
        PlanRun.of(launch).close();
        return cgroup;
    }

    /** A shell that joins by the steps of the plan and then runs a script. */
    private Process start(Cgroup cgroup, String script) throws IOException {
        Plan plan = new Plan();
        cgroup.join(plan);
        return start(plan, script);
    }

    private Process start(Plan plan, String script) throws IOException {
        plan.call(
                "the script",
                Sys.EXECVE,
                "/bin/sh",
                Blob.strings(List.of("sh", "-c", script), "argv"),
                Blob.strings(List.of("PATH=/usr/bin:/bin"), "envp"));
        Path elf = temporary.resolve("join" + COUNT.incrementAndGet());
        Files.write(elf, Elf.of(Arch.host(), plan));
        Files.setPosixFilePermissions(elf, PosixFilePermissions.fromString("rwx------"));
        Process process = new ProcessBuilder(elf.toString()).redirectErrorStream(true).start();
        started.add(process);
        return process;
    }

    private static String output(Process process) throws Exception {
        String text =
                new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8).strip();
        assertTrue(process.waitFor(20, TimeUnit.SECONDS));
        return text;
    }

    private String file(Cgroup cgroup, String controller, String name) throws IOException {
        String dir = host.find(controller).orElseThrow().base() + cgroup.path();
        return Files.readString(Path.of(dir, name)).strip();
    }

    private void needsV1(String controller) {
        assumeTrue(
                host.find(controller).filter(tree -> !tree.unified()).isPresent(),
                "needs cgroup v1 " + controller);
    }

    private static void until(Condition condition) throws Exception {
        boolean holds = condition.holds();
        for (int i = 0; i < 2000 && !holds; i++) {
            Thread.sleep(5);
            holds = condition.holds();
        }
        assertTrue(holds);
    }

    private interface Condition {
        boolean holds() throws Exception;
    }

    @Test
    void joinsAndLeavesNothing() throws Exception {
        Cgroup cgroup = make(host, Given.nothing());
        Process process = start(cgroup, "exec cat /proc/self/cgroup");
        String groups = output(process);
        assertTrue(groups.contains("memory:" + cgroup.path()), groups);
        assertTrue(groups.contains("devices:" + cgroup.path()), groups);
        assertTrue(groups.contains("pids:/\n"), groups);
        assertFalse(cgroup.oomKilled());
        assertEquals(List.of(), cgroup.processes());
        cgroup.remove();
        cgroup.remove();
    }

    @Test
    void anotherProcessJoinsLater() throws Exception {
        Cgroup cgroup = make(host, Given.pids(9));
        String first = output(start(cgroup, "exec cat /proc/self/cgroup"));
        assertEquals(
                first,
                output(start(Cgroup.open(host, cgroup.path()), "exec cat /proc/self/cgroup")));
        assertTrue(first.contains("pids:" + cgroup.path()), first);
    }

    @Test
    void aPrivilegedContainerHasEveryDevice() throws Exception {
        Cgroup cgroup = make(host, Given.devices(new DeviceRule(true, null, null, null, "rwm")));
        assertEquals("", output(start(cgroup, ": < /dev/kmsg")));
    }

    @Test
    void theMountsShowOnlyItsOwnGroups() throws Exception {
        Cgroup cgroup = make(host, Given.pids(33));
        Plan plan = new Plan();
        cgroup.join(plan);
        plan.call(
                "own mounts and cgroups",
                Sys.UNSHARE,
                0x0202_0000L); // CLONE_NEWNS, CLONE_NEWCGROUP
        plan.call("tell nobody", Sys.MOUNT, "", "/", "", 0x44000, ""); // MS_REC, MS_PRIVATE
        String root = temporary.toString();
        plan.call("sys", Sys.MKDIRAT, -100, root + "/sys", 0755);
        plan.call("fs", Sys.MKDIRAT, -100, root + "/sys/fs", 0755);
        for (CgroupMount mount : cgroup.mounts()) {
            String target = root + mount.target();
            plan.call("target", Sys.MKDIRAT, -100, target, 0755);
            plan.call("mount", Sys.MOUNT, mount.fstype(), target, mount.fstype(), 0, mount.data());
        }
        Process process =
                start(
                        plan,
                        "cd " + root + "/sys/fs/cgroup; find . -name carafe*; cat pids/pids.max");
        assertEquals("33", output(process));
    }

    @Test
    void writesEveryLimit() throws Exception {
        needsV1("memory");
        needsV1("cpuset");
        Resources given =
                Given.all(
                        new Memory(64 * MIB, 32 * MIB, 96 * MIB, null, null, 10L, true, null, null),
                        new Cpu(512L, 50_000L, 1000L, 100_000L, null, null, "0", "0", null),
                        new Pids(20),
                        new BlockIo(
                                null, null, List.of(), List.of(), List.of(), List.of(), List.of()));
        Cgroup cgroup = make(host, given);
        assertEquals("67108864", file(cgroup, "memory", "memory.limit_in_bytes"));
        assertEquals("100663296", file(cgroup, "memory", "memory.memsw.limit_in_bytes"));
        assertEquals("33554432", file(cgroup, "memory", "memory.soft_limit_in_bytes"));
        assertEquals("10", file(cgroup, "memory", "memory.swappiness"));
        assertTrue(file(cgroup, "memory", "memory.oom_control").startsWith("oom_kill_disable 1"));
        assertEquals("512", file(cgroup, "cpu", "cpu.shares"));
        assertEquals("50000", file(cgroup, "cpu", "cpu.cfs_quota_us"));
        assertEquals("1000", file(cgroup, "cpu", "cpu.cfs_burst_us"));
        assertEquals("0", file(cgroup, "cpuset", "cpuset.cpus"));
        assertEquals("20", file(cgroup, "pids", "pids.max"));
        assertEquals("1", output(start(cgroup, "exec nproc")));
        Stats stats = cgroup.stats();
        assertEquals(64 * MIB, stats.memoryLimit());
        assertEquals(20, stats.pidsLimit());
        assertEquals(0, stats.pids());
    }

    @Test
    void aRefusedLimitTellsWhy() throws Exception {
        needsV1("cpuset");
        Cgroup cgroup =
                Cgroup.plan(
                        host,
                        PARENT + "/bad",
                        Given.cpu(new Cpu(null, null, null, null, null, null, "4000", null, null)));
        made.add(cgroup);
        Plan launch = new Plan();
        cgroup.prepare(launch);
        String message =
                String.valueOf(
                        assertThrows(PlanException.class, () -> PlanRun.of(launch).close())
                                .getMessage());
        assertTrue(message.contains("run on cpus 4000 (they must exist): write: "), message);
    }

    @Test
    void memoryLimitKillsAndIsTold() throws Exception {
        Cgroup cgroup = make(host, Given.memory(16 * MIB, 16 * MIB));
        Process process =
                start(cgroup, "exec head -c 100000000 /dev/zero | tail -c 90000000 | wc -c");
        output(process);
        assertTrue(cgroup.oomKilled());
    }

    @Test
    void pidsLimitStopsForks() throws Exception {
        Cgroup cgroup = make(host, Given.pids(3));
        Process process = start(cgroup, "for i in 1 2 3 4 5; do sleep 5 & done; echo");
        assertTrue(output(process).contains("fork"));
    }

    @Test
    void deviceRulesHold() throws Exception {
        confined(host, "devices.allow");
    }

    @Test
    void deviceRulesHoldByProgram() throws Exception {
        Hierarchy unified = host.unified().orElse(null);
        assumeTrue(unified != null && unified.writable(), "needs cgroup v2");
        confined(new CgroupHost(List.of(unified), true), "bpf");
    }

    private void confined(CgroupHost host, String how) throws Exception {
        DeviceRule kmsg = new DeviceRule(true, "c", 1L, 11L, "r");
        Cgroup cgroup = make(host, Given.devices(kmsg));
        assertTrue(cgroup.confinesDevices());
        String mem = temporary.resolve("mem").toString();
        String script =
                "echo > /dev/null && echo null; "
                        + "(: < /dev/kmsg) && echo read; "
                        + "(: > /dev/kmsg) 2>/dev/null || echo no write; "
                        + "mknod "
                        + mem
                        + " c 1 1 && echo made; "
                        + "(: < "
                        + mem
                        + ") 2>/dev/null || echo not opened";
        assertEquals("null\nread\nno write\nmade\nnot opened", output(start(cgroup, script)), how);
    }

    @Test
    void freezesThawsAndKills() throws Exception {
        freezesThawsAndKills(host);
    }

    @Test
    void freezesThawsAndKillsOnClassicHosts() throws Exception {
        freezesThawsAndKills(classicHost());
    }

    private void freezesThawsAndKills(CgroupHost host) throws Exception {
        Cgroup cgroup = make(host, Given.nothing());
        Path file = temporary.resolve("beat");
        // forks all the time, so that freezing has something to catch
        Process process = start(cgroup, "while :; do date +%N > " + file + "; done");
        until(() -> Files.exists(file) && cgroup.stats().cpuNanos() > 0);
        assertFalse(cgroup.frozen());
        Cgroup again = Cgroup.open(host, cgroup.path());
        again.freeze();
        assertTrue(cgroup.frozen());
        String before = Files.readString(file);
        Thread.sleep(100);
        assertEquals(before, Files.readString(file));
        again.thaw();
        until(() -> !Files.readString(file).equals(before));
        assertTrue(process.isAlive());
        again.freeze();
        again.kill();
        assertTrue(process.waitFor(10, TimeUnit.SECONDS));
        assertEquals(137, process.exitValue());
        until(() -> cgroup.processes().isEmpty());
        cgroup.remove();
    }

    @Test
    void killsAForkBomb() throws Exception {
        killsAForkBomb(host);
    }

    @Test
    void killsAForkBombOnClassicHosts() throws Exception {
        killsAForkBomb(classicHost());
    }

    private void killsAForkBomb(CgroupHost host) throws Exception {
        Cgroup cgroup = make(host, Given.pids(40));
        start(cgroup, "bomb() { bomb | bomb & }; while :; do bomb; done >/dev/null 2>&1");
        until(() -> cgroup.stats().pids() > 30);
        cgroup.kill();
        until(() -> cgroup.processes().isEmpty());
        cgroup.remove();
    }

    @Test
    void manyAtOnceLeaveNothing() throws Exception {
        try (var threads = Executors.newFixedThreadPool(16)) {
            List<Future<Boolean>> done = new ArrayList<>();
            for (int i = 0; i < 100; i++) {
                done.add(
                        threads.submit(
                                () -> {
                                    make(host, Given.pids(5)).remove();
                                    return true;
                                }));
            }
            for (Future<Boolean> each : done) {
                assertTrue(each.get());
            }
        }
        for (Hierarchy tree : host.hierarchies()) {
            Path parent = Path.of(tree.base() + PARENT);
            if (Files.exists(parent)) {
                assertEquals(List.of(), CgroupFs.Kernel.INSTANCE.children(parent.toString()));
            }
        }
    }

    @Test
    void countsWhatWasUsed() throws Exception {
        counts(host);
    }

    @Test
    void countsWhatWasUsedOnClassicHosts() throws Exception {
        counts(classicHost());
    }

    private void counts(CgroupHost host) throws Exception {
        Cgroup cgroup = make(host, Given.nothing());
        Process process =
                start(cgroup, "i=0; while [ $i -lt 100000 ]; do i=$((i+1)); done; sleep 60 & wait");
        until(() -> cgroup.stats().pids() == 2 && cgroup.stats().cpuNanos() > 10_000_000);
        Stats stats = cgroup.stats();
        assertTrue(stats.cpuNanos() < 20_000_000_000L, stats.toString());
        assertTrue(stats.cpuUserNanos() > 0, stats.toString());
        assertTrue(stats.memoryBytes() > 0, stats.toString());
        assertEquals(Stats.UNLIMITED, stats.memoryLimit());
        assertEquals(Stats.UNKNOWN, stats.pidsLimit());
        assertEquals(2, cgroup.processes().size());
        assertTrue(process.isAlive());
    }

    @Test
    void updatesARunningContainer() throws Exception {
        needsV1("memory");
        Cgroup cgroup = make(host, Given.memory(64 * MIB, 64 * MIB));
        Process process = start(cgroup, "sleep 60 & wait");
        until(() -> cgroup.processes().size() == 2);
        Cgroup open = Cgroup.open(host, cgroup.path());
        open.update(Given.memory(256 * MIB, 300 * MIB));
        assertEquals(256 * MIB, cgroup.stats().memoryLimit());
        open.update(Given.memory(32 * MIB, 32 * MIB));
        assertEquals("33554432", file(cgroup, "memory", "memory.memsw.limit_in_bytes"));
        // in a tree that it was not in
        open.update(Given.pids(2));
        assertEquals(2, cgroup.stats().pids());
        assertEquals(2, cgroup.stats().pidsLimit());
        open.update(
                Given.cpu(new Cpu(null, 50_000L, 20_000L, 100_000L, null, null, null, null, null)));
        open.update(
                Given.cpu(new Cpu(null, 10_000L, 5_000L, 100_000L, null, null, null, null, null)));
        assertEquals("10000", file(cgroup, "cpu", "cpu.cfs_quota_us"));
        String message =
                assertThrows(
                                CgroupException.class,
                                () ->
                                        open.update(
                                                Given.cpu(
                                                        new Cpu(
                                                                null, 5L, null, null, null, null,
                                                                null, null, null))))
                        .getMessage();
        assertEquals(
                "cpu limit: 5 us in each period (1000 us to 1 s): invalid argument (EINVAL)",
                message);
        Memory small = new Memory(4096L, null, null, null, null, null, null, null, true);
        String refusal =
                String.valueOf(
                        assertThrows(CgroupException.class, () -> open.update(Given.memory(small)))
                                .getMessage());
        assertTrue(refusal.startsWith("memory limit: 4096 bytes is less than the "), refusal);
        assertTrue(process.isAlive());
    }

    @Test
    void removesWhatTheContainerLeft() throws Exception {
        Cgroup cgroup = make(host, Given.nothing());
        String dir = host.find("memory").orElseThrow().base() + cgroup.path();
        Process process =
                start(
                        cgroup,
                        "mkdir -p "
                                + dir
                                + "/inner/most; setsid sleep 60 & echo 0 > "
                                + dir
                                + "/inner/most/tasks; exec sleep 60");
        until(() -> cgroup.processes().size() == 2 && Files.exists(Path.of(dir, "inner/most")));
        cgroup.remove();
        assertFalse(Files.exists(Path.of(dir)));
        assertTrue(process.waitFor(10, TimeUnit.SECONDS));
    }
}
