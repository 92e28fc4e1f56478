package dev.carafe.runtime.cgroup;

import dev.carafe.oci.runtime.BlockIo;
import dev.carafe.oci.runtime.Cpu;
import dev.carafe.oci.runtime.DeviceRule;
import dev.carafe.oci.runtime.HugepageLimit;
import dev.carafe.oci.runtime.Memory;
import dev.carafe.oci.runtime.NetworkLimit;
import dev.carafe.oci.runtime.Pids;
import dev.carafe.oci.runtime.Rdma;
import dev.carafe.oci.runtime.Resources;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Resources for tests, one part each. */
final class Given {
    private Given() {}

    static Resources nothing() {
        return all(null, null, null, null);
    }

    static Resources memory(Memory memory) {
        return all(memory, null, null, null);
    }

    static Resources memory(long limit, long swap) {
        return memory(new Memory(limit, null, swap, null, null, null, null, null, null));
    }

    static Resources cpu(Cpu cpu) {
        return all(null, cpu, null, null);
    }

    static Resources pids(long limit) {
        return all(null, null, new Pids(limit), null);
    }

    static Resources io(BlockIo io) {
        return all(null, null, null, io);
    }

    static Resources all(
            @Nullable Memory memory, @Nullable Cpu cpu, @Nullable Pids pids, @Nullable BlockIo io) {
        return new Resources(List.of(), memory, cpu, pids, io, List.of(), null, Map.of(), Map.of());
    }

    static Resources devices(DeviceRule... rules) {
        return new Resources(
                List.of(rules), null, null, null, null, List.of(), null, Map.of(), Map.of());
    }

    static Resources hugepages(String size, long limit) {
        return new Resources(
                List.of(),
                null,
                null,
                null,
                null,
                List.of(new HugepageLimit(size, limit)),
                null,
                Map.of(),
                Map.of());
    }

    static Resources network(long classId, String name, long priority) {
        NetworkLimit network =
                new NetworkLimit(
                        classId, List.of(new NetworkLimit.InterfacePriority(name, priority)));
        return new Resources(
                List.of(), null, null, null, null, List.of(), network, Map.of(), Map.of());
    }

    static Resources rdma(String device, Rdma rdma) {
        return new Resources(
                List.of(), null, null, null, null, List.of(), null, Map.of(device, rdma), Map.of());
    }

    static Resources unified(String file, String value) {
        return new Resources(
                List.of(), null, null, null, null, List.of(), null, Map.of(), Map.of(file, value));
    }
}
