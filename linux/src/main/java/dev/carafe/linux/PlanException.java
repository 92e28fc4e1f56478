package dev.carafe.linux;

/** A plan that ended at a step which failed. */
public final class PlanException extends Exception {
    private static final long serialVersionUID = 1;

    private final transient Step step;
    private final int errno;

    public PlanException(Step step, int errno) {
        super(
                "step "
                        + step.index()
                        + ", "
                        + step.why()
                        + ": "
                        + step.sys().call()
                        + ": "
                        + Errno.text(errno)
                        + " ("
                        + Errno.name(errno)
                        + ")");
        this.step = step;
        this.errno = errno;
    }

    /** The step that failed. */
    public Step step() {
        return step;
    }

    /** The kernel's error number; ECANCELED where a zero result counts as failure. */
    public int errno() {
        return errno;
    }
}
