package dev.carafe.engine.registry;

import dev.carafe.oci.OciException;
import dev.carafe.oci.json.Fields;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.time.OffsetDateTime;
import org.jspecify.annotations.Nullable;

/**
 * What a token server gives (distribution's auth/token.md, auth/oauth.md).
 *
 * @param header for Authorization
 * @param end when it is not to be used any more
 * @param refresh a token to get further ones with; null when none was given
 */
record Token(String header, Instant end, @Nullable String refresh) {
    private static final long USUAL_SECONDS = 60;
    private static final int MAX_LENGTH = 16 << 10;

    /**
     * Reads an answer.
     *
     * @throws OciException when there is no token in it that can be sent
     */
    static Token read(String where, byte[] body, Instant now) {
        Fields f = Fields.parse(where, body);
        String text = f.string("token");
        if (text == null || text.isEmpty()) {
            text = f.needString("access_token");
        }
        if (text.length() > MAX_LENGTH || !text.chars().allMatch(c -> c > ' ' && c < 0x7f)) {
            throw f.wrong("token", "can't be sent in a header");
        }
        Long seconds = f.integer("expires_in", 0, 1L << 31);
        Duration life = Duration.ofSeconds(seconds == null ? USUAL_SECONDS : seconds);
        // a request that begins now must not come late
        Duration margin = life.dividedBy(10);
        Instant end = issued(f, now).plus(life).minus(margin);
        return new Token("Bearer " + text, end, f.string("refresh_token"));
    }

    /** When it was given; a clock that goes ahead of ours must not lengthen its life. */
    private static Instant issued(Fields f, Instant now) {
        String text = f.string("issued_at");
        if (text == null) {
            return now;
        }
        try {
            Instant issued = OffsetDateTime.parse(text).toInstant();
            // one that goes behind would make every token old at once
            boolean near = Duration.between(issued, now).abs().compareTo(Duration.ofHours(1)) < 0;
            return near && issued.isBefore(now) ? issued : now;
        } catch (DateTimeException e) {
            return now;
        }
    }

    boolean isFresh(Instant now) {
        return now.isBefore(end);
    }

    @Override
    public String toString() {
        return "Token[until " + end + "]";
    }
}
