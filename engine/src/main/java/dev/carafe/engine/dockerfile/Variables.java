package dev.carafe.engine.dockerfile;

import org.jspecify.annotations.Nullable;

/** The values that {@link Words} puts in. */
@FunctionalInterface
public interface Variables {
    /** Knows none. */
    Variables NONE = name -> null;

    /** A variable's value, null when it is not set. */
    @Nullable String get(String name);
}
