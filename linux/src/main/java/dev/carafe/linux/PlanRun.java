package dev.carafe.linux;

import org.jspecify.annotations.Nullable;

/** Runs a plan in the calling thread. */
public final class PlanRun implements AutoCloseable {
    private final Plan plan;
    private final Region region;
    private final Plan.Layout layout;

    private PlanRun(Plan plan, Region region) {
        this.plan = plan;
        this.region = region;
        this.layout = plan.assemble(Native.ARCH, region.address(), region.bytes());
    }

    /**
     * Walks the plan to its end. The result holds the plan's memory until it is closed.
     *
     * @throws PlanException when a step fails
     */
    public static PlanRun of(Plan plan) throws ErrnoException, PlanException {
        PlanRun run = new PlanRun(plan, Region.privateMemory());
        Native.interpret(run.region.address(), run.layout.firstStep());
        PlanException failure = failure(plan, run.layout, run.region, 0);
        if (failure != null) {
            run.close();
            throw failure;
        }
        return run;
    }

    /** What a slot of the context tells, or null when nothing failed there. */
    static @Nullable PlanException failure(Plan plan, Plan.Layout layout, Region region, int slot) {
        long at = region.bytes().getLong(slot);
        int errno = (int) region.bytes().getLong(slot + 8);
        return at == 0 ? null : new PlanException(plan.steps().get(layout.stepAt(at)), errno);
    }

    /**
     * The failure of a child that the plan cloned, as long as it shared this memory; null when
     * none.
     */
    public @Nullable PlanException childFailure() {
        return failure(plan, layout, region, 16);
    }

    /** The result of a step. */
    public long result(Step step) {
        return region.bytes().getLong(layout.resultOffset(step));
    }

    /** The processor's time stamp when a step succeeded; 0 when it did not run or failed. */
    public long ticks(Step step) {
        return region.bytes().getLong(layout.ticksOffset(step));
    }

    /** A 32-bit value in a blob that a step filled. */
    public int int32(Blob blob, int offset) {
        return region.bytes().getInt(layout.offset(blob) + offset);
    }

    @Override
    public void close() {
        region.close();
    }
}
