package dev.carafe.engine.registry;

import java.io.InterruptedIOException;
import java.net.ConnectException;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.util.concurrent.ThreadLocalRandom;
import javax.net.ssl.SSLHandshakeException;
import org.jspecify.annotations.Nullable;

/** Counts the attempts at one request, and waits between them. */
final class Attempts {
    /** Who refuses connections seldom takes them a second later. */
    private static final int REFUSED = 3;

    private final Patience patience;
    private final long end;
    private int made;

    Attempts(Patience patience) {
        this.patience = patience;
        this.end = System.nanoTime() + patience.total().toNanos();
    }

    /** Whether an answer with that status may be another one the next time. */
    static boolean isTemporary(int status) {
        return switch (status) {
            case 408, 429, 500, 502, 503, 504 -> true;
            default -> false;
        };
    }

    /**
     * Waits for the next attempt after such an answer.
     *
     * @return false when there is none: too many, or the registry asks for more time than we have
     */
    boolean again(Reply reply) throws InterruptedIOException {
        Duration wanted = retryAfter(reply.header("retry-after"), Instant.now());
        return again(wanted, patience.attempts());
    }

    /** Waits for the next attempt after such a failure. */
    boolean again(Exception failure) throws InterruptedIOException {
        if (failure instanceof SSLHandshakeException tls && !isCut(tls)) {
            return false; // a certificate is no better a second later
        }
        int limit = failure instanceof ConnectException ? REFUSED : patience.attempts();
        return again(null, Math.min(limit, patience.attempts()));
    }

    private static boolean isCut(SSLHandshakeException e) {
        return String.valueOf(e.getMessage()).contains("terminated the handshake");
    }

    private boolean again(@Nullable Duration wanted, int limit) throws InterruptedIOException {
        made++;
        Duration pause = wanted == null ? backOff() : wanted;
        long last = end - System.nanoTime();
        if (made >= limit
                || pause.compareTo(patience.longestPause()) > 0
                || pause.toNanos() > last) {
            return false;
        }
        try {
            Thread.sleep(pause);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new InterruptedIOException("interrupted");
        }
        return true;
    }

    /** Twice as long each time, less up to a half by chance: many clients must not come at once. */
    private Duration backOff() {
        long nanos = patience.pause().toNanos() << Math.min(made - 1, 20);
        nanos = Math.min(nanos, patience.longestPause().toNanos());
        return Duration.ofNanos(nanos / 2 + ThreadLocalRandom.current().nextLong(nanos / 2 + 1));
    }

    /** The header's value, seconds or a date (RFC 9110 section 10.2.3); null for none. */
    static @Nullable Duration retryAfter(@Nullable String value, Instant now) {
        if (value == null) {
            return null;
        }
        String text = value.strip();
        try {
            if (!text.isEmpty() && text.length() < 10 && Character.isDigit(text.charAt(0))) {
                return Duration.ofSeconds(Integer.parseInt(text));
            }
            Instant date =
                    ZonedDateTime.parse(text, DateTimeFormatter.RFC_1123_DATE_TIME).toInstant();
            return date.isAfter(now) ? Duration.between(now, date) : Duration.ZERO;
        } catch (NumberFormatException | DateTimeException e) {
            return null;
        }
    }
}
