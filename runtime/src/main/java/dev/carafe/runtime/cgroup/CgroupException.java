package dev.carafe.runtime.cgroup;

/**
 * A limit that this host or its cgroups cannot give: one line that says what, where and what to do.
 */
public final class CgroupException extends Exception {
    private static final long serialVersionUID = 1;

    CgroupException(String message) {
        super(message);
    }
}
