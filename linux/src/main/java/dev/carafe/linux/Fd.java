package dev.carafe.linux;

import java.util.concurrent.atomic.AtomicInteger;

/** An open file descriptor, closed at most once. */
public final class Fd implements AutoCloseable {
    /** Stands for the current directory in the *at calls. */
    public static final int AT_FDCWD = -100;

    private final AtomicInteger number;

    /** Takes ownership of an open descriptor. */
    public Fd(int number) {
        this.number = new AtomicInteger(number);
    }

    /**
     * The descriptor's number.
     *
     * @throws IllegalStateException when it has been closed
     */
    public int number() {
        int n = number.get();
        if (n < 0) {
            throw new IllegalStateException("the descriptor is closed");
        }
        return n;
    }

    /** Hands the number to the caller, who must close it; this object becomes closed. */
    public int release() {
        int n = number.getAndSet(-1);
        if (n < 0) {
            throw new IllegalStateException("the descriptor is closed");
        }
        return n;
    }

    @Override
    public void close() {
        int n = number.getAndSet(-1);
        if (n >= 0) {
            Native.syscall(Sys.CLOSE, n);
        }
    }

    @Override
    public String toString() {
        return "fd " + number.get();
    }
}
