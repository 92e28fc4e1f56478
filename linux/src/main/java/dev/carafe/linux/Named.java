package dev.carafe.linux;

/**
 * A number as a step's argument that {@code explain} shows by name, such as a descriptor that
 * exists only when the plan runs.
 */
public record Named(String name, long value) {}
