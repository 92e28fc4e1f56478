package dev.carafe.oci.runtime;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One command of {@link Hooks}; the container's state is its standard input.
 *
 * @param path absolute
 * @param args argv, with the program's own name
 * @param env each "NAME=value"
 * @param timeout seconds, more than zero; unset: none
 */
public record Hook(String path, List<String> args, List<String> env, @Nullable Integer timeout) {
    /** Copies the lists and maps; maps keep their order. */
    public Hook {
        args = List.copyOf(args);
        env = List.copyOf(env);
    }
}
