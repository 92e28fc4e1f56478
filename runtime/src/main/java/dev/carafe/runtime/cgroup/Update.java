package dev.carafe.runtime.cgroup;

import dev.carafe.oci.runtime.Memory;
import dev.carafe.oci.runtime.Resources;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * Puts the limits of a running group in an order that the kernel takes, given those that it has.
 */
record Update(CgroupFs fs, Map<String, String> dirs) {
    /**
     * The limits to write.
     *
     * @throws CgroupException when checkBeforeUpdate is set and more memory is in use
     */
    List<Limit> order(List<Limit> limits, Resources resources) throws CgroupException {
        Reading reading = new Reading(fs, dirs);
        Memory memory = resources.memory();
        if (memory != null) {
            check(memory, reading);
        }
        List<Limit> ordered = new ArrayList<>(limits.size());
        for (Limit limit : limits) {
            switch (limit.file()) {
                case "memory.memsw.limit_in_bytes" ->
                        ordered.add(memoryPlace(ordered, limit, reading), limit);
                case "cpu.cfs_quota_us" -> {
                    // a burst above the new quota would make the kernel refuse the quota
                    if (!reading.text("cpu", "cpu.cfs_burst_us").isEmpty()) {
                        ordered.add(
                                new Limit(
                                        limit.hierarchy(),
                                        "cpu",
                                        "cpu.cfs_burst_us",
                                        "0",
                                        "no burst yet"));
                    }
                    ordered.add(limit);
                }
                default -> ordered.add(limit);
            }
        }
        return ordered;
    }

    /**
     * A memory limit may never be above the one of memory and swap, so the latter goes up first.
     */
    private static int memoryPlace(List<Limit> ordered, Limit limit, Reading reading) {
        String now = reading.text("memory", "memory.memsw.limit_in_bytes").strip();
        boolean raised =
                !now.isEmpty()
                        && (limit.value().equals("-1")
                                || Long.parseLong(limit.value()) > Long.parseLong(now));
        for (int i = 0; raised && i < ordered.size(); i++) {
            if (ordered.get(i).file().equals("memory.limit_in_bytes")) {
                return i;
            }
        }
        return ordered.size();
    }

    private static void check(Memory memory, Reading reading) throws CgroupException {
        Long limit = memory.limit();
        Boolean check = memory.checkBeforeUpdate();
        long used = reading.stats().memoryBytes();
        if (limit != null && limit > 0 && check != null && check && used > limit) {
            throw new CgroupException(
                    "memory limit: " + limit + " bytes is less than the " + used + " in use");
        }
    }
}
