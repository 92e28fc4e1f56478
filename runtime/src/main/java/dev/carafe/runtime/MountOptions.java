package dev.carafe.runtime;

import java.util.ArrayList;
import java.util.List;

/**
 * A mount's options, read as the runtime specification lists them (config.md, Linux mount options).
 *
 * @param bind whether it is a bind mount
 * @param recursive whether a bind takes the mounts below its source too
 * @param set MOUNT_ATTR_* to set on the mount (mount_setattr(2))
 * @param clear MOUNT_ATTR_* to clear
 * @param setAll as {@code set}, for the whole tree below (rro, rnoexec, ...)
 * @param clearAll as {@code clear}, for the whole tree below
 * @param propagation MS_SHARED, MS_SLAVE, MS_PRIVATE, MS_UNBINDABLE, or 0
 * @param propagationAll whether the propagation goes to the whole tree below
 * @param remount whether it changes the options of what is mounted there
 * @param data options of the file system itself, {@code key} or {@code key=value}
 */
record MountOptions(
        boolean bind,
        boolean recursive,
        long set,
        long clear,
        long setAll,
        long clearAll,
        long propagation,
        boolean propagationAll,
        boolean remount,
        List<String> data) {
    static final long RDONLY = 1;
    static final long NOSUID = 2;
    static final long NODEV = 4;
    static final long NOEXEC = 8;
    static final long NOATIME = 0x10;
    static final long STRICTATIME = 0x20;
    static final long ATIME = 0x70;
    static final long NODIRATIME = 0x80;
    static final long NOSYMFOLLOW = 0x200000;

    static final long MS_UNBINDABLE = 1 << 17;
    static final long MS_PRIVATE = 1 << 18;
    static final long MS_SLAVE = 1 << 19;
    static final long MS_SHARED = 1 << 20;

    static MountOptions of(List<String> options) {
        Reader reader = new Reader();
        for (String option : options) {
            reader.read(option);
        }
        return new MountOptions(
                reader.bind,
                reader.recursive,
                reader.set,
                reader.clear,
                reader.setAll,
                reader.clearAll,
                reader.propagation,
                reader.propagationAll,
                reader.remount,
                List.copyOf(reader.data));
    }

    private static final class Reader {
        private boolean bind;
        private boolean recursive;
        private long set;
        private long clear;
        private long setAll;
        private long clearAll;
        private long propagation;
        private boolean propagationAll;
        private boolean remount;
        private final List<String> data = new ArrayList<>();

        void read(String option) {
            switch (option) {
                case "defaults", "async", "loud", "nomand", "norelatime" -> {}
                case "bind" -> bind = true;
                case "remount" -> remount = true;
                case "rbind" -> {
                    bind = true;
                    recursive = true;
                }
                case "shared", "rshared" -> propagate(MS_SHARED, option);
                case "slave", "rslave" -> propagate(MS_SLAVE, option);
                case "private", "rprivate" -> propagate(MS_PRIVATE, option);
                case "unbindable", "runbindable" -> propagate(MS_UNBINDABLE, option);
                default -> attribute(option);
            }
        }

        private void propagate(long to, String option) {
            propagation = to;
            propagationAll = option.startsWith("r");
        }

        private void attribute(String option) {
            // "rro" is "ro" for the tree; "ro", "rw" and "relatime" begin with an r of their own
            boolean all =
                    option.length() > 2 && option.charAt(0) == 'r' && !option.equals("relatime");
            String name = all ? option.substring(1) : option;
            switch (name) {
                case "ro" -> change(all, RDONLY, 0);
                case "rw" -> change(all, 0, RDONLY);
                case "nosuid" -> change(all, NOSUID, 0);
                case "suid" -> change(all, 0, NOSUID);
                case "nodev" -> change(all, NODEV, 0);
                case "dev" -> change(all, 0, NODEV);
                case "noexec" -> change(all, NOEXEC, 0);
                case "exec" -> change(all, 0, NOEXEC);
                case "nodiratime" -> change(all, NODIRATIME, 0);
                case "diratime" -> change(all, 0, NODIRATIME);
                case "nosymfollow" -> change(all, NOSYMFOLLOW, 0);
                case "symfollow" -> change(all, 0, NOSYMFOLLOW);
                case "noatime" -> change(all, NOATIME, ATIME);
                case "strictatime" -> change(all, STRICTATIME, ATIME);
                case "relatime", "atime", "nostrictatime" -> change(all, 0, ATIME);
                default -> data.add(option);
            }
        }

        private void change(boolean all, long on, long off) {
            if (all) {
                setAll = setAll & ~off | on;
                clearAll = clearAll & ~on | off;
            } else {
                set = set & ~off | on;
                clear = clear & ~on | off;
            }
        }
    }
}
