package dev.carafe.engine.dockerfile;

/**
 * Something that builds but is likely a mistake.
 *
 * @param rule its name, which is that of Docker's build check: {@code # check=skip=NAME} turns it
 *     off
 * @param message one line
 */
public record Warning(Location location, String rule, String message) {}
