package dev.carafe.oci.runtime;

import dev.carafe.oci.json.Fields;
import dev.carafe.oci.json.JsonObject;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Scheduling attributes (config.md, "scheduler"; sched_setattr(2)).
 *
 * @param policy e.g. "SCHED_BATCH"
 * @param nice -20 to 19
 * @param priority static priority of SCHED_FIFO and SCHED_RR
 * @param flags e.g. "SCHED_FLAG_RESET_ON_FORK"
 * @param runtime nanoseconds, of SCHED_DEADLINE, unsigned
 * @param deadline nanoseconds, unsigned
 * @param period nanoseconds, unsigned
 */
public record Scheduler(
        String policy,
        @Nullable Integer nice,
        @Nullable Integer priority,
        List<String> flags,
        @Nullable Long runtime,
        @Nullable Long deadline,
        @Nullable Long period) {
    /** Copies the lists and maps; maps keep their order. */
    public Scheduler {
        flags = List.copyOf(flags);
    }

    static Scheduler read(Fields f) {
        return new Scheduler(
                f.needString("policy"),
                f.int32("nice", -20, 19),
                f.int32("priority", 0, 99),
                f.strings("flags"),
                f.unsigned("runtime"),
                f.unsigned("deadline"),
                f.unsigned("period"));
    }

    JsonObject json() {
        return JsonObject.builder()
                .put("policy", policy)
                .put("nice", nice)
                .put("priority", priority)
                .putStrings("flags", flags)
                .putUnsigned("runtime", runtime)
                .putUnsigned("deadline", deadline)
                .putUnsigned("period", period)
                .build();
    }
}
