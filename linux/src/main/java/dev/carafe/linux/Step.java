package dev.carafe.linux;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One system call of a {@link Plan}: its arguments and what happens when it fails. Unless told
 * otherwise a failure ends the plan.
 */
public final class Step {
    static final int IGNORE = 1;
    static final int CLONE = 2;
    static final int ERROR_JUMP = 4;
    static final int ZERO_FAILS = 8;
    static final int END = 16;
    static final int OK_JUMP = 32;
    static final int ERRNO_JUMP = 64;
    static final int SUM = 128;

    private final Sys sys;
    private final String why;
    private final List<Object> args;
    private final int index;
    private int flags;
    private int okErrno;
    private @Nullable Label target;

    Step(int index, String why, Sys sys, List<Object> args) {
        this.index = index;
        this.why = why;
        this.sys = sys;
        this.args = args;
        this.flags = sys == Sys.SUM ? SUM : 0;
    }

    /** Goes on with the next step whatever the result. */
    public Step ignore() {
        flags |= IGNORE;
        return this;
    }

    /** Goes on with the next step when this errno is the result. */
    public Step accept(int errno) {
        okErrno = errno;
        return this;
    }

    /** Jumps when this errno is the result. */
    public Step onErrno(int errno, Label to) {
        okErrno = errno;
        return jump(ERRNO_JUMP, to);
    }

    /** Jumps when the call fails, whatever the errno. */
    public Step onError(Label to) {
        return jump(ERROR_JUMP, to);
    }

    /** Jumps when the call succeeds. */
    public Step onSuccess(Label to) {
        return jump(OK_JUMP, to);
    }

    /** For clone: the child, which sees a zero, continues at the label. */
    public Step child(Label at) {
        return jump(CLONE, at);
    }

    /**
     * Takes a zero result, such as a pipe's end, for a failure with ECANCELED, which {@link
     * #onErrno} and {@link #onError} can answer.
     */
    public Step zeroFails() {
        flags |= ZERO_FAILS;
        return this;
    }

    private Step jump(int flag, Label to) {
        if (target != null && target != to) {
            throw new IllegalStateException("a step has one jump target");
        }
        flags |= flag;
        target = to;
        return this;
    }

    /** The position in the plan, from 0. */
    public int index() {
        return index;
    }

    public Sys sys() {
        return sys;
    }

    /** Why the step is there, in a few words. */
    public String why() {
        return why;
    }

    /** Each a Long, a String, a Blob, a Blob.Value or an earlier Step whose result it is. */
    public List<Object> args() {
        return args;
    }

    int flags() {
        return flags;
    }

    int okErrno() {
        return okErrno;
    }

    @Nullable Label target() {
        return target;
    }
}
