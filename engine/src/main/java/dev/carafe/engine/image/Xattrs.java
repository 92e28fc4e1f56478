package dev.carafe.engine.image;

import dev.carafe.linux.Errno;
import dev.carafe.linux.Fd;
import dev.carafe.linux.Memory;
import dev.carafe.linux.Native;
import dev.carafe.linux.Sys;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * The extended attributes of a file in an overlay's upper directory.
 *
 * @param kept those that belong into a layer, by full name
 * @param opaque whether it is a directory that hides what lower layers have in it
 */
record Xattrs(Map<String, String> kept, boolean opaque) {
    static final String TRUSTED_OPAQUE = "trusted.overlay.opaque";
    static final String USER_OPAQUE = "user.overlay.opaque";

    private static final String CAPABILITY = "security.capability";
    private static final Xattrs NONE = new Xattrs(Map.of(), false);
    private static final int LIST = 4096;
    // XATTR_LIST_MAX and XATTR_SIZE_MAX
    private static final int MAX = 65536;

    /** Reads them, and removes overlayfs's own notes but the opaque mark. */
    static Xattrs of(Fd file, String path, Privilege privilege) throws IOException {
        List<String> names = list(file, path);
        if (names.isEmpty()) {
            return NONE;
        }
        Map<String, String> kept = new TreeMap<>();
        boolean opaque = false;
        String mark = privilege.root() ? TRUSTED_OPAQUE : USER_OPAQUE;
        for (String name : names) {
            if (isOverlays(name)) {
                opaque |= name.equals(mark) && Dir.xattr(file, name).equals("y");
            } else if (belongs(name)) {
                kept.put(name, value(file, path, name));
            }
        }
        for (String name : names) {
            if (isOverlays(name) && !(opaque && isOpaqueMark(name))) {
                removeNote(file, path, name);
            }
        }
        if (opaque && privilege.root() && !names.contains(USER_OPAQUE)) {
            set(file, path, USER_OPAQUE);
        }
        return new Xattrs(kept, opaque);
    }

    /** Reads them from a layer of the store, and changes nothing. */
    static Xattrs read(Fd file, String path) throws IOException {
        Map<String, String> kept = new TreeMap<>();
        boolean opaque = false;
        for (String name : list(file, path)) {
            if (isOverlays(name)) {
                opaque |= isOpaqueMark(name) && Dir.xattr(file, name).equals("y");
            } else if (belongs(name)) {
                kept.put(name, value(file, path, name));
            }
        }
        return new Xattrs(kept, opaque);
    }

    private static boolean isOverlays(String name) {
        return name.startsWith("trusted.overlay.") || name.startsWith("user.overlay.");
    }

    private static boolean isOpaqueMark(String name) {
        return name.equals(TRUSTED_OPAQUE) || name.equals(USER_OPAQUE);
    }

    /** What {@link Unpack} sets; a pax record's name ends at the first equals sign. */
    private static boolean belongs(String name) {
        return name.startsWith("user.") && name.indexOf('=') < 0
                || name.equals(CAPABILITY)
                || name.startsWith("system.posix_acl_");
    }

    private static void removeNote(Fd file, String path, String name) throws IOException {
        if (name.endsWith(".redirect") || name.endsWith(".metacopy")) {
            // the file's content or a directory's is elsewhere: a tar of this would lack it
            throw new ImageException(
                    TarEntry.shown(path)
                            + ": its overlay was mounted with redirect_dir or metacopy on; both must"
                            + " be off");
        }
        try (Memory memory = Memory.borrow()) {
            long result = Native.syscall(Sys.FREMOVEXATTR, file.number(), Dir.name(memory, name));
            Tree.check("remove " + name + " of", path, result);
        }
    }

    private static void set(Fd file, String path, String name) throws IOException {
        try (Memory memory = Memory.borrow()) {
            long key = Dir.name(memory, name);
            long value = memory.bytes(new byte[] {'y'});
            Tree.check(
                    "mark as opaque",
                    path,
                    Native.syscall(Sys.FSETXATTR, file.number(), key, value, 1, 0));
        }
    }

    private static List<String> list(Fd file, String path) throws IOException {
        for (int size = LIST; ; size = MAX) {
            try (Memory memory = Memory.of(size + 64)) {
                long buffer = memory.reserve(size);
                long n = Native.syscall(Sys.FLISTXATTR, file.number(), buffer, size);
                if (n == -Errno.ERANGE && size < MAX) {
                    continue;
                }
                if (n == 0 || n == -Errno.EOPNOTSUPP) {
                    return List.of();
                }
                Tree.check("list attributes of", path, n);
                byte[] bytes = new byte[(int) n];
                memory.view(buffer, size).get(bytes);
                return split(bytes);
            }
        }
    }

    private static List<String> split(byte[] bytes) {
        List<String> names = new ArrayList<>();
        int from = 0;
        for (int i = 0; i < bytes.length; i++) {
            if (bytes[i] == 0) {
                names.add(new String(bytes, from, i - from, StandardCharsets.ISO_8859_1));
                from = i + 1;
            }
        }
        return names;
    }

    private static String value(Fd file, String path, String name) throws IOException {
        try (Memory memory = Memory.of(MAX + 1024)) {
            long key = Dir.name(memory, name);
            long buffer = memory.reserve(MAX);
            long n = Native.syscall(Sys.FGETXATTR, file.number(), key, buffer, MAX);
            Tree.check("read " + TarEntry.shown(name) + " of", path, n);
            byte[] bytes = new byte[(int) n];
            memory.view(buffer, MAX).get(bytes);
            String value = new String(bytes, StandardCharsets.ISO_8859_1);
            return name.equals(CAPABILITY) ? withoutRoot(value) : value;
        }
    }

    /**
     * File capabilities as they are outside of a user namespace: set inside one, they carry the id
     * of its root (VFS_CAP_REVISION_3, linux/capability.h), which means nothing elsewhere.
     */
    private static String withoutRoot(String capability) {
        boolean third = capability.length() == 24 && capability.charAt(3) == 3;
        return third
                ? capability.substring(0, 3) + (char) 2 + capability.substring(4, 20)
                : capability;
    }
}
