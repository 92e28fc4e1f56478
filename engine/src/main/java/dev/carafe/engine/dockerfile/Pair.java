package dev.carafe.engine.dockerfile;

/** A name and its value in ENV and LABEL; both have their variables put in by {@link Words}. */
public record Pair(Word name, Word value) {}
