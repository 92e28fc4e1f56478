package dev.carafe.oci.image;

import dev.carafe.oci.json.Fields;
import dev.carafe.oci.json.JsonObject;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * How to ask a container whether it works: Docker's extension of an image's configuration. Zero
 * means the engine's default.
 *
 * @param test "NONE"; "CMD" and arguments; or "CMD-SHELL" and a line; empty to inherit
 * @param interval nanoseconds between two questions
 * @param timeout nanoseconds until no answer is a bad one
 * @param startPeriod nanoseconds at the start in which bad answers don't count
 * @param startInterval nanoseconds between two questions in that time
 * @param retries how many bad answers in a row it takes
 */
public record Healthcheck(
        List<String> test,
        long interval,
        long timeout,
        long startPeriod,
        long startInterval,
        int retries) {
    /** Copies the list. */
    public Healthcheck {
        test = List.copyOf(test);
    }

    static Healthcheck read(Fields f) {
        return new Healthcheck(
                f.strings("Test"),
                nanoseconds(f, "Interval"),
                nanoseconds(f, "Timeout"),
                nanoseconds(f, "StartPeriod"),
                nanoseconds(f, "StartInterval"),
                (int) orZero(f.integer("Retries", 0, Integer.MAX_VALUE)));
    }

    private static long nanoseconds(Fields f, String name) {
        return orZero(f.integer(name, 0, Long.MAX_VALUE));
    }

    private static long orZero(@Nullable Long value) {
        return value == null ? 0 : value;
    }

    /** As the property "Healthcheck". */
    public JsonObject json() {
        return JsonObject.builder()
                .putStrings("Test", test)
                .put("Interval", orAbsent(interval))
                .put("Timeout", orAbsent(timeout))
                .put("StartPeriod", orAbsent(startPeriod))
                .put("StartInterval", orAbsent(startInterval))
                .put("Retries", orAbsent(retries))
                .build();
    }

    private static @Nullable Long orAbsent(long value) {
        return value == 0 ? null : value;
    }
}
