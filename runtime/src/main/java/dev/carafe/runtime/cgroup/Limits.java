package dev.carafe.runtime.cgroup;

import dev.carafe.oci.runtime.BlockIo;
import dev.carafe.oci.runtime.BlockIo.ThrottleDevice;
import dev.carafe.oci.runtime.BlockIo.WeightDevice;
import dev.carafe.oci.runtime.Cpu;
import dev.carafe.oci.runtime.HugepageLimit;
import dev.carafe.oci.runtime.Memory;
import dev.carafe.oci.runtime.NetworkLimit;
import dev.carafe.oci.runtime.Pids;
import dev.carafe.oci.runtime.Rdma;
import dev.carafe.oci.runtime.Resources;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The OCI resources as texts for cgroup files, in the order in which the kernel takes them. Version
 * 1 and 2 differ by controller, since a hybrid host may have some in each.
 */
final class Limits {
    private static final String CLASSIC_ONLY =
            "cgroup v2 has no such setting; leave it out on this host";

    private final CgroupHost host;
    private final List<Limit> limits = new ArrayList<>();

    private Limits(CgroupHost host) {
        this.host = host;
    }

    /**
     * Everything but the device rules.
     *
     * @throws CgroupException when a controller is missing, or a value has no meaning there
     */
    static List<Limit> of(CgroupHost host, Resources resources) throws CgroupException {
        Limits limits = new Limits(host);
        if (resources.cpu() != null) {
            limits.cpu(resources.cpu());
            limits.cpuset(resources.cpu());
        }
        if (resources.memory() != null) {
            limits.memory(resources.memory());
        }
        if (resources.pids() != null) {
            limits.pids(resources.pids());
        }
        if (resources.blockIO() != null) {
            limits.blockIo(resources.blockIO());
        }
        for (HugepageLimit limit : resources.hugepageLimits()) {
            limits.hugepages(limit);
        }
        if (resources.network() != null) {
            limits.network(resources.network());
        }
        for (Map.Entry<String, Rdma> device : resources.rdma().entrySet()) {
            limits.rdma(device.getKey(), device.getValue());
        }
        for (Map.Entry<String, String> file : resources.unified().entrySet()) {
            limits.unified(file.getKey(), file.getValue());
        }
        return limits.limits;
    }

    private void add(Hierarchy tree, String controller, String file, String value, String why) {
        limits.add(new Limit(tree, controller, file, value, why));
    }

    private void cpu(Cpu cpu) throws CgroupException {
        boolean realtime = value(cpu.realtimePeriod()) != 0 || value(cpu.realtimeRuntime()) != 0;
        if (value(cpu.shares()) == 0
                && value(cpu.quota()) == 0
                && value(cpu.period()) == 0
                && cpu.burst() == null
                && cpu.idle() == null
                && !realtime) {
            return;
        }
        Hierarchy tree = host.require("cpu", "cpu limit");
        if (tree.unified()) {
            cpuUnified(tree, cpu);
        } else {
            cpuClassic(tree, cpu);
        }
        if (cpu.idle() != null) {
            // after the weight, which an idle group refuses
            add(
                    tree,
                    "cpu",
                    "cpu.idle",
                    cpu.idle().toString(),
                    "run at SCHED_IDLE (needs Linux 5.15)");
        }
    }

    private void cpuUnified(Hierarchy tree, Cpu cpu) throws CgroupException {
        if (value(cpu.realtimePeriod()) != 0 || value(cpu.realtimeRuntime()) != 0) {
            throw new CgroupException("cpu realtime limit: " + CLASSIC_ONLY);
        }
        if (value(cpu.shares()) != 0) {
            String weight = Long.toString(weight(value(cpu.shares())));
            add(tree, "cpu", "cpu.weight", weight, "cpu weight for " + cpu.shares() + " shares");
        }
        if (value(cpu.quota()) != 0 || value(cpu.period()) != 0) {
            String quota = value(cpu.quota()) > 0 ? Long.toString(value(cpu.quota())) : "max";
            String max = value(cpu.period()) != 0 ? quota + " " + cpu.period() : quota;
            add(tree, "cpu", "cpu.max", max, why(cpu));
        }
        if (cpu.burst() != null) {
            String why = "cpu burst (at most the quota; needs Linux 5.14)";
            add(tree, "cpu", "cpu.max.burst", cpu.burst().toString(), why);
        }
    }

