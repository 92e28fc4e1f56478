package dev.carafe.engine;

import dev.carafe.linux.Plan;

/**
 * What a start would do, as system calls.
 *
 * @param launch run by a thread of the engine's JVM, up to the clone, and by the child up to its
 *     first exec
 * @param container run by the container's first process, up to the exec of the command
 */
public record Explanation(Plan launch, Plan container) {}
