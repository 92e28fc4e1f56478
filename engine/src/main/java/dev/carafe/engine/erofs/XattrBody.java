package dev.carafe.engine.erofs;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.TreeMap;

/**
 * Extended attributes as they follow an inode: struct erofs_xattr_ibody_header, then for each a
 * struct erofs_xattr_entry, its name without the part that a number stands for, and its value,
 * padded to 4 bytes.
 */
final class XattrBody {
    static final byte[] NONE = {};

    private static final int HEADER = 12;
    private static final int ENTRY = 4;
    // i_xattr_icount has 16 bits and counts units of 4 bytes, the header as one
    private static final int MAX = HEADER + ENTRY * (0xffff - 1);

    private static final String[] PREFIXES = {
        "user.", "system.posix_acl_access", "system.posix_acl_default", "trusted.", "", "security."
    };

    private XattrBody() {}

    /** The bytes, in the order of the names; none for no attributes. */
    static byte[] of(Map<String, String> xattrs) throws IOException {
        if (xattrs.isEmpty()) {
            return NONE;
        }
        Map<String, String> sorted = new TreeMap<>(xattrs);
        long size = HEADER;
        for (Map.Entry<String, String> one : sorted.entrySet()) {
            size += size(one.getKey(), one.getValue());
        }
        if (size > MAX) {
            throw new IOException(
                    "extended attributes of "
                            + size
                            + " bytes; EROFS holds "
                            + MAX
                            + " for a file");
        }
        ByteBuffer body = ByteBuffer.allocate((int) size).order(ByteOrder.LITTLE_ENDIAN);
        body.position(HEADER);
        for (Map.Entry<String, String> one : sorted.entrySet()) {
            put(body, one.getKey(), one.getValue());
        }
        return body.array();
    }

    /** What i_xattr_icount says of a body of this size. */
    static short count(int size) {
        return (short) (size == 0 ? 0 : (size - HEADER) / ENTRY + 1);
    }

    private static int size(String name, String value) throws IOException {
        int suffix = name.length() - PREFIXES[index(name) - 1].length();
        if (suffix > 0xff || value.length() > 0xffff) {
            throw new IOException(
                    "extended attribute "
                            + name
                            + ": EROFS holds names of 255 and values of 65535 bytes");
        }
        return ENTRY + suffix + value.length() + ENTRY - 1 & -ENTRY;
    }

    private static void put(ByteBuffer body, String name, String value) throws IOException {
        int index = index(name);
        byte[] suffix =
                name.substring(PREFIXES[index - 1].length()).getBytes(StandardCharsets.ISO_8859_1);
        byte[] bytes = value.getBytes(StandardCharsets.ISO_8859_1);
        body.put((byte) suffix.length).put((byte) index).putShort((short) bytes.length);
        body.put(suffix).put(bytes);
        body.position(body.position() + ENTRY - 1 & -ENTRY);
    }

    /** EROFS_XATTR_INDEX_*, the number of a name's prefix. */
    private static int index(String name) throws IOException {
        for (int i = 0; i < PREFIXES.length; i++) {
            boolean whole = PREFIXES[i].startsWith("system.");
            if (whole
                    ? name.equals(PREFIXES[i])
                    : !PREFIXES[i].isEmpty() && name.startsWith(PREFIXES[i])) {
                return i + 1;
            }
        }
        throw new IOException("extended attribute " + name + ": EROFS has no such kind");
    }
}
