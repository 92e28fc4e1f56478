package dev.carafe.runtime.cgroup;

import java.io.IOException;
import java.util.List;
import java.util.Map;

/**
 * Reads the counters of a group.
 *
 * @param dirs the group's directory by controller, the empty name for cgroup v2's; only those that
 *     exist
 */
record Reading(CgroupFs fs, Map<String, String> dirs) {
    private static final long MICRO = 1000;
    private static final long TICK =
            10_000_000; // cpuacct.stat counts in USER_HZ, 100 on every architecture

    Stats stats() {
        String cpu = text("", "cpu.stat");
        String memory = text("memory", "memory.stat");
        boolean unifiedMemory = number("memory", "memory.current") >= 0;
        String throttling = cpu.contains("nr_periods") ? cpu : text("cpu", "cpu.stat");
        String ticks = text("cpuacct", "cpuacct.stat");
        long[] io = io();
        return new Stats(
                cpu.isEmpty()
                        ? number("cpuacct", "cpuacct.usage")
                        : times(field(cpu, "usage_usec"), MICRO),
                cpu.isEmpty()
                        ? times(field(ticks, "user"), TICK)
                        : times(field(cpu, "user_usec"), MICRO),
                cpu.isEmpty()
                        ? times(field(ticks, "system"), TICK)
                        : times(field(cpu, "system_usec"), MICRO),
                field(throttling, "nr_periods"),
                field(throttling, "nr_throttled"),
                throttling.contains("throttled_usec")
                        ? times(field(throttling, "throttled_usec"), MICRO)
                        : field(throttling, "throttled_time"),
                number("memory", unifiedMemory ? "memory.current" : "memory.usage_in_bytes"),
                limit(number("memory", unifiedMemory ? "memory.max" : "memory.limit_in_bytes")),
                field(memory, unifiedMemory ? "inactive_file" : "total_inactive_file"),
                unifiedMemory
                        ? number("memory", "memory.swap.current")
                        : field(memory, "total_swap"),
                pids(),
                number("pids", "pids.max"),
                io[0],
                io[1],
                io[2],
                io[3]);
    }

    private long pids() {
        long counted = number("pids", "pids.current");
        if (counted >= 0) {
            return counted;
        }
        for (Map.Entry<String, String> dir : dirs.entrySet()) {
            String file = fs.exists(dir.getValue() + "/tasks") ? "tasks" : "cgroup.threads";
            return CgroupHost.words(text(dir.getKey(), file)).size();
        }
        return Stats.UNKNOWN;
    }

    /** Bytes read, bytes written, reads, writes. */
    private long[] io() {
        String unified = text("io", "io.stat");
        if (!unified.isEmpty()) {
            return new long[] {
                sum(unified, "rbytes="),
                sum(unified, "wbytes="),
                sum(unified, "rios="),
                sum(unified, "wios=")
            };
        }
        String bytes = text("blkio", "blkio.throttle.io_service_bytes_recursive");
        String counts = text("blkio", "blkio.throttle.io_serviced_recursive");
        boolean none = !dirs.containsKey("blkio") && !dirs.containsKey("io");
        return none
                ? new long[] {Stats.UNKNOWN, Stats.UNKNOWN, Stats.UNKNOWN, Stats.UNKNOWN}
                : new long[] {
                    sum(bytes, "Read "),
                    sum(bytes, "Write "),
                    sum(counts, "Read "),
                    sum(counts, "Write ")
                };
    }

    /** The numbers that follow each occurrence of a key, added. */
    private static long sum(String text, String key) {
        long sum = 0;
        for (int at = text.indexOf(key); at >= 0; at = text.indexOf(key, at + 1)) {
            sum += Math.max(0, parse(text, at + key.length()));
        }
        return sum;
    }

    /** The value of a line {@code name value}. */
    static long field(String text, String name) {
        List<String> words = CgroupHost.words(text);
        for (int i = 0; i + 1 < words.size(); i += 2) {
            if (words.get(i).equals(name)) {
                return parse(words.get(i + 1), 0);
            }
        }
        return Stats.UNKNOWN;
    }

    private static long times(long value, long unit) {
        return value < 0 ? value : value * unit;
    }

    /** Version 1 says "no limit" by the largest number of pages. */
    private static long limit(long value) {
        return value > Long.MAX_VALUE - (1 << 20) ? Stats.UNLIMITED : value;
    }

    private long number(String controller, String file) {
        String text = text(controller, file);
        return text.startsWith("max") ? Stats.UNLIMITED : parse(text, 0);
    }

    private static long parse(String text, int from) {
        int end = from;
        while (end < text.length() && Character.isDigit(text.charAt(end))) {
            end++;
        }
        return end == from ? Stats.UNKNOWN : Long.parseLong(text, from, end, 10);
    }

    /** A file's content; empty when the group or the file is not there. */
    String text(String controller, String file) {
        String dir = dirs.get(controller);
        if (dir == null) {
            return "";
        }
        try {
            return fs.read(dir + "/" + file);
        } catch (IOException e) {
            return "";
        }
    }
}
