package dev.carafe.engine.dockerfile;

/** Something that builds but is likely a mistake: one line, and where. */
public record Warning(Location location, String message) {}
