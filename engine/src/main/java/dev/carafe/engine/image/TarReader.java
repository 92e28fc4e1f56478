package dev.carafe.engine.image;

import dev.carafe.engine.image.TarEntry.Extent;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Reads tar archives: V7, ustar, pax, and GNU with long names, base-256 numbers and sparse files
 * (old, 0.0, 0.1 and 1.0). Every number is bounded before it is used; what is malformed is an
 * {@link ImageException} that names the byte.
 */
final class TarReader {
    static final int BLOCK = 512;

    /** The most that a pax header, a long name or a sparse map may take, in bytes. */
    static final int MAX_META = 1 << 20;

    private static final int MAX_PATH = 4096;
    private static final long MAX_ID = 0xFFFFFFFEL;
    private static final ByteBuffer NOTHING = ByteBuffer.allocateDirect(0);

    private final ByteSource in;
    private final byte[] header = new byte[BLOCK];
    private final Pax global = new Pax();
    private ByteBuffer chunk = NOTHING;
    private long position;
    private long remaining;
    private int padding;
    private boolean complete;

    TarReader(ByteSource in) {
        this.in = in;
    }

    /** Moves past what is left of the current member's data to the next member; null at the end. */
    @Nullable TarEntry next() throws IOException {
        skip();
        Pax local = new Pax();
        String longName = null;
        String longLink = null;
        while (readHeader()) {
            switch (header[156]) {
                case 'x', 'X' -> local.add(meta("pax header"), position);
                case 'g' -> global.add(meta("global pax header"), position);
                case 'L' -> longName = untilNul(meta("long name"));
                case 'K' -> longLink = untilNul(meta("long link"));
                default -> {
                    return entry(local, longName, longLink);
                }
            }
        }
        return null;
    }

    /**
     * The next piece of the current member's data, as it lies in the archive; null after the last.
     */
    @Nullable ByteBuffer body() throws IOException {
        if (remaining == 0) {
            return null;
        }
        need();
        int n = (int) Math.min(remaining, chunk.remaining());
        ByteBuffer piece = chunk.slice(chunk.position(), n);
        advance(n);
        remaining -= n;
        return piece;
    }

    /** Whether the end mark was seen: an archive cut between two members has none. */
    boolean complete() {
        return complete;
    }

    /** How many bytes of the archive have been read. */
    long position() {
        return position;
    }

    /** Reads the rest of the stream, so that its digest can be known. */
    void drain() throws IOException {
        do {
            position += chunk.remaining();
        } while (more());
    }

    private TarEntry entry(Pax local, @Nullable String longName, @Nullable String longLink)
            throws IOException {
        TarEntry.Type type = type(header[156]);
        long stored = local.number("size", global, number("size", 124, 12), position);
        boolean hasBody = type == TarEntry.Type.FILE;
        String path = local.text("path", global, longName == null ? name() : longName);
        if (type == TarEntry.Type.FILE && header[156] != '7' && path.endsWith("/")) {
            type = TarEntry.Type.DIRECTORY;
        }
        remaining = hasBody ? stored : 0;
        padding = (int) (-remaining & (BLOCK - 1));
        List<Extent> extents = List.of();
        long size = remaining;
        boolean sparse = hasBody && (header[156] == 'S' || local.sparse());
        if (sparse) {
            path = local.text("GNU.sparse.name", global, path);
            extents = header[156] == 'S' ? oldSparse() : paxSparse(local);
            size = header[156] == 'S' ? number("real size", 483, 12) : local.realSize(position);
            checkExtents(extents, size);
        }
        String link = local.text("linkpath", global, longLink == null ? text(157, 100) : longLink);
        checkPath(path);
        checkPath(link);
        long[] mtime = local.time(global, signed("mtime", 136, 12), position);
        return new TarEntry(
                type,
                path,
                link,
                (int) number("mode", 100, 8) & 07777,
                id(local, "uid", 108),
                id(local, "gid", 116),
                size,
                mtime[0],
                (int) mtime[1],
                device(type, 329),
                device(type, 337),
                sparse,
                local.xattrs(global),
                extents);
    }

