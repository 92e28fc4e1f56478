package dev.carafe.linux;

import java.io.IOException;

/** A system call that failed: what was tried, on what, and the kernel's error number. */
public final class ErrnoException extends IOException {
    private static final long serialVersionUID = 1;

    private final int errno;

    /**
     * @param what the operation and its subject in lower case, such as {@code mount proc on /proc}
     */
    public ErrnoException(String what, int errno) {
        super(what + ": " + Errno.text(errno) + " (" + Errno.name(errno) + ")");
        this.errno = errno;
    }

    /** The positive error number, one of the constants of {@link Errno}. */
    public int errno() {
        return errno;
    }
}
