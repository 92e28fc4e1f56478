package dev.carafe.runtime.cgroup;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.carafe.linux.Arch;
import dev.carafe.linux.Blob;
import dev.carafe.linux.Elf;
import dev.carafe.linux.Fd;
import dev.carafe.linux.Label;
import dev.carafe.linux.Plan;
import dev.carafe.linux.Step;
import dev.carafe.linux.Sys;
import dev.carafe.oci.runtime.BlockIo;
import dev.carafe.oci.runtime.Cpu;
import dev.carafe.oci.runtime.DeviceRule;
import dev.carafe.oci.runtime.HugepageLimit;
import dev.carafe.oci.runtime.Memory;
import dev.carafe.oci.runtime.Pids;
import dev.carafe.oci.runtime.Resources;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The plans for cgroup v2 on a kernel that has nothing else: PID 1 of a virtual machine is the plan
 * that makes the group, and its child the one that joins it.
 */
class GuestTest {
    private static final String QEMU = "/usr/bin/qemu-system-x86_64";
    private static final String TOP = "/sys/fs/cgroup";
    private static final String GROUP = TOP + "/carafe/a";
    private static final List<String> CONTROLLERS =
            List.of("cpuset", "cpu", "io", "memory", "hugetlb", "pids", "rdma", "misc");
    private static final List<String> FILES =
            List.of(
                    "cgroup.controllers",
                    "cpu.weight",
                    "cpu.max",
                    "cpu.max.burst",
                    "cpu.stat",
                    "cpuset.cpus",
                    "io.weight",
                    "memory.max",
                    "memory.low",
                    "memory.high",
                    "memory.swap.max",
                    "memory.swap.current",
                    "memory.current",
                    "memory.stat",
                    "memory.events",
                    "hugetlb.2MB.max",
                    "pids.current",
                    "pids.max");

    @TempDir Path temporary;

    private static final Resources GIVEN =
            new Resources(
                    List.of(new DeviceRule(true, "c", 1L, 11L, "r")),
                    new Memory(64L << 20, 16L << 20, 80L << 20, null, null, null, null, null, null),
                    new Cpu(512L, 50_000L, 1_000L, 100_000L, null, null, "0", "0", null),
                    new Pids(20),
                    new BlockIo(500, null, List.of(), List.of(), List.of(), List.of(), List.of()),
                    List.of(new HugepageLimit("2MB", 4L << 20)),
                    null,
                    Map.of(),
                    Map.of("memory.high", "50331648"));

    @Test
    void aKernelOfV2TakesThePlan() throws Exception {
        Path kernel = kernel();
        Hierarchy tree = new Hierarchy(true, TOP, TOP, CONTROLLERS, true, false);
        Cgroup cgroup =
                Cgroup.plan(
                        new CgroupHost(List.of(tree), true), new FakeFs(true), "/carafe/a", GIVEN);
        Map<String, String> told = boot(kernel, init(cgroup));
        assertEquals("refused", told.get("mem"), told.toString());
        assertEquals("opened", told.get("null"));
        assertEquals("opened", told.get("kmsg"));
        assertEquals("refused", told.get("kmsg to write"));
        assertEquals("0::/carafe/a", told.get("/proc/self/cgroup"));
        assertEquals("59", told.get("cpu.weight"));
        assertEquals("50000 100000", told.get("cpu.max"));
        assertEquals("1000", told.get("cpu.max.burst"));
        assertEquals("0", told.get("cpuset.cpus"));
        assertEquals("default 4950", told.get("io.weight"));
        assertEquals("67108864", told.get("memory.max"));
        assertEquals("16777216", told.get("memory.low"));
        assertEquals("50331648", told.get("memory.high"));
        assertEquals("16777216", told.get("memory.swap.max"));
        assertEquals("4194304", told.get("hugetlb.2MB.max"));
        assertEquals("20", told.get("pids.max"));
        counts(told);
    }

    private static void counts(Map<String, String> told) {
        FakeFs fs = new FakeFs(true);
        for (String file : FILES) {
            fs.file(GROUP + "/" + file, told.get(file) + "\n");
        }
        Stats stats =
                new Reading(
                                fs,
                                Map.of(
                                        "", GROUP, "memory", GROUP, "pids", GROUP, "cpu", GROUP,
                                        "io", GROUP))
                        .stats();
        assertEquals(64 << 20, stats.memoryLimit());
        assertEquals(1, stats.pids());
        assertEquals(20, stats.pidsLimit());
        assertEquals(0, stats.swapBytes());
        assertTrue(stats.memoryBytes() > 0, stats.toString());
        assertTrue(stats.inactiveFileBytes() >= 0, stats.toString());
        assertTrue(stats.cpuNanos() >= 0, stats.toString());
        assertTrue(stats.periods() >= 0 && stats.throttledNanos() >= 0, stats.toString());
    }

    /** The kernel that the environment names, or one of this host. */
    private static Path kernel() throws IOException {
        assumeTrue(Files.isExecutable(Path.of(QEMU)), "qemu-system-x86 is not installed");
        String named = System.getenv("CARAFE_TEST_KERNEL");
        if (named != null) {
            return Path.of(named);
        }
        try (Stream<Path> boot = Files.list(Path.of("/boot"))) {
            List<Path> kernels =
                    boot.filter(file -> file.toString().contains("/vmlinuz-")).sorted().toList();
            assumeTrue(
                    !kernels.isEmpty(),
                    "no kernel: install linux-image-cloud-amd64 or set CARAFE_TEST_KERNEL");
            return kernels.getLast();
        }
    }