    private TarEntry.Type type(byte flag) throws ImageException {
        return switch (flag) {
            case '0', 0, '7', 'S' -> TarEntry.Type.FILE;
            case '1' -> TarEntry.Type.HARD_LINK;
            case '2' -> TarEntry.Type.SYMLINK;
            case '3' -> TarEntry.Type.CHAR_DEVICE;
            case '4' -> TarEntry.Type.BLOCK_DEVICE;
            case '5' -> TarEntry.Type.DIRECTORY;
            case '6' -> TarEntry.Type.FIFO;
            default -> throw bad("a member of unknown type " + (flag & 0xff));
        };
    }

    private long id(Pax local, String key, int at) throws ImageException {
        long id = local.number(key, global, number(key, at, 8), position);
        if (id > MAX_ID) {
            // 4294967295 means "leave the owner alone" to chown
            throw bad(key + " " + id + " is out of range");
        }
        return id;
    }

    private int device(TarEntry.Type type, int at) throws ImageException {
        if (type != TarEntry.Type.CHAR_DEVICE && type != TarEntry.Type.BLOCK_DEVICE) {
            return 0;
        }
        long number = number("device number", at, 8);
        if (number > 0xFFFFF) {
            throw bad("device number " + number + " is out of range");
        }
        return (int) number;
    }

    private void checkPath(String path) throws ImageException {
        if (path.length() > MAX_PATH) {
            throw bad("a path of " + path.length() + " bytes, the limit is " + MAX_PATH);
        }
        if (path.indexOf('\0') >= 0) {
            throw bad("a path with a NUL byte");
        }
    }

    private String name() {
        String name = text(0, 100);
        boolean ustar =
                header[257] == 'u' && header[258] == 's' && header[262] == 0 && header[263] == '0';
        if (!ustar || header[345] == 0) {
            return name;
        }
        boolean star = header[508] == 't' && header[509] == 'a' && header[510] == 'r';
        return text(345, star ? 131 : 155) + "/" + name;
    }

    private List<Extent> oldSparse() throws IOException {
        // the header's other fields are still needed after its extension blocks
        byte[] block = header.clone();
        List<Extent> extents = new ArrayList<>();
        int at = 386;
        int count = 4;
        int flag = 482;
        while (true) {
            for (int i = 0; i < count && block[at + 24 * i] != 0; i++) {
                long offset = Numbers.tar(block, at + 24 * i, 12, false);
                long length = Numbers.tar(block, at + 24 * i + 12, 12, false);
                extents.add(
                        new Extent(
                                checked(offset, "sparse offset"),
                                checked(length, "sparse length")));
            }
            if (block[flag] == 0) {
                return extents;
            }
            if (extents.size() > MAX_META / 16) {
                throw bad("a sparse file of more than " + MAX_META / 16 + " pieces");
            }
            if (!readBlock(block)) {
                throw truncated();
            }
            at = 0;
            count = 21;
            flag = 504;
        }
    }

    private List<Extent> paxSparse(Pax local) throws IOException {
        if (!local.sparseMapInBody()) {
            return local.extents(position);
        }
        SparseMap map = new SparseMap();
        byte[] block = new byte[BLOCK];
        int used = 0;
        while (!map.complete()) {
            used += BLOCK;
            if (used > MAX_META || used > remaining + padding || !readBlock(block)) {
                throw bad("a sparse map that does not end");
            }
            if (!map.add(block)) {
                throw bad("a malformed sparse map");
            }
        }
        if (used > remaining) {
            throw bad("a sparse map longer than its file");
        }
        remaining -= used;
        return map.extents();
    }

    private void checkExtents(List<Extent> extents, long size) throws ImageException {
        long end = 0;
        long data = 0;
        for (Extent extent : extents) {
            if (extent.offset() < end || extent.length() > size - extent.offset()) {
                throw bad("a sparse file whose pieces overlap or pass its end");
            }
            end = extent.offset() + extent.length();
            data += extent.length();
        }
        if (data != remaining) {
            throw bad(
                    "a sparse file whose pieces are " + data + " bytes and its data " + remaining);
        }
    }

