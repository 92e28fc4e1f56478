package dev.carafe.runtime.cgroup;

/**
 * What a container has used. {@link #UNKNOWN} stands for what no controller counts here, {@link
 * #UNLIMITED} for a limit that is not set.
 *
 * @param cpuNanos time on all processors
 * @param cpuUserNanos of it in user mode
 * @param cpuSystemNanos of it in the kernel
 * @param periods in which the container had work, when it has a cpu limit
 * @param throttledPeriods of them in which it had to wait
 * @param throttledNanos how long it had to wait
 * @param memoryBytes with the page cache
 * @param memoryLimit bytes
 * @param inactiveFileBytes page cache that can be dropped; Docker subtracts it from the usage
 * @param swapBytes in swap
 * @param pids processes and threads
 * @param pidsLimit how many there may be
 * @param readBytes from block devices
 * @param writtenBytes to block devices
 * @param reads from block devices
 * @param writes to block devices
 */
public record Stats(
        long cpuNanos,
        long cpuUserNanos,
        long cpuSystemNanos,
        long periods,
        long throttledPeriods,
        long throttledNanos,
        long memoryBytes,
        long memoryLimit,
        long inactiveFileBytes,
        long swapBytes,
        long pids,
        long pidsLimit,
        long readBytes,
        long writtenBytes,
        long reads,
        long writes) {
    /** What no controller counts. */
    public static final long UNKNOWN = -1;

    /** A limit that is not set. */
    public static final long UNLIMITED = Long.MAX_VALUE;
}
