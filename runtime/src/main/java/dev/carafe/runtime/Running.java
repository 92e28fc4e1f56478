package dev.carafe.runtime;

import dev.carafe.linux.Fd;
import dev.carafe.linux.Pidfd;
import java.util.Optional;

/**
 * A started container: its first process, and the engine's end of its terminal when it has one.
 * Whoever holds it waits for the process and closes both.
 */
public record Running(Pidfd process, Optional<Fd> terminal) {}
