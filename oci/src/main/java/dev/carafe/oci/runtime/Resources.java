package dev.carafe.oci.runtime;

import dev.carafe.oci.OciException;
import dev.carafe.oci.json.Fields;
import dev.carafe.oci.json.JsonObject;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Limits, set through cgroups (config-linux.md, "Control groups").
 *
 * @param devices rules in order; the last one that matches decides
 * @param rdma by device name
 * @param unified cgroup v2 file name to the text to write to it
 */
public record Resources(
        List<DeviceRule> devices,
        @Nullable Memory memory,
        @Nullable Cpu cpu,
        @Nullable Pids pids,
        @Nullable BlockIo blockIO,
        List<HugepageLimit> hugepageLimits,
        @Nullable NetworkLimit network,
        Map<String, Rdma> rdma,
        Map<String, String> unified) {
    /** Copies the lists and maps; maps keep their order. */
    public Resources {
        devices = List.copyOf(devices);
        hugepageLimits = List.copyOf(hugepageLimits);
        rdma = Collections.unmodifiableMap(new LinkedHashMap<>(rdma));
        unified = Collections.unmodifiableMap(new LinkedHashMap<>(unified));
    }

    /**
     * Reads limits on their own, as update gets them.
     *
     * @param where file name, which begins every error
     * @throws OciException when it is no such document
     */
    public static Resources parse(String where, byte[] utf8) {
        return read(Fields.parse(where, utf8));
    }

    static Resources read(Fields f) {
        Fields memory = f.child("memory");
        Fields cpu = f.child("cpu");
        Fields pids = f.child("pids");
        Fields blockIo = f.child("blockIO");
        Fields network = f.child("network");
        return new Resources(
                DeviceRule.readAll(f.children("devices")),
                memory == null ? null : Memory.read(memory),
                cpu == null ? null : Cpu.read(cpu),
                pids == null ? null : Pids.read(pids),
                blockIo == null ? null : BlockIo.read(blockIo),
                HugepageLimit.readAll(f.children("hugepageLimits")),
                network == null ? null : NetworkLimit.read(network),
                Rdma.readAll(f.childMap("rdma")),
                f.stringMap("unified"));
    }

    /** As the property "resources" of config.json. */
    public JsonObject json() {
        return JsonObject.builder()
                .put("devices", DeviceRule.json(devices))
                .put("memory", memory == null ? null : memory.json())
                .put("cpu", cpu == null ? null : cpu.json())
                .put("pids", pids == null ? null : pids.json())
                .put("blockIO", blockIO == null ? null : blockIO.json())
                .put("hugepageLimits", HugepageLimit.json(hugepageLimits))
                .put("network", network == null ? null : network.json())
                .put("rdma", Rdma.json(rdma))
                .putStrings("unified", unified)
                .build();
    }
}
