package dev.carafe.engine.image;

import java.io.InterruptedIOException;

/**
 * Waits between attempts of a transfer that makes no progress, twice as long each time.
 *
 * <p>Used by one thread.
 */
final class Backoff {
    private static final int MOST = 6;

    private final long firstMillis;
    private int attempts;

    /** Six attempts; with 200 ms to begin with, it gives up after about six seconds. */
    Backoff(long firstMillis) {
        this.firstMillis = firstMillis;
    }

    /** There was progress: the count begins anew. */
    void reset() {
        attempts = 0;
    }

    /** How many have failed in a row. */
    int attempts() {
        return attempts;
    }

    /** Counts one more, and waits; false when there were enough. */
    boolean again() throws InterruptedIOException {
        attempts++;
        if (attempts >= MOST) {
            return false;
        }
        try {
            Thread.sleep(firstMillis << (attempts - 1));
            return true;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw (InterruptedIOException)
                    new InterruptedIOException("interrupted while pulling").initCause(e);
        }
    }
}
