package dev.carafe.linux;

import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * Capabilities by name and number (capabilities(7), linux/capability.h); sets of them are 64-bit
 * masks.
 */
public final class Capabilities {
    /** Every capability that the kernel can have. */
    public static final long FULL = -1L;

    /** _LINUX_CAPABILITY_VERSION_3: two groups of 32 bits. */
    public static final int VERSION_3 = 0x20080522;

    private static final String[] NAMES = {
        "CAP_CHOWN",
        "CAP_DAC_OVERRIDE",
        "CAP_DAC_READ_SEARCH",
        "CAP_FOWNER",
        "CAP_FSETID",
        "CAP_KILL",
        "CAP_SETGID",
        "CAP_SETUID",
        "CAP_SETPCAP",
        "CAP_LINUX_IMMUTABLE",
        "CAP_NET_BIND_SERVICE",
        "CAP_NET_BROADCAST",
        "CAP_NET_ADMIN",
        "CAP_NET_RAW",
        "CAP_IPC_LOCK",
        "CAP_IPC_OWNER",
        "CAP_SYS_MODULE",
        "CAP_SYS_RAWIO",
        "CAP_SYS_CHROOT",
        "CAP_SYS_PTRACE",
        "CAP_SYS_PACCT",
        "CAP_SYS_ADMIN",
        "CAP_SYS_BOOT",
        "CAP_SYS_NICE",
        "CAP_SYS_RESOURCE",
        "CAP_SYS_TIME",
        "CAP_SYS_TTY_CONFIG",
        "CAP_MKNOD",
        "CAP_LEASE",
        "CAP_AUDIT_WRITE",
        "CAP_AUDIT_CONTROL",
        "CAP_SETFCAP",
        "CAP_MAC_OVERRIDE",
        "CAP_MAC_ADMIN",
        "CAP_SYSLOG",
        "CAP_WAKE_ALARM",
        "CAP_BLOCK_SUSPEND",
        "CAP_AUDIT_READ",
        "CAP_PERFMON",
        "CAP_BPF",
        "CAP_CHECKPOINT_RESTORE",
    };

    private Capabilities() {}

    /** The highest capability that has a name here; the kernel's own may differ. */
    public static int last() {
        return NAMES.length - 1;
    }

    /** The name, such as {@code CAP_CHOWN}; {@code capability 41} for a number without one. */
    public static String name(int number) {
        return number < NAMES.length ? NAMES[number] : "capability " + number;
    }

    /** The number of an exact name such as {@code CAP_CHOWN}, or -1. */
    public static int number(String name) {
        for (int i = 0; i < NAMES.length; i++) {
            if (NAMES[i].equals(name)) {
                return i;
            }
        }
        return -1;
    }

    /**
     * The exact name for what a user may write: any case, with or without {@code CAP_}; null when
     * unknown.
     */
    public static @Nullable String canonical(String written) {
        String upper = written.toUpperCase(Locale.ROOT);
        String name = upper.startsWith("CAP_") ? upper : "CAP_" + upper;
        return number(name) < 0 ? null : name;
    }

    /** Every name, by number. */
    public static List<String> all() {
        return List.of(NAMES);
    }

    /** The set of these names; unknown ones are left out, as the runtime specification asks. */
    public static long mask(Collection<String> names) {
        long mask = 0;
        for (String name : names) {
            int number = number(name);
            if (number >= 0) {
                mask |= 1L << number;
            }
        }
        return mask;
    }

    /** The names in a set, by number; bits without a name are left out. */
    public static List<String> names(long mask) {
        List<String> names = new ArrayList<>();
        for (int i = 0; i < NAMES.length; i++) {
            if ((mask >>> i & 1) != 0) {
                names.add(NAMES[i]);
            }
        }
        return names;
    }

    /**
     * This thread's permitted set (capget(2)): what it can hand on without a new user namespace.
     *
     * @throws ErrnoException when the kernel is older than capability version 3
     */
    public static long permitted() throws ErrnoException {
        try (Memory memory = Memory.borrow()) {
            long header = memory.reserve(8);
            memory.view(header, 8).putInt(0, VERSION_3);
            long data = memory.reserve(24);
            Native.check("read the capabilities", Sys.CAPGET, header, data);
            var view = memory.view(data, 24);
            return (view.getInt(4) & 0xFFFF_FFFFL) | (long) view.getInt(16) << 32;
        }
    }
}
