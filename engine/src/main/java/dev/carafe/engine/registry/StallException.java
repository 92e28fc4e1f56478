package dev.carafe.engine.registry;

import java.io.IOException;
import java.time.Duration;

/** Nothing has been heard for too long. */
final class StallException extends IOException {
    private static final long serialVersionUID = 1;

    StallException(Duration limit) {
        super("no byte for " + seconds(limit));
    }

    static String seconds(Duration time) {
        return time.toMillis() % 1000 == 0 ? time.toSeconds() + " s" : time.toMillis() + " ms";
    }
}
