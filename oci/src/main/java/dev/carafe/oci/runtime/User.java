package dev.carafe.oci.runtime;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Who the process runs as; ids as seen inside the container (config.md, "User").
 *
 * @param uid 0 to 4294967294
 * @param gid 0 to 4294967294
 * @param umask octal bits as a number, 0 to 0777; unset: leave as it is
 */
public record User(long uid, long gid, @Nullable Integer umask, List<Long> additionalGids) {
    /** Copies the lists and maps; maps keep their order. */
    public User {
        additionalGids = List.copyOf(additionalGids);
    }

    /** User and group 0 with no other group. */
    public static final User ROOT = new User(0, 0);

    /** A user with no further group. */
    public User(long uid, long gid) {
        this(uid, gid, null, List.of());
    }
}
