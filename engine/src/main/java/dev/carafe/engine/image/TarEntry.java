package dev.carafe.engine.image;

import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;

/**
 * One member of a tar archive. Names and extended attributes are bytes in Linux; they are held one
 * byte a char (ISO-8859-1), so nothing is lost.
 *
 * @param path as written in the archive, not yet made safe
 * @param link the target of a symbolic or hard link, else empty
 * @param mode permission bits with setuid, setgid and sticky, 07777 at most
 * @param size the file's length in bytes, holes included
 * @param mtime seconds since 1970
 * @param mtimeNanos 0 to 999,999,999
 * @param xattrs extended attributes by full name
 * @param extents where a sparse file's data goes, in order; empty for an ordinary file
 */
record TarEntry(
        Type type,
        String path,
        String link,
        int mode,
        long uid,
        long gid,
        long size,
        long mtime,
        int mtimeNanos,
        int major,
        int minor,
        boolean sparse,
        Map<String, String> xattrs,
        List<Extent> extents) {

    enum Type {
        FILE,
        HARD_LINK,
        SYMLINK,
        CHAR_DEVICE,
        BLOCK_DEVICE,
        DIRECTORY,
        FIFO
    }

    /** A run of data in a sparse file, in bytes. */
    record Extent(long offset, long length) {}

    /** The path for a message. */
    String shown() {
        return shown(path);
    }

    static String shown(String bytes) {
        String text =
                new String(bytes.getBytes(StandardCharsets.ISO_8859_1), StandardCharsets.UTF_8);
        StringBuilder out = new StringBuilder();
        for (int i = 0; i < text.length() && i < 200; i++) {
            char c = text.charAt(i);
            out.append(c < ' ' || c == 0x7f ? '?' : c);
        }
        return text.length() > 200 ? out.append("...").toString() : out.toString();
    }
}
