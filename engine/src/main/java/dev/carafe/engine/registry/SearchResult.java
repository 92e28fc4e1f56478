package dev.carafe.engine.registry;

/**
 * A repository that a search found.
 *
 * @param name as {@code pull} takes it
 * @param description one line; may be empty
 * @param stars how many people marked it; 0 where the registry does not count
 * @param official whether Docker Hub answers for it
 */
public record SearchResult(String name, String description, long stars, boolean official) {}
