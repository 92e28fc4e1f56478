package dev.carafe.oci.runtime;

/**
 * One resource limit (config.md, "rlimits"; getrlimit(2)).
 *
 * @param type e.g. "RLIMIT_NOFILE"
 * @param soft unsigned 64 bit; {@link #INFINITY} for none
 * @param hard unsigned 64 bit; {@link #INFINITY} for none
 */
public record Rlimit(String type, long soft, long hard) {

    /** RLIM_INFINITY: 2^64-1 as an unsigned number. */
    public static final long INFINITY = -1L;
}
