package dev.carafe.runtime.cgroup;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.carafe.linux.Plan;
import dev.carafe.oci.runtime.BlockIo;
import dev.carafe.oci.runtime.BlockIo.ThrottleDevice;
import dev.carafe.oci.runtime.BlockIo.WeightDevice;
import dev.carafe.oci.runtime.Cpu;
import dev.carafe.oci.runtime.Memory;
import dev.carafe.oci.runtime.Rdma;
import dev.carafe.oci.runtime.Resources;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class LimitsTest {
    private static final CgroupHost V2 =
            new CgroupHost(
                    List.of(
                            new Hierarchy(
                                    true,
                                    "/sys/fs/cgroup",
                                    "/sys/fs/cgroup",
                                    List.of(
                                            "cpuset", "cpu", "io", "memory", "hugetlb", "pids",
                                            "rdma"),
                                    true,
                                    false)),
                    false);

    private static CgroupHost v1(String... controllers) {
        List<Hierarchy> trees = new ArrayList<>();
        for (String controller : controllers) {
            String dir = "/c/" + controller;
            trees.add(new Hierarchy(false, dir, dir, List.of(controller), true, false));
        }
        return new CgroupHost(trees, false);
    }

    private static String limits(CgroupHost host, Resources resources) throws CgroupException {
        StringBuilder text = new StringBuilder();
        for (Limit limit : Limits.of(host, resources)) {
            text.append(limit.file()).append(" = ").append(limit.value());
            Limit.Fallback fallback = limit.fallback();
            if (fallback != null) {
                text.append(
                        fallback.file() == null
                                ? " (if it exists)"
                                : " or " + fallback.file() + " = " + fallback.value());
            }
            text.append('\n');
        }
        return text.toString();
    }

    private static String refusal(CgroupHost host, Resources resources) {
        return String.valueOf(
                assertThrows(CgroupException.class, () -> Limits.of(host, resources)).getMessage());
    }

    @Test
    void sharesBecomeWeight() {
        assertEquals(1, Limits.weight(2));
        assertEquals(1, Limits.weight(0));
        assertEquals(100, Limits.weight(1024));
        assertEquals(10000, Limits.weight(262144));
        assertEquals(10000, Limits.weight(Long.MAX_VALUE));
        for (long shares = 3; shares < 262144; shares++) {
            if (Limits.weight(shares) < Limits.weight(shares - 1)) {
                throw new AssertionError("falls at " + shares);
            }
        }
    }

    @Test
    void cpu() throws CgroupException {
        Resources given =
                Given.cpu(new Cpu(512L, 50_000L, 1000L, 100_000L, null, null, "0-1", "0", 1L));
        assertEquals(
                """
                cpu.weight = 59
                cpu.max = 50000 100000
                cpu.max.burst = 1000
                cpu.idle = 1
                cpuset.cpus = 0-1
                cpuset.mems = 0
                """,
                limits(V2, given));
        assertEquals(
                """
                cpu.shares = 512
                cpu.cfs_period_us = 100000
                cpu.cfs_quota_us = 50000
                cpu.cfs_burst_us = 1000
                cpu.idle = 1
                cpuset.cpus = 0-1
                cpuset.mems = 0
                """,
                limits(v1("cpu", "cpuset"), given));
        Resources period = Given.cpu(new Cpu(0L, -1L, null, 50_000L, null, null, "", null, null));
        assertEquals("cpu.max = max 50000\n", limits(V2, period));
        Resources realtime =
                Given.cpu(new Cpu(null, null, null, null, 950L, 1000L, null, null, null));
        assertEquals(
                "cpu.rt_period_us = 1000\ncpu.rt_runtime_us = 950\n", limits(v1("cpu"), realtime));
        assertEquals(
                "cpu realtime limit: cgroup v2 has no such setting; leave it out on this host",
                refusal(V2, realtime));
    }

    @Test
    void memory() throws CgroupException {
        Resources given =
                Given.memory(new Memory(100L, 50L, 300L, 7L, null, null, false, true, null));
        assertEquals(
                "memory.swap.max = 200\nmemory.max = 100\nmemory.low = 50\n", limits(V2, given));
        assertEquals(
                "memory.limit_in_bytes = 100\nmemory.memsw.limit_in_bytes = 300\nmemory.soft_limit_in_bytes = 50\n",
                limits(v1("memory"), given));
        assertEquals(
                "memory.swap.max = max\nmemory.max = 100\n", limits(V2, Given.memory(100, -1)));
        assertEquals("memory.swap.max = 0\nmemory.max = 100\n", limits(V2, Given.memory(100, 100)));
        assertEquals("memory.max = max\n", limits(V2, Given.memory(-1, 0)));
        assertEquals(
                "memory.limit_in_bytes = -1\nmemory.memsw.limit_in_bytes = -1 (if it exists)\n",
                limits(v1("memory"), Given.memory(-1, 0)));
        Resources classic =
                Given.memory(new Memory(null, null, null, null, 9L, 0L, true, null, null));
        assertEquals(
                "memory.kmem.tcp.limit_in_bytes = 9\nmemory.swappiness = 0\nmemory.oom_control = 1\n",
                limits(v1("memory"), classic));
        assertEquals(
                "memory disableOOMKiller: cgroup v2 has no such setting; leave it out on this host",
                refusal(V2, classic));
    }

    @Test
    void memoryRefusals() {
        assertEquals(
                "swap limit: 50 bytes of memory and swap together is less than the memory limit of 100 bytes",
                refusal(V2, Given.memory(100, 50)));
        assertEquals(
                "swap limit: it counts memory and swap together; give a memory limit too",
                refusal(V2, Given.memory(0, 50)));
        assertEquals(
                "memory limit: no memory controller is mounted; mount it: mkdir /sys/fs/cgroup/memory && mount -t"
                        + " cgroup -o memory memory /sys/fs/cgroup/memory",
                refusal(v1("pids"), Given.memory(100, 0)));
        assertEquals(
                "memory limit: no cgroup file system is mounted; mount one: mount -t cgroup2 none /sys/fs/cgroup",
                refusal(v1(), Given.memory(100, 0)));
    }

    @Test
    void pids() throws CgroupException {
        assertEquals("pids.max = 64\n", limits(V2, Given.pids(64)));
        assertEquals("pids.max = max\n", limits(v1("pids"), Given.pids(-1)));
        assertEquals("", limits(v1("cpu"), Given.pids(0)));
    }

    @Test
    void blockIo() throws CgroupException {
        Resources given =
                Given.io(
                        new BlockIo(
                                500,
                                null,
                                List.of(new WeightDevice(8, 0, 10, null)),
                                List.of(new ThrottleDevice(8, 0, 1000)),
                                List.of(new ThrottleDevice(8, 0, -1)),
                                List.of(new ThrottleDevice(8, 16, 5)),
                                List.of(new ThrottleDevice(8, 16, 0))));
        assertEquals(
                """
                io.bfq.weight = 500 or io.weight = default 4950
                io.bfq.weight = 8:0 10 or io.weight = 8:0 1
                io.max = 8:0 rbps=1000
                io.max = 8:0 wbps=18446744073709551615
                io.max = 8:16 riops=5
                io.max = 8:16 wiops=max
                """,
                limits(V2, given));
        assertEquals(
                """
                blkio.bfq.weight = 500 or blkio.weight = 500
                blkio.bfq.weight_device = 8:0 10 or blkio.weight_device = 8:0 10
                blkio.throttle.read_bps_device = 8:0 1000
                blkio.throttle.write_bps_device = 8:0 18446744073709551615
                blkio.throttle.read_iops_device = 8:16 5
                blkio.throttle.write_iops_device = 8:16 0
                """,
                limits(v1("blkio"), given));
        Resources leaf =
                Given.io(
                        new BlockIo(
                                null, 100, List.of(), List.of(), List.of(), List.of(), List.of()));
        assertEquals("blkio.leaf_weight = 100\n", limits(v1("blkio"), leaf));
        assertEquals(
                "block I/O leaf weight: cgroup v2 has no such setting; leave it out on this host",
                refusal(V2, leaf));
    }

    @Test
    void theOthers() throws CgroupException {
        assertEquals(
                "hugetlb.2MB.max = 4194304\nhugetlb.2MB.rsvd.max = 4194304 (if it exists)\n",
                limits(V2, Given.hugepages("2MB", 4194304)));
        assertEquals(
                "hugetlb.1GB.limit_in_bytes = 0\nhugetlb.1GB.rsvd.limit_in_bytes = 0 (if it exists)\n",
                limits(v1("hugetlb"), Given.hugepages("1GB", 0)));
        assertEquals(
                "net_cls.classid = 4294967295\nnet_prio.ifpriomap = eth0 5\n",
                limits(v1("net_cls", "net_prio"), Given.network(4294967295L, "eth0", 5)));
        assertEquals(
                "rdma.max = mlx hca_handle=2 hca_object=3\n",
                limits(V2, Given.rdma("mlx", new Rdma(2L, 3L))));
        assertEquals(
                "io.max = 8:0 rbps=1\nio.max = 8:16 rbps=1\n",
                limits(V2, Given.unified("io.max", "8:0 rbps=1\n8:16 rbps=1\n")));
        assertEquals("cgroup.max.depth = 3\n", limits(V2, Given.unified("cgroup.max.depth", "3")));
        assertEquals(
                "unified ../x: not the name of a cgroup v2 file, such as memory.high",
                refusal(V2, Given.unified("../x", "3")));
        assertEquals(
                "unified memory.high: this host has no cgroup v2; use the limit of its own name",
                refusal(v1("memory"), Given.unified("memory.high", "3")));
    }

    @Test
    void v2PlanFromTheTop() throws Exception {
        Resources given =
                Given.all(
                        new Memory(100L, null, null, null, null, null, null, null, null),
                        new Cpu(null, 5000L, null, 10000L, null, null, null, null, null),
                        null,
                        null);
        Cgroup cgroup = Cgroup.plan(CgroupHostTest.v2(), new FakeFs(true), "/carafe/a", given);
        Plan launch = new Plan();
        cgroup.prepare(launch);
        assertEquals(
                """
                /sys/fs/cgroup/cgroup.subtree_control = +memory +pids +io +cpu
                mkdir /sys/fs/cgroup/carafe
                /sys/fs/cgroup/carafe/cgroup.subtree_control = +memory +pids +io +cpu
                mkdir /sys/fs/cgroup/carafe/a
                /sys/fs/cgroup/carafe/a/cpu.max = 5000 10000
                /sys/fs/cgroup/carafe/a/memory.max = 100
                bpf
                pipe2
                dup3
                dup3
                bpf
                """,
                Lines.of(launch));
        Plan container = new Plan();
        cgroup.join(container);
        assertEquals("/sys/fs/cgroup/carafe/a/cgroup.procs = 0\n", Lines.of(container));
        assertEquals(List.of(new CgroupMount("/sys/fs/cgroup", "cgroup2", "")), cgroup.mounts());
    }

    @Test
    void v2PlanOfAnOccupiedGroup() throws Exception {
        Hierarchy tree = new Hierarchy(true, "/c", "/c/me", List.of("memory", "pids"), true, true);
        Plan launch = new Plan();
        Cgroup.plan(
                        new CgroupHost(List.of(tree), false),
                        new FakeFs(false).file("/c/me/cgroup.procs", "12\n13\n"),
                        "/a",
                        Given.nothing())
                .prepare(launch);
        assertEquals(
                """
                mkdir /c/me/carafe.self
                /c/me/carafe.self/cgroup.procs = 12
                /c/me/carafe.self/cgroup.procs = 13
                /c/me/cgroup.subtree_control = +memory +pids
                mkdir /c/me/a
                """,
                Lines.of(launch));
    }

    @Test
    void v1PlanCopiesTheCpusetOfTheParent() throws Exception {
        FakeFs fs =
                new FakeFs(false)
                        .file("/c/cpuset/cpuset.cpus", "0-3\n")
                        .file("/c/cpuset/cpuset.mems", "0\n");
        fs.file("/c/cpuset/carafe/cpuset.cpus", "0-2\n").file("/c/cpuset/carafe/cpuset.mems", "\n");
        Cgroup cgroup =
                Cgroup.plan(
                        v1("cpuset", "memory", "pids"),
                        fs,
                        "/carafe/a",
                        Given.cpu(new Cpu(null, null, null, null, null, null, "1", null, null)));
        Plan launch = new Plan();
        cgroup.prepare(launch);
        assertEquals(
                """
                mkdir /c/cpuset/carafe
                /c/cpuset/carafe/cpuset.mems = 0
                mkdir /c/cpuset/carafe/a
                /c/cpuset/carafe/a/cpuset.cpus = 0-3
                /c/cpuset/carafe/a/cpuset.mems = 0
                /c/cpuset/carafe/a/cpuset.cpus = 1
                mkdir /c/memory/carafe
                mkdir /c/memory/carafe/a
                """,
                Lines.of(launch));
        Plan container = new Plan();
        cgroup.join(container);
        assertEquals(
                "/c/cpuset/carafe/a/tasks = 0\n/c/memory/carafe/a/tasks = 0\n",
                Lines.of(container));
    }

    @Test
    void pathsStayBelowTheBase() {
        for (String path : List.of("", "/", "a", "/a/../b", "/..", "//a", "/a/", "/a/.", "/a\nb")) {
            assertThrows(CgroupException.class, () -> Cgroup.open(V2, path), path);
        }
    }
}
