package dev.carafe.runtime.cgroup;

import org.jspecify.annotations.Nullable;

/**
 * A text to write to one file of a group.
 *
 * @param controller whose file it is; {@code cgroup} for the group's own
 * @param why what it is for, and what a refusal may come from
 * @param fallback what to write where the file does not exist, or null when that is an error
 */
record Limit(
        Hierarchy hierarchy,
        String controller,
        String file,
        String value,
        String why,
        @Nullable Fallback fallback) {

    /** Another file for the same limit, or none at all. */
    record Fallback(@Nullable String file, String value) {
        /** The limit is an addition that some kernels do without. */
        static final Fallback SKIP = new Fallback(null, "");
    }

    Limit(Hierarchy hierarchy, String controller, String file, String value, String why) {
        this(hierarchy, controller, file, value, why, null);
    }
}
