package dev.carafe.engine.erofs;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/**
 * Reads a small EROFS image, and fails a test for whatever a kernel of 5.4 or later would not take.
 * Shares no code with the writer.
 */
public final class ErofsReader {
    private static final Map<Integer, String> PREFIXES =
            Map.of(
                    1, "user.",
                    2, "system.posix_acl_access",
                    3, "system.posix_acl_default",
                    4, "trusted.",
                    6, "security.");

    private final ByteBuffer image;
    private final Map<String, Entry> entries = new TreeMap<>();
    private final Set<Long> seen = new HashSet<>();

    /**
     * A file by one of its names.
     *
     * @param number the same for names of one file
     * @param content of a file or link, one byte a char; empty for others
     */
    public record Entry(
            long number,
            int mode,
            long uid,
            long gid,
            long size,
            long mtime,
            int mtimeNanos,
            int links,
            int device,
            Map<String, String> xattrs,
            String content) {}

    private ErofsReader(ByteBuffer image) {
        this.image = image;
    }

    /** Everything by path, one byte a char; the root's is empty. */
    public static Map<String, Entry> read(Path file) throws IOException {
        try (FileChannel channel = FileChannel.open(file)) {
            ByteBuffer image =
                    channel.map(FileChannel.MapMode.READ_ONLY, 0, channel.size())
                            .order(ByteOrder.LITTLE_ENDIAN);
            return new ErofsReader(image).all();
        }
    }

    private Map<String, Entry> all() {
        assertEquals(0xE0F5E1E2, image.getInt(1024), "magic");
        assertEquals(12, image.get(1036), "block bits");
        assertEquals(0, image.getInt(1104), "incompatible features");
        assertEquals(image.capacity(), image.getInt(1060) * 4096L, "blocks");
        assertEquals(checksum(), image.getInt(1028), "checksum");
        long root = image.getShort(1038) & 0xffff;
        walk("", root, root, 2);
        assertEquals(seen.size(), image.getLong(1040), "inodes");
        return entries;
    }

    /** CRC-32C, bit by bit, of the first block from the superblock on, without its own field. */
    private int checksum() {
        int crc = -1;
        for (int i = 1024; i < 4096; i++) {
            crc ^= i >= 1028 && i < 1032 ? 0 : image.get(i) & 0xff;
            for (int bit = 0; bit < 8; bit++) {
                crc = crc >>> 1 ^ (0x82F63B78 & -(crc & 1));
            }
        }
        return crc;
    }

    private void walk(String path, long nid, long parent, int type) {
        int at = Math.toIntExact(nid * 32);
        int format = image.getShort(at);
        assertEquals(1, format & 1, "extended");
        assertTrue(at % 4096 <= 4096 - 64, path + ": its inode crosses a block");
        int layout = format >> 1;
        assertTrue(layout == 0 || layout == 2, path + ": layout");
        int mode = image.getShort(at + 4) & 0xffff;
        long size = image.getLong(at + 8);
        int icount = image.getShort(at + 2) & 0xffff;
        int xattrs = icount == 0 ? 0 : 12 + 4 * (icount - 1);
        int kind = mode >> 12;
        assertEquals(type, Map.of(8, 1, 4, 2, 2, 3, 6, 4, 1, 5, 12, 6, 10, 7).get(kind), path);
        boolean device = kind == 2 || kind == 6;
        byte[] content = new byte[0];
        if (kind == 8 || kind == 4 || kind == 10) {
            content = content(path, at + 64 + xattrs, layout, image.getInt(at + 16), (int) size);
        } else {
            assertEquals(0, size, path);
        }
        seen.add(nid);
        Entry entry =
                new Entry(
                        nid,
                        mode,
                        image.getInt(at + 24) & 0xFFFFFFFFL,
                        image.getInt(at + 28) & 0xFFFFFFFFL,
                        size,
                        image.getLong(at + 32),
                        image.getInt(at + 40),
                        image.getInt(at + 44),
                        device ? image.getInt(at + 16) : 0,
                        xattrs(at + 64, xattrs),
                        kind == 4 ? "" : text(content, 0, content.length));
        assertEquals(null, entries.put(path, entry), path);
        if (kind == 4) {
            directory(path, content, nid, parent);
        }
    }

    private byte[] content(String path, int behind, int layout, int block, int size) {
        byte[] content = new byte[size];
        int tail = layout == 2 ? (size - 1) % 4096 + 1 : 0;
        if (layout == 2) {
            assertTrue(behind % 4096 + tail <= 4096, path + ": inline content crosses a block");
            image.get(behind, content, size - tail, tail);
        }
        if (size > tail) {
            image.get(Math.toIntExact(block * 4096L), content, 0, size - tail);
            int rest = -(size - tail) & 4095;
            for (int i = 0; i < rest; i++) {
                assertEquals(0, image.get(block * 4096 + size - tail + i), path + ": padding");
            }
        }
        return content;
    }

    private Map<String, String> xattrs(int at, int size) {
        Map<String, String> xattrs = new TreeMap<>();
        if (size == 0) {
            return xattrs;
        }
        assertEquals(0, image.get(at + 4), "shared attributes");
        int end = at + size;
        int entry = at + 12;
        while (entry < end) {
            int nameLength = image.get(entry) & 0xff;
            int valueLength = image.getShort(entry + 2) & 0xffff;
            byte[] bytes = new byte[nameLength + valueLength];
            image.get(entry + 4, bytes);
            String prefix = PREFIXES.get((int) image.get(entry + 1));
            xattrs.put(prefix + text(bytes, 0, nameLength), text(bytes, nameLength, valueLength));
            entry += 4 + bytes.length + 3 & -4;
        }
        assertEquals(end, entry, "attributes' size");
        return xattrs;
    }

    private void directory(String path, byte[] content, long self, long parent) {
        String last = "";
        int subdirectories = 0;
        Map<String, Long> dots = new TreeMap<>();
        for (int start = 0; start < content.length; start += 4096) {
            int size = Math.min(4096, content.length - start);
            ByteBuffer block =
                    ByteBuffer.wrap(content, start, size).slice().order(ByteOrder.LITTLE_ENDIAN);
            int count = block.getShort(8) / 12;
            assertTrue(count > 0, path);
            for (int i = 0; i < count; i++) {
                int from = block.getShort(12 * i + 8);
                int to = i + 1 < count ? block.getShort(12 * (i + 1) + 8) : end(block, from);
                String name = text(content, start + from, to - from);
                assertTrue(name.compareTo(last) > 0, path + ": " + last + " before " + name);
                last = name;
                long nid = block.getLong(12 * i);
                int type = block.get(12 * i + 10);
                subdirectories += type == 2 ? 1 : 0;
                if (name.equals(".") || name.equals("..")) {
                    dots.put(name, nid);
                } else {
                    walk(path.isEmpty() ? name : path + "/" + name, nid, self, type);
                }
            }
        }
        assertEquals(Map.of(".", self, "..", parent), dots, path);
        assertEquals(subdirectories, entry(path).links(), path + ": links");
    }

    private Entry entry(String path) {
        Entry entry = entries.get(path);
        assertTrue(entry != null, path);
        return entry;
    }

    private static int end(ByteBuffer block, int from) {
        int to = from;
        while (to < block.capacity() && block.get(to) != 0) {
            to++;
        }
        return to;
    }

    private static String text(byte[] bytes, int from, int length) {
        ByteArrayOutputStream part = new ByteArrayOutputStream();
        part.write(bytes, from, length);
        return part.toString(StandardCharsets.ISO_8859_1);
    }
}
