package dev.carafe.engine.vm;

import java.util.List;

/**
 * Some words of a command line, or paths, and why they are there.
 *
 * @param why a few words
 */
public record CommandPart(String why, List<String> words) {}
