package dev.carafe.engine.dockerfile;

import org.jspecify.annotations.Nullable;

/**
 * The parser directives at the top: {@code # name=value}.
 *
 * @param syntax the frontend's image, which Carafe notes and does not fetch; null without
 * @param escape a backslash unless {@code # escape=`}
 * @param check which checks are off; null without
 */
public record Directives(@Nullable String syntax, char escape, @Nullable String check) {}
