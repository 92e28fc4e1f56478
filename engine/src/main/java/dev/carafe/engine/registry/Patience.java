package dev.carafe.engine.registry;

import java.time.Duration;

/**
 * How long a registry is waited for, and how often it is asked again.
 *
 * @param attempts how often one request is sent at most, the first time included
 * @param pause before the second attempt; it doubles with each further one
 * @param longestPause a pause is never longer, also where the registry asks for more
 * @param total no new attempt begins after that time
 * @param connect for a connection to be made
 * @param stall for the next byte, in either direction
 */
public record Patience(
        int attempts,
        Duration pause,
        Duration longestPause,
        Duration total,
        Duration connect,
        Duration stall) {
    /** What a person at a terminal, and a build without one, can live with. */
    public static Patience usual() {
        return new Patience(
                6,
                Duration.ofMillis(250),
                Duration.ofSeconds(30),
                Duration.ofSeconds(90),
                Duration.ofSeconds(15),
                Duration.ofSeconds(30));
    }

    /** The same with another bound for the next byte. */
    public Patience withStall(Duration other) {
        return new Patience(attempts, pause, longestPause, total, connect, other);
    }

    /** Less: there is somebody else to ask. */
    Patience forMirror() {
        return new Patience(Math.min(attempts, 2), pause, longestPause, total, connect, stall);
    }
}