    private void cpuClassic(Hierarchy tree, Cpu cpu) {
        if (value(cpu.shares()) != 0) {
            add(tree, "cpu", "cpu.shares", Long.toString(value(cpu.shares())), "cpu shares");
        }
        if (value(cpu.period()) != 0) {
            add(tree, "cpu", "cpu.cfs_period_us", Long.toString(value(cpu.period())), why(cpu));
        }
        if (value(cpu.quota()) != 0) {
            add(tree, "cpu", "cpu.cfs_quota_us", Long.toString(value(cpu.quota())), why(cpu));
        }
        if (cpu.burst() != null) {
            String why = "cpu burst (at most the quota; needs Linux 5.14)";
            add(tree, "cpu", "cpu.cfs_burst_us", cpu.burst().toString(), why);
        }
        String realtime = "cpu realtime limit (the groups above need as much in cpu.rt_runtime_us)";
        if (value(cpu.realtimePeriod()) != 0) {
            add(
                    tree,
                    "cpu",
                    "cpu.rt_period_us",
                    Long.toString(value(cpu.realtimePeriod())),
                    realtime);
        }
        if (value(cpu.realtimeRuntime()) != 0) {
            add(
                    tree,
                    "cpu",
                    "cpu.rt_runtime_us",
                    Long.toString(value(cpu.realtimeRuntime())),
                    realtime);
        }
    }

    private static String why(Cpu cpu) {
        String quota = value(cpu.quota()) > 0 ? cpu.quota() + " us" : "no limit";
        String period = value(cpu.period()) != 0 ? cpu.period() + " us" : "each period";
        return "cpu limit: " + quota + " in " + period + " (1000 us to 1 s)";
    }

    /**
     * cpu.weight for cpu.shares: a curve through the three points that both have: least (2 and 1),
     * default (1024 and 100) and most (262144 and 10000).
     */
    static long weight(long shares) {
        if (shares <= 2) {
            return 1;
        }
        if (shares >= 262144) {
            return 10000;
        }
        double l = Math.log((double) shares) / Math.log(2);
        return (long) Math.ceil(Math.pow(10, (l * l + 125 * l) / 612.0 - 7.0 / 34.0) - 1e-9);
    }

    private void cpuset(Cpu cpu) throws CgroupException {
        String cpus = cpu.cpus();
        if (cpus != null && !cpus.isEmpty()) {
            Hierarchy tree = host.require("cpuset", "cpuset limit");
            add(tree, "cpuset", "cpuset.cpus", cpus, "run on cpus " + cpus + " (they must exist)");
        }
        String mems = cpu.mems();
        if (mems != null && !mems.isEmpty()) {
            Hierarchy tree = host.require("cpuset", "cpuset limit");
            String why = "memory of nodes " + mems + " (they must exist)";
            add(tree, "cpuset", "cpuset.mems", mems, why);
        }
    }

    private void memory(Memory memory) throws CgroupException {
        boolean oomDisabled = memory.disableOOMKiller() != null && memory.disableOOMKiller();
        if (value(memory.limit()) == 0
                && value(memory.swap()) == 0
                && value(memory.reservation()) == 0
                && memory.swappiness() == null
                && value(memory.kernelTCP()) == 0
                && !oomDisabled) {
            return;
        }
        if (value(memory.swap()) > 0) {
            if (value(memory.limit()) == 0) {
                throw new CgroupException(
                        "swap limit: it counts memory and swap together; give a memory limit too");
            }
            if (value(memory.swap()) < value(memory.limit())) {
                throw new CgroupException(
                        "swap limit: "
                                + memory.swap()
                                + " bytes of memory and swap together is less than the memory"
                                + " limit of "
                                + memory.limit()
                                + " bytes");
            }
        }
        Hierarchy tree = host.require("memory", "memory limit");
        if (tree.unified()) {
            memoryUnified(tree, memory, oomDisabled);
        } else {
            memoryClassic(tree, memory, oomDisabled);
        }
    }

    private void memoryUnified(Hierarchy tree, Memory memory, boolean oomDisabled)
            throws CgroupException {
        if (oomDisabled) {
            throw new CgroupException("memory disableOOMKiller: " + CLASSIC_ONLY);
        }
        if (memory.swappiness() != null) {
            throw new CgroupException("memory swappiness: " + CLASSIC_ONLY);
        }
        if (value(memory.kernelTCP()) != 0) {
            throw new CgroupException("memory kernelTCP: " + CLASSIC_ONLY);
        }
        if (value(memory.swap()) != 0) {
            long limit = value(memory.limit());
            long both = value(memory.swap());
            long swap = both < 0 || limit <= 0 ? -1 : both - limit;
            String why = "swap limit: " + bytes(swap) + " beside the memory";
            add(tree, "memory", "memory.swap.max", orMax(swap), why);
        }
        if (value(memory.limit()) != 0) {
            add(
                    tree,
                    "memory",
                    "memory.max",
                    orMax(value(memory.limit())),
                    "memory limit: " + bytes(value(memory.limit())));
        }
        if (value(memory.reservation()) != 0) {
            String why =
                    "memory reservation: keep "
                            + bytes(value(memory.reservation()))
                            + " from being reclaimed";
            add(tree, "memory", "memory.low", orMax(value(memory.reservation())), why);
        }
    }