    private boolean readHeader() throws IOException {
        if (!readBlock(header)) {
            return false;
        }
        if (isZero(header)) {
            complete = true;
            return false;
        }
        long sum = 0;
        long signedSum = 0;
        for (int i = 0; i < BLOCK; i++) {
            byte b = i >= 148 && i < 156 ? (byte) ' ' : header[i];
            sum += b & 0xff;
            signedSum += b;
        }
        long stated = Numbers.tar(header, 148, 8, false);
        if (stated != sum && stated != signedSum) {
            throw bad("a header with a wrong checksum");
        }
        return true;
    }

    /** Reads one block; false at the end of the stream. */
    private boolean readBlock(byte[] block) throws IOException {
        int have = 0;
        while (have < BLOCK) {
            if (!chunk.hasRemaining() && !more()) {
                if (have == 0) {
                    return false;
                }
                throw truncated();
            }
            int n = Math.min(BLOCK - have, chunk.remaining());
            chunk.get(chunk.position(), block, have, n);
            advance(n);
            have += n;
        }
        return true;
    }

    private byte[] meta(String what) throws IOException {
        long size = number("size", 124, 12);
        if (size > MAX_META) {
            throw bad("a " + what + " of " + size + " bytes, the limit is " + MAX_META);
        }
        byte[] bytes = new byte[(int) size];
        int have = 0;
        while (have < bytes.length) {
            need();
            int n = Math.min(bytes.length - have, chunk.remaining());
            chunk.get(chunk.position(), bytes, have, n);
            advance(n);
            have += n;
        }
        skip(-size & (BLOCK - 1));
        return bytes;
    }

    private void skip() throws IOException {
        skip(remaining);
        remaining = 0;
        for (; padding > 0 && (chunk.hasRemaining() || more()); padding--) {
            // some writers leave the padding of the last member out
            advance(1);
        }
        padding = 0;
    }

    private void skip(long bytes) throws IOException {
        long left = bytes;
        while (left > 0) {
            need();
            int n = (int) Math.min(left, chunk.remaining());
            advance(n);
            left -= n;
        }
    }

    private void need() throws IOException {
        if (!chunk.hasRemaining() && !more()) {
            throw truncated();
        }
    }

    private boolean more() throws IOException {
        ByteBuffer next = in.next();
        chunk = next == null ? NOTHING : next;
        return next != null;
    }

    private void advance(int n) {
        chunk.position(chunk.position() + n);
        position += n;
    }

    private long number(String what, int at, int length) throws ImageException {
        return checked(Numbers.tar(header, at, length, false), what);
    }

    private long signed(String what, int at, int length) throws ImageException {
        long value = Numbers.tar(header, at, length, true);
        if (value == Numbers.BAD) {
            throw bad("a malformed " + what);
        }
        return value;
    }

    private long checked(long value, String what) throws ImageException {
        if (value < 0) {
            throw bad("a malformed or negative " + what);
        }
        return value;
    }

    private String text(int at, int length) {
        int end = at;
        while (end < at + length && header[end] != 0) {
            end++;
        }
        return new String(header, at, end - at, StandardCharsets.ISO_8859_1);
    }

    private static String untilNul(byte[] bytes) {
        int end = 0;
        while (end < bytes.length && bytes[end] != 0) {
            end++;
        }
        return new String(bytes, 0, end, StandardCharsets.ISO_8859_1);
    }

    private static boolean isZero(byte[] block) {
        for (byte b : block) {
            if (b != 0) {
                return false;
            }
        }
        return true;
    }

    private ImageException bad(String what) {
        return new ImageException("not a usable tar archive: " + what + ", near byte " + position);
    }

    private ImageException truncated() {
        return new ImageException("the tar archive is truncated at byte " + position);
    }
}
