package dev.carafe.oci.runtime;

/** The size of a console, in characters. */
public record Box(int height, int width) {}