    private void memoryClassic(Hierarchy tree, Memory memory, boolean oomDisabled) {
        if (value(memory.limit()) != 0) {
            // before the limit with swap, which may not be below it
            String why =
                    "memory limit: "
                            + bytes(value(memory.limit()))
                            + " (EBUSY: more than that is in use)";
            add(tree, "memory", "memory.limit_in_bytes", Long.toString(value(memory.limit())), why);
        }
        long limit = value(memory.limit());
        long swap = value(memory.swap()) == 0 && limit < 0 ? -1 : value(memory.swap());
        if (swap != 0) {
            String why =
                    "memory and swap limit: "
                            + bytes(swap)
                            + " (ENOENT: boot the kernel with swapaccount=1)";
            // a kernel that counts no swap has none to limit
            Limit.Fallback fallback = swap < 0 ? Limit.Fallback.SKIP : null;
            limits.add(
                    new Limit(
                            tree,
                            "memory",
                            "memory.memsw.limit_in_bytes",
                            Long.toString(swap),
                            why,
                            fallback));
        }
        if (value(memory.reservation()) != 0) {
            String why =
                    "memory reservation: fall back to "
                            + bytes(value(memory.reservation()))
                            + " when memory is short";
            add(
                    tree,
                    "memory",
                    "memory.soft_limit_in_bytes",
                    Long.toString(value(memory.reservation())),
                    why);
        }
        if (value(memory.kernelTCP()) != 0) {
            String why = "limit of TCP buffers: " + bytes(value(memory.kernelTCP()));
            add(
                    tree,
                    "memory",
                    "memory.kmem.tcp.limit_in_bytes",
                    Long.toString(value(memory.kernelTCP())),
                    why);
        }
        if (memory.swappiness() != null) {
            add(
                    tree,
                    "memory",
                    "memory.swappiness",
                    memory.swappiness().toString(),
                    "swappiness (0 to 100)");
        }
        if (oomDisabled) {
            add(tree, "memory", "memory.oom_control", "1", "wait when out of memory, do not kill");
        }
    }

    private void pids(Pids pids) throws CgroupException {
        if (pids.limit() <= 0 && host.find("pids").isEmpty()) {
            return;
        }
        String value = pids.limit() <= 0 ? "max" : Long.toString(pids.limit());
        add(host.require("pids", "pids limit"), "pids", "pids.max", value, "pids limit: " + value);
    }

    private void blockIo(BlockIo io) throws CgroupException {
        if (io.weight() == null
                && io.leafWeight() == null
                && io.weightDevice().isEmpty()
                && io.throttleReadBpsDevice().isEmpty()
                && io.throttleWriteBpsDevice().isEmpty()
                && io.throttleReadIOPSDevice().isEmpty()
                && io.throttleWriteIOPSDevice().isEmpty()) {
            return;
        }
        boolean unified = host.find("blkio").isEmpty();
        Hierarchy tree = host.require(unified ? "io" : "blkio", "block I/O limit");
        if (io.weight() != null) {
            weight(tree, "", io.weight());
        }
        if (io.leafWeight() != null) {
            leafWeight(tree, "blkio.leaf_weight", io.leafWeight().toString());
        }
        for (WeightDevice device : io.weightDevice()) {
            String number = device.major() + ":" + device.minor() + " ";
            if (device.weight() != null) {
                weight(tree, number, device.weight());
            }
            if (device.leafWeight() != null) {
                leafWeight(tree, "blkio.leaf_weight_device", number + device.leafWeight());
            }
        }
        throttle(
                tree,
                io.throttleReadBpsDevice(),
                "rbps",
                "read_bps",
                "read at most %s bytes a second");
        throttle(
                tree,
                io.throttleWriteBpsDevice(),
                "wbps",
                "write_bps",
                "write at most %s bytes a second");
        throttle(
                tree,
                io.throttleReadIOPSDevice(),
                "riops",
                "read_iops",
                "read at most %s times a second");
        throttle(
                tree,
                io.throttleWriteIOPSDevice(),
                "wiops",
                "write_iops",
                "write at most %s times a second");
    }

    /** BFQ has files of its own, which are there when it is; its scale is that of version 1. */
    private void weight(Hierarchy tree, String device, int weight) {
        String own = device + weight;
        String why = "block I/O weight (10 to 1000; needs the BFQ scheduler or io.cost)";
        if (tree.unified()) {
            String converted = device + (1 + (weight - 10L) * 9999 / 990);
            Limit.Fallback fallback =
                    new Limit.Fallback(
                            "io.weight", device.isEmpty() ? "default " + converted : converted);
            limits.add(new Limit(tree, "io", "io.bfq.weight", own, why, fallback));
        } else {
            String suffix = device.isEmpty() ? "" : "_device";
            Limit.Fallback fallback = new Limit.Fallback("blkio.weight" + suffix, own);
            limits.add(new Limit(tree, "blkio", "blkio.bfq.weight" + suffix, own, why, fallback));
        }
    }

