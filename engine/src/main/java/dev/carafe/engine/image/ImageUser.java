package dev.carafe.engine.image;

import java.util.List;

/**
 * Who a process in an image runs as.
 *
 * @param uid 0 to 2147483647
 * @param gid 0 to 2147483647
 * @param additionalGids the groups that /etc/group puts the user in; none when a group was asked
 *     for
 * @param home from /etc/passwd, {@code /} when that has no line for the user
 */
public record ImageUser(int uid, int gid, List<Integer> additionalGids, String home) {
    public ImageUser {
        additionalGids = List.copyOf(additionalGids);
    }
}