    private static Plan init(Cgroup cgroup) throws Exception {
        Plan plan = new Plan();
        plan.call("proc", Sys.MOUNT, "proc", "/proc", "proc", 0, "");
        plan.call("v2 alone", Sys.MOUNT, "cgroup2", TOP, "cgroup2", 0, "");
        cgroup.prepare(plan);
        Label child = plan.label();
        Step clone = plan.call("child", Sys.CLONE, 17, 0, 0, 0, 0).child(child);
        plan.call("wait", Sys.WAIT4, clone, 0, 0, 0);
        plan.call("off", Sys.REBOOT, 0xFEE1DEADL, 672274793, 0x4321FEDCL, 0);
        plan.place(child);
        cgroup.join(plan);
        tryOpen(plan, "null", "/null", 2);
        tryOpen(plan, "kmsg", "/kmsg", 0);
        tryOpen(plan, "kmsg to write", "/kmsg", 1);
        tryOpen(plan, "mem", "/mem", 0);
        print(plan, "/proc/self/cgroup", "/proc/self/cgroup");
        for (String file : FILES) {
            print(plan, file, GROUP + "/" + file);
        }
        say(plan, "== end\n");
        plan.call("done", Sys.EXIT_GROUP, 0);
        return plan;
    }

    private static void say(Plan plan, String text) {
        plan.call("say", Sys.WRITE, 1, text, text.length());
    }

    private static void tryOpen(Plan plan, String name, String path, int flags) {
        Label refused = plan.label();
        Label end = plan.label();
        plan.call("try", Sys.OPENAT, Fd.AT_FDCWD, path, flags).onErrno(1, refused);
        say(plan, "== " + name + "\nopened\n");
        plan.call("go on", Sys.GETPID).onSuccess(end);
        plan.place(refused);
        say(plan, "== " + name + "\nrefused\n");
        plan.place(end);
    }

    private static void print(Plan plan, String name, String path) {
        Label end = plan.label();
        Blob content = Blob.room(4096, "content");
        say(plan, "== " + name + "\n");
        Step file = plan.call("open", Sys.OPENAT, Fd.AT_FDCWD, path, 0).onError(end);
        Step read = plan.call("read", Sys.READ, file, content, 4096);
        plan.call("print", Sys.WRITE, 1, content, read);
        plan.place(end);
    }

    private Map<String, String> boot(Path kernel, Plan init) throws Exception {
        Path initrd = temporary.resolve("initrd");
        Files.write(initrd, initrd(Elf.of(Arch.X86_64, init)));
        Process qemu =
                new ProcessBuilder(
                                QEMU,
                                "-machine",
                                "q35",
                                "-accel",
                                "tcg",
                                "-m",
                                "256",
                                "-nodefaults",
                                "-display",
                                "none",
                                "-serial",
                                "stdio",
                                "-no-reboot",
                                "-kernel",
                                kernel.toString(),
                                "-initrd",
                                initrd.toString(),
                                "-append",
                                "console=ttyS0 quiet panic=-1")
                        .redirectErrorStream(true)
                        .redirectOutput(temporary.resolve("console").toFile())
                        .start();
        try {
            assertTrue(qemu.waitFor(120, TimeUnit.SECONDS), "the guest does not end");
        } finally {
            qemu.destroyForcibly().waitFor();
        }
        String console =
                Files.readString(temporary.resolve("console"), StandardCharsets.ISO_8859_1);
        assertTrue(console.contains("== end"), console);
        Map<String, String> told = new TreeMap<>();
        for (String part : console.replace("\r", "").split("== ", -1)) {
            int line = part.indexOf('\n');
            if (line > 0) {
                told.put(part.substring(0, line), part.substring(line + 1).strip());
            }
        }
        return told;
    }

    /** An archive in the form that the kernel unpacks (cpio, "newc"). */
    private static byte[] initrd(byte[] init) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        for (String dir : List.of("dev", "proc", "sys", "sys/fs", "sys/fs/cgroup")) {
            entry(out, dir, 0040755, 0, 0, new byte[0]);
        }
        entry(out, "dev/console", 0020600, 5, 1, new byte[0]);
        entry(out, "null", 0020666, 1, 3, new byte[0]);
        entry(out, "kmsg", 0020666, 1, 11, new byte[0]);
        entry(out, "mem", 0020666, 1, 1, new byte[0]);
        entry(out, "init", 0100755, 0, 0, init);
        entry(out, "TRAILER!!!", 0, 0, 0, new byte[0]);
        return out.toByteArray();
    }

    private static void entry(
            ByteArrayOutputStream out, String name, int mode, int major, int minor, byte[] data) {
        int[] fields = {
            out.size(), mode, 0, 0, 1, 0, data.length, 0, 0, major, minor, name.length() + 1, 0
        };
        StringBuilder header = new StringBuilder("070701");
        for (int field : fields) {
            header.append(String.format("%08X", field));
        }
        out.writeBytes((header + name + "\0").getBytes(StandardCharsets.US_ASCII));
        pad(out);
        out.writeBytes(data);
        pad(out);
    }

    private static void pad(ByteArrayOutputStream out) {
        while (out.size() % 4 != 0) {
            out.write(0);
        }
    }
}