    private void leafWeight(Hierarchy tree, String file, String value) throws CgroupException {
        if (tree.unified()) {
            throw new CgroupException("block I/O leaf weight: " + CLASSIC_ONLY);
        }
        add(tree, "blkio", file, value, "block I/O leaf weight (Linux 5.0 removed it)");
    }

    private void throttle(
            Hierarchy tree, List<ThrottleDevice> devices, String key, String classic, String what) {
        for (ThrottleDevice device : devices) {
            String number = device.major() + ":" + device.minor();
            String rate = Long.toUnsignedString(device.rate());
            String why = "block device " + number + " (it must exist): " + what.replace("%s", rate);
            if (tree.unified()) {
                // in io.max no limit is a word, not a zero
                String value = device.rate() == 0 ? "max" : rate;
                add(tree, "io", "io.max", number + " " + key + "=" + value, why);
            } else {
                add(
                        tree,
                        "blkio",
                        "blkio.throttle." + classic + "_device",
                        number + " " + rate,
                        why);
            }
        }
    }

    private void hugepages(HugepageLimit limit) throws CgroupException {
        Hierarchy tree = host.require("hugetlb", "hugepage limit");
        String size = limit.pageSize();
        if (size.indexOf('/') >= 0 || size.isEmpty()) {
            throw new CgroupException("hugepage limit: not a page size: " + size);
        }
        String value = Long.toUnsignedString(limit.limit());
        String why =
                "hugepage limit: "
                        + value
                        + " bytes in pages of "
                        + size
                        + " (ENOENT: no pages of that size)";
        String end = tree.unified() ? ".max" : ".limit_in_bytes";
        add(tree, "hugetlb", "hugetlb." + size + end, value, why);
        // reservations are counted apart since Linux 5.7
        limits.add(
                new Limit(
                        tree,
                        "hugetlb",
                        "hugetlb." + size + ".rsvd" + end,
                        value,
                        why,
                        Limit.Fallback.SKIP));
    }

    private void network(NetworkLimit network) throws CgroupException {
        if (network.classID() != null) {
            Hierarchy tree = host.require("net_cls", "network class");
            String value = Long.toUnsignedString(network.classID());
            add(tree, "net_cls", "net_cls.classid", value, "class of the network packets");
        }
        for (NetworkLimit.InterfacePriority priority : network.priorities()) {
            Hierarchy tree = host.require("net_prio", "network priority");
            String value = priority.name() + " " + Long.toUnsignedString(priority.priority());
            String why = "priority of packets on " + priority.name() + " (it must exist)";
            add(tree, "net_prio", "net_prio.ifpriomap", value, why);
        }
    }

    private void rdma(String device, Rdma limit) throws CgroupException {
        Hierarchy tree = host.require("rdma", "rdma limit");
        String value =
                device
                        + (limit.hcaHandles() == null ? "" : " hca_handle=" + limit.hcaHandles())
                        + (limit.hcaObjects() == null ? "" : " hca_object=" + limit.hcaObjects());
        add(tree, "rdma", "rdma.max", value, "rdma limit of " + device + " (it must exist)");
    }

    private void unified(String file, String value) throws CgroupException {
        String what = "unified " + file;
        int dot = file.indexOf('.');
        if (dot <= 0 || file.indexOf('/') >= 0) {
            throw new CgroupException(
                    what + ": not the name of a cgroup v2 file, such as memory.high");
        }
        Hierarchy tree = host.unified().orElse(null);
        if (tree == null) {
            throw new CgroupException(
                    what + ": this host has no cgroup v2; use the limit of its own name");
        }
        String controller = file.substring(0, dot);
        if (!controller.equals("cgroup")) {
            tree = host.require(controller, what);
            if (!tree.unified()) {
                throw new CgroupException(
                        what
                                + ": the "
                                + controller
                                + " controller is in cgroup v1 here; use the limit of its own name");
            }
        }
        // the kernel takes one line in each write
        int from = 0;
        while (from < value.length()) {
            int end = value.indexOf('\n', from);
            String line = value.substring(from, end < 0 ? value.length() : end);
            if (!line.isBlank()) {
                add(tree, controller, file, line, what);
            }
            from = end < 0 ? value.length() : end + 1;
        }
    }

    /** The specification's word for "not given" is absence, and Docker's is zero. */
    private static long value(@Nullable Long value) {
        return value == null ? 0 : value;
    }

    private static String orMax(long value) {
        return value < 0 ? "max" : Long.toString(value);
    }

    private static String bytes(long value) {
        return value < 0 ? "none" : value + " bytes";
    }
}
