package dev.carafe.engine.erofs;

import java.util.Map;

/**
 * What an inode tells of a file, apart from its content.
 *
 * @param mode type and permissions, as st_mode has them (inode(7))
 * @param uid owner, 0 to 4294967294
 * @param gid group, 0 to 4294967294
 * @param mtime seconds since 1970, may be negative
 * @param mtimeNanos 0 to 999999999
 * @param links how many names the file may have; only one with more than one can be {@linkplain
 *     ErofsWriter#link linked}. Not asked for directories.
 * @param xattrs extended attributes by full name, names and values one byte a char; user, trusted
 *     and security ones, and POSIX ACLs
 */
public record Attributes(
        int mode,
        long uid,
        long gid,
        long mtime,
        int mtimeNanos,
        long links,
        Map<String, String> xattrs) {
    private static final int S_IFMT = 0170000;

    /** What a directory entry calls the type: FT_REG_FILE and so on of linux/fs_types.h. */
    byte fileType() {
        return switch (mode & S_IFMT) {
            case 0100000 -> 1;
            case 0040000 -> 2;
            case 0020000 -> 3;
            case 0060000 -> 4;
            case 0010000 -> 5;
            case 0140000 -> 6;
            case 0120000 -> 7;
            default -> 0;
        };
    }
}
