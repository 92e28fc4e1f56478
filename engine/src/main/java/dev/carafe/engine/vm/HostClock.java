package dev.carafe.engine.vm;

import dev.carafe.linux.Arch;
import dev.carafe.linux.Blob;
import dev.carafe.linux.ErrnoException;
import dev.carafe.linux.Native;
import dev.carafe.linux.Plan;
import dev.carafe.linux.PlanException;
import dev.carafe.linux.PlanRun;
import dev.carafe.linux.Step;
import dev.carafe.linux.Sys;
import java.nio.file.Path;
import java.util.OptionalLong;

/**
 * The host's time stamp counter. A guest under TCG reads the same one, and takes its frequency from
 * the kernel parameter {@code tsc_early_khz} (Linux 5.4) where the machine has no timer to find it
 * with.
 */
public final class HostClock {
    private static final String TSC_KHZ = "tsc-khz";
    private static final int CLOCK_MONOTONIC = 1;
    private static final long SLEEP = 10_000_000;

    /** Readings before and after the sleep; of each the one that took least is taken. */
    private static final int READINGS = 4;

    private HostClock() {}

    /**
     * The frequency in kHz, to some millionths; measured once since the boot, in 10 ms, and kept.
     *
     * @param cacheDirectory for what does not outlive a reboot; it is made
     * @return empty where there is no such counter
     */
    public static OptionalLong tscKilohertz(Path cacheDirectory) throws VmException {
        if (Native.arch() != Arch.X86_64) {
            return OptionalLong.empty();
        }
        HostRecord record = HostRecord.in(cacheDirectory);
        long known = record.number(TSC_KHZ);
        if (known > 0) {
            return OptionalLong.of(known);
        }
        try {
            long measured = measure();
            record.set(TSC_KHZ, Long.toString(measured));
            record.write();
            return OptionalLong.of(measured);
        } catch (ErrnoException | PlanException e) {
            throw new VmException("measure the time stamp counter: " + e.getMessage(), e);
        }
    }

    /** Counts the ticks of a sleep, whose length the monotonic clock tells. */
    static long measure() throws ErrnoException, PlanException {
        Plan plan = new Plan();
        Reading[] before = readings(plan);
        Blob time = Blob.room(16, "{0, 10 ms}").u64(8, SLEEP);
        plan.call("let it count", Sys.NANOSLEEP, time, 0).ignore();
        Reading[] after = readings(plan);
        try (PlanRun run = PlanRun.of(plan)) {
            Reading first = quickest(run, before);
            Reading last = quickest(run, after);
            long ticks = run.ticks(last.step) - run.ticks(first.step);
            long nanoseconds = nanoseconds(run, last) - nanoseconds(run, first);
            return Math.round(ticks * 1e6 / nanoseconds);
        }
    }

    /** A step that reads the clock, and so leaves the counter's value too. */
    private record Reading(Step step, Blob time) {}

    private static Reading[] readings(Plan plan) {
        Reading[] readings = new Reading[READINGS + 1];
        for (int i = 0; i < readings.length; i++) {
            Blob time = Blob.room(16, "time");
            readings[i] =
                    new Reading(
                            plan.call("the time", Sys.CLOCK_GETTIME, CLOCK_MONOTONIC, time), time);
        }
        return readings;
    }

    private static Reading quickest(PlanRun run, Reading[] readings) {
        Reading quickest = readings[1];
        long least = Long.MAX_VALUE;
        for (int i = 1; i < readings.length; i++) {
            long took = run.ticks(readings[i].step) - run.ticks(readings[i - 1].step);
            if (took < least) {
                least = took;
                quickest = readings[i];
            }
        }
        return quickest;
    }

    private static long nanoseconds(PlanRun run, Reading reading) {
        return run.int32(reading.time, 0) * 1_000_000_000L + run.int32(reading.time, 8);
    }
}
