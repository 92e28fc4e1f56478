package dev.carafe.engine.image;

import dev.carafe.engine.image.TarEntry.Extent;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The records of pax extended headers (POSIX.1-2001), with GNU's sparse and star's xattr keywords.
 */
final class Pax {
    private static final String XATTR = "SCHILY.xattr.";

    private final Map<String, String> records = new HashMap<>(4);
    private final List<Extent> pieces = new ArrayList<>(0);
    private @Nullable String pieceOffset;

    /** Reads {@code "LENGTH KEY=VALUE\n"} records. */
    void add(byte[] bytes, long position) throws ImageException {
        int at = 0;
        while (at < bytes.length && bytes[at] != 0) {
            int space = indexOf(bytes, ' ', at, Math.min(bytes.length, at + 8));
            long length = space < 0 ? Numbers.BAD : Numbers.decimal(text(bytes, at, space));
            if (length <= space - at + 2
                    || length > bytes.length - at
                    || bytes[at + (int) length - 1] != '\n') {
                throw bad("a malformed pax record", position);
            }
            int end = at + (int) length - 1;
            int equals = indexOf(bytes, '=', space + 1, end);
            if (equals < 0) {
                throw bad("a pax record with no value", position);
            }
            record(text(bytes, space + 1, equals), text(bytes, equals + 1, end), position);
            at = end + 1;
        }
    }

    private void record(String key, String value, long position) throws ImageException {
        switch (key) {
            case "GNU.sparse.offset" -> pieceOffset = value;
            case "GNU.sparse.numbytes" -> {
                long offset = pieceOffset == null ? Numbers.BAD : Numbers.decimal(pieceOffset);
                pieces.add(piece(offset, Numbers.decimal(value), position));
                pieceOffset = null;
            }
            default -> records.put(key, value);
        }
    }

    /**
     * The record's value, the global one, or the header's own. An empty value takes the override
     * back.
     */
    String text(String key, Pax global, String header) {
        String value = find(key, global);
        return value == null ? header : value;
    }

    long number(String key, Pax global, long header, long position) throws ImageException {
        String value = find(key, global);
        if (value == null) {
            return header;
        }
        long number = Numbers.decimal(value);
        if (number < 0) {
            throw bad("a malformed " + key, position);
        }
        return number;
    }

    /** Seconds and nanoseconds; the fraction is rounded down, also before 1970. */
    long[] time(Pax global, long header, long position) throws ImageException {
        String value = find("mtime", global);
        if (value == null) {
            return new long[] {header, 0};
        }
        boolean negative = value.startsWith("-");
        int dot = value.indexOf('.');
        long seconds =
                Numbers.decimal(value.substring(negative ? 1 : 0, dot < 0 ? value.length() : dot));
        long nanos = 0;
        if (dot >= 0) {
            String fraction = (value.substring(dot + 1) + "000000000").substring(0, 9);
            nanos = Numbers.decimal(fraction);
        }
        if (seconds < 0 || nanos < 0) {
            throw bad("a malformed mtime", position);
        }
        if (!negative) {
            return new long[] {seconds, nanos};
        }
        return nanos == 0
                ? new long[] {-seconds, 0}
                : new long[] {-seconds - 1, 1_000_000_000 - nanos};
    }

    Map<String, String> xattrs(Pax global) {
        if (records.isEmpty() && global.records.isEmpty()) {
            return Map.of();
        }
        Map<String, String> xattrs = new HashMap<>(4);
        collect(global.records, xattrs);
        collect(records, xattrs);
        return xattrs;
    }

    private static void collect(Map<String, String> records, Map<String, String> xattrs) {
        for (Map.Entry<String, String> record : records.entrySet()) {
            if (record.getKey().startsWith(XATTR)) {
                xattrs.put(record.getKey().substring(XATTR.length()), record.getValue());
            }
        }
    }

    boolean sparse() {
        return sparseMapInBody()
                || records.containsKey("GNU.sparse.map")
                || records.containsKey("GNU.sparse.size");
    }

    boolean sparseMapInBody() {
        return "1".equals(records.get("GNU.sparse.major"))
                && "0".equals(records.get("GNU.sparse.minor"));
    }

    long realSize(long position) throws ImageException {
        String value =
                records.getOrDefault(
                        "GNU.sparse.realsize", records.getOrDefault("GNU.sparse.size", ""));
        long size = Numbers.decimal(value);
        if (size < 0) {
            throw bad("a sparse file with no size", position);
        }
        return size;
    }

    /** The pieces of formats 0.0 and 0.1. */
    List<Extent> extents(long position) throws ImageException {
        String map = records.get("GNU.sparse.map");
        if (map == null) {
            return pieces;
        }
        String[] numbers = map.isEmpty() ? new String[0] : map.split(",", -1);
        if (numbers.length % 2 != 0) {
            throw bad("a malformed sparse map", position);
        }
        List<Extent> extents = new ArrayList<>(numbers.length / 2);
        for (int i = 0; i < numbers.length; i += 2) {
            extents.add(
                    piece(Numbers.decimal(numbers[i]), Numbers.decimal(numbers[i + 1]), position));
        }
        return extents;
    }

    private static Extent piece(long offset, long length, long position) throws ImageException {
        if (offset < 0 || length < 0) {
            throw bad("a malformed sparse map", position);
        }
        return new Extent(offset, length);
    }

    private @Nullable String find(String key, Pax global) {
        String value = records.get(key);
        if (value == null) {
            value = global.records.get(key);
        }
        return value == null || value.isEmpty() ? null : value;
    }

    private static String text(byte[] bytes, int from, int to) {
        return new String(bytes, from, to - from, StandardCharsets.ISO_8859_1);
    }

    private static int indexOf(byte[] bytes, char c, int from, int to) {
        for (int i = from; i < to; i++) {
            if (bytes[i] == c) {
                return i;
            }
        }
        return -1;
    }

    private static ImageException bad(String what, long position) {
        return new ImageException("not a usable tar archive: " + what + ", near byte " + position);
    }
}
