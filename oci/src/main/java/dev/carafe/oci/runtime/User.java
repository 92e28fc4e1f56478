package dev.carafe.oci.runtime;

import dev.carafe.oci.json.Fields;
import dev.carafe.oci.json.JsonArray;
import dev.carafe.oci.json.JsonObject;
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

    /** The largest id: 2^32-1 stands for "no id" in the kernel's calls. */
    public static final long MAX_ID = 4294967294L;

    static User read(Fields f) {
        return new User(
                f.needInteger("uid", 0, MAX_ID),
                f.needInteger("gid", 0, MAX_ID),
                f.int32("umask", 0, 0777),
                f.integers("additionalGids", 0, MAX_ID));
    }

    JsonObject json() {
        JsonObject.Builder out =
                JsonObject.builder().put("uid", uid).put("gid", gid).put("umask", umask);
        if (!additionalGids.isEmpty()) {
            out.put("additionalGids", JsonArray.ofIntegers(additionalGids));
        }
        return out.build();
    }
}
