package dev.carafe.bench;

import dev.carafe.oci.json.JsonNumber;
import dev.carafe.oci.json.JsonObject;
import java.math.BigDecimal;
import java.math.RoundingMode;
import java.util.Arrays;

/** Durations of one starter in nanoseconds, in the order of the rounds; -1 for a failed start. */
final class Samples {
    private final String name;
    private final long[] nanos;
    private int count;
    private int failures;
    private String firstFailure = "";

    Samples(String name, int rounds) {
        this.name = name;
        this.nanos = new long[rounds];
    }

    void add(long duration) {
        nanos[count++] = duration;
    }

    void fail(String why) {
        if (failures++ == 0) {
            firstFailure = why;
        }
        nanos[count++] = -1;
    }

    String name() {
        return name;
    }

    int failures() {
        return failures;
    }

    String firstFailure() {
        return firstFailure;
    }

    int good() {
        return count - failures;
    }

    /** The duration in milliseconds that this part of the good starts did not exceed; 0 to 1. */
    double millis(double quantile) {
        return quantile(
                        Arrays.stream(nanos, 0, count)
                                .filter(n -> n >= 0)
                                .asDoubleStream()
                                .toArray(),
                        quantile)
                / 1e6;
    }

    /** The ratio of the medians. */
    double ratio(Samples base) {
        return millis(0.5) / base.millis(0.5);
    }

    /** A quantile of the ratios within each round, which load that comes and goes disturbs less. */
    double roundRatio(Samples base, double quantile) {
        double[] ratios = new double[count];
        int n = 0;
        for (int i = 0; i < Math.min(count, base.count); i++) {
            if (nanos[i] > 0 && base.nanos[i] > 0) {
                ratios[n++] = (double) nanos[i] / base.nanos[i];
            }
        }
        return quantile(Arrays.copyOf(ratios, n), quantile);
    }

    private static double quantile(double[] values, double quantile) {
        if (values.length == 0) {
            return Double.NaN;
        }
        Arrays.sort(values);
        int index = (int) Math.ceil(quantile * values.length) - 1;
        return values[Math.max(0, Math.min(values.length - 1, index))];
    }

    JsonObject json() {
        JsonObject.Builder out =
                JsonObject.builder()
                        .put("name", name)
                        .put("starts", (long) good())
                        .put("failures", (long) failures);
        if (failures > 0) {
            out.put("firstFailure", firstFailure);
        }
        if (good() > 0) {
            out.put("p10", number(millis(0.1)))
                    .put("median", number(millis(0.5)))
                    .put("p90", number(millis(0.9)))
                    .put("p99", number(millis(0.99)));
        }
        return out.build();
    }

    /** Three decimals. */
    static JsonNumber number(double value) {
        return new JsonNumber(
                BigDecimal.valueOf(value).setScale(3, RoundingMode.HALF_UP).toPlainString());
    }
}
