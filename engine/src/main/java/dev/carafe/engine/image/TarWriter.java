package dev.carafe.engine.image;

import dev.carafe.linux.Errno;
import dev.carafe.linux.Fd;
import dev.carafe.linux.Native;
import dev.carafe.linux.Sys;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Map;
import java.util.TreeMap;

/**
 * Writes tar archives in the one way that gives the same bytes each time: ustar headers (POSIX
 * 1003.1, pax, "ustar Interchange Format"), and a pax header before them only for what they can't
 * hold. No user and group names; times in whole seconds. Sparse files are written out (image-spec
 * 1.1, layer.md: they should not be used).
 */
final class TarWriter {
    /** The size of an archive without a member. */
    static final int EMPTY = 1024;

    private static final int BLOCK = 512;
    private static final int NAME = 100;
    private static final int PREFIX = 155;
    private static final long MAX_OCTAL7 = 07777777;
    private static final long MAX_OCTAL11 = 077777777777L;
    private static final byte[] ZEROS = new byte[64 * 1024];
    private static final int SEEK_SET = 0;
    private static final int SEEK_DATA = 3;
    private static final int SEEK_HOLE = 4;

    private final ByteSink sink;
    private final byte[] header = new byte[BLOCK];
    private long position;

    TarWriter(ByteSink sink) {
        this.sink = sink;
    }

    /** How many bytes have been written. */
    long position() {
        return position;
    }

    /**
     * Writes a member's headers. The body of a file, of {@code entry.size()} bytes, is to follow.
     * The fields for parts of a second and sparse files are not looked at.
     */
    void member(TarEntry entry) throws IOException {
        Map<String, String> records = records(entry);
        if (!records.isEmpty()) {
            extended(entry, records);
        }
        int split = split(entry.path());
        // what did not fit is in the pax header; whoever can't read that gets the beginning
        String name = entry.path().substring(Math.max(split + 1, 0));
        begin(split > 0 ? entry.path().substring(0, split) : "", name, type(entry.type()));
        octal(100, 8, entry.mode());
        octal(108, 8, entry.uid() > MAX_OCTAL7 ? 0 : entry.uid());
        octal(116, 8, entry.gid() > MAX_OCTAL7 ? 0 : entry.gid());
        long size = entry.type() == TarEntry.Type.FILE ? entry.size() : 0;
        octal(124, 12, size > MAX_OCTAL11 ? 0 : size);
        octal(136, 12, entry.mtime() < 0 || entry.mtime() > MAX_OCTAL11 ? 0 : entry.mtime());
        text(157, NAME, entry.link());
        octal(329, 8, entry.major());
        octal(337, 8, entry.minor());
        seal();
    }

    private static char type(TarEntry.Type type) {
        return switch (type) {
            case FILE -> '0';
            case HARD_LINK -> '1';
            case SYMLINK -> '2';
            case CHAR_DEVICE -> '3';
            case BLOCK_DEVICE -> '4';
            case DIRECTORY -> '5';
            case FIFO -> '6';
        };
    }

    /**
     * Where a path is divided into prefix and name; -1 when it need not be, or can't.
     *
     * <p>As late as it may be, so that it depends on nothing but the path.
     */
    private static int split(String path) {
        if (path.length() <= NAME) {
            return -1;
        }
        // a directory's slash at the end belongs to its name
        int slash = path.lastIndexOf('/', Math.min(path.length() - 2, PREFIX));
        return slash > 0 && path.length() - slash - 1 <= NAME ? slash : -1;
    }

    /** What the ustar header can't hold, by name in order. */
    private static Map<String, String> records(TarEntry entry) {
        Map<String, String> records = new TreeMap<>();
        if (entry.path().length() > NAME && split(entry.path()) < 0) {
            records.put("path", entry.path());
        }
        if (entry.link().length() > NAME) {
            records.put("linkpath", entry.link());
        }
        if (!isUtf8(records.getOrDefault("path", "") + records.getOrDefault("linkpath", ""))) {
            records.put("hdrcharset", "BINARY");
        }
        if (entry.uid() > MAX_OCTAL7) {
            records.put("uid", Long.toString(entry.uid()));
        }
        if (entry.gid() > MAX_OCTAL7) {
            records.put("gid", Long.toString(entry.gid()));
        }
        if (entry.size() > MAX_OCTAL11 && entry.type() == TarEntry.Type.FILE) {
            records.put("size", Long.toString(entry.size()));
        }
        if (entry.mtime() < 0 || entry.mtime() > MAX_OCTAL11) {
            records.put("mtime", Long.toString(entry.mtime()));
        }
        for (Map.Entry<String, String> xattr : entry.xattrs().entrySet()) {
            records.put("SCHILY.xattr." + xattr.getKey(), xattr.getValue());
        }
        return records;
    }

    private static boolean isUtf8(String bytes) {
        try {
            StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(bytes.getBytes(StandardCharsets.ISO_8859_1)));
            return true;
        } catch (CharacterCodingException e) {
            return false;
        }
    }

    private void extended(TarEntry entry, Map<String, String> records) throws IOException {
        StringBuilder text = new StringBuilder();
        String charset = records.remove("hdrcharset");
        if (charset != null) {
            // it is about the records after it
            record(text, "hdrcharset", charset);
        }
        records.forEach((key, value) -> record(text, key, value));
        byte[] body = text.toString().getBytes(StandardCharsets.ISO_8859_1);
        String shown = "PaxHeaders/" + entry.path();
        begin("", shown.substring(0, Math.min(NAME, shown.length())), 'x');
        octal(100, 8, 0644);
        octal(108, 8, 0);
        octal(116, 8, 0);
        octal(124, 12, body.length);
        octal(136, 12, 0);
        octal(329, 8, 0);
        octal(337, 8, 0);
        seal();
        body(body);
    }

    /** {@code "LENGTH KEY=VALUE\n"}, where the length counts its own digits. */
    private static void record(StringBuilder out, String key, String value) {
        int rest = key.length() + value.length() + 3;
        int length = rest + 1;
        while (Integer.toString(length).length() + rest != length) {
            length++;
        }
        out.append(length).append(' ').append(key).append('=').append(value).append('\n');
    }

    private void begin(String prefix, String name, char type) {
        Arrays.fill(header, (byte) 0);
        text(0, NAME, name);
        header[156] = (byte) type;
        text(257, 6, "ustar");
        text(263, 2, "00");
        text(345, PREFIX, prefix);
    }

    private void text(int at, int room, String bytes) {
        int n = Math.min(room, bytes.length());
        for (int i = 0; i < n; i++) {
            header[at + i] = (byte) bytes.charAt(i);
        }
    }

    /** Digits with zeros before and a NUL behind. */
    private void octal(int at, int room, long value) {
        long left = value;
        for (int i = at + room - 2; i >= at; i--) {
            header[i] = (byte) ('0' + (left & 7));
            left >>>= 3;
        }
        header[at + room - 1] = 0;
    }

    private void seal() throws IOException {
        Arrays.fill(header, 148, 156, (byte) ' ');
        int sum = 0;
        for (byte b : header) {
            sum += b & 0xff;
        }
        octal(148, 7, sum);
        put(header, BLOCK);
    }

    /** Writes a whole body. */
    void body(byte[] bytes) throws IOException {
        put(bytes, bytes.length);
        pad(bytes.length);
    }

    /** Copies a body of a known length from a stream. */
    void body(InputStream in, long size, String shown) throws IOException {
        byte[] piece = new byte[(int) Math.min(256 * 1024, Math.max(1, size))];
        for (long left = size; left > 0; ) {
            int n = in.read(piece, 0, (int) Math.min(piece.length, left));
            if (n < 0) {
                throw new ImageException(TarEntry.shown(shown) + ": it ended too early");
            }
            put(piece, n);
            left -= n;
        }
        pad(size);
    }

    /**
     * Copies a file from where it stands to its end, which must come after {@code size} bytes.
     *
     * @throws ImageException when it has become shorter or longer
     */
    void body(Fd file, long size, String shown) throws IOException {
        boolean ended = false;
        for (long left = size; left > 0; ) {
            ByteBuffer room = sink.room();
            // a byte more than there should be, so the read that gets the last byte tells of the
            // end as well
            long asked = left < room.remaining() ? left + 1 : room.remaining();
            long n = read(file, room, asked, shown);
            if (n == 0 || n > left) {
                throw changed(shown, n == 0);
            }
            room.position(room.position() + (int) n);
            position += n;
            left -= n;
            ended = n < asked;
        }
        if (!ended && read(file, sink.room(), 1, shown) > 0) {
            throw changed(shown, false);
        }
        pad(size);
    }

    /** As {@link #body(Fd, long, String)} for a file with holes, which are not read. */
    void sparseBody(Fd file, long size, String shown) throws IOException {
        long at = 0;
        while (at < size) {
            long data = Native.syscall(Sys.LSEEK, file.number(), at, SEEK_DATA);
            // ENXIO: nothing but a hole is left
            long start = data == -Errno.ENXIO ? size : Tree.check("read", shown, data);
            zeros(Math.min(start, size) - at);
            at = Math.min(start, size);
            if (at == size) {
                break;
            }
            long hole = Native.syscall(Sys.LSEEK, file.number(), at, SEEK_HOLE);
            long end = Math.min(size, Tree.check("read", shown, hole));
            Tree.check("read", shown, Native.syscall(Sys.LSEEK, file.number(), at, SEEK_SET));
            copy(file, end - at, shown);
            at = end;
        }
        pad(size);
    }

    private void copy(Fd file, long length, String shown) throws IOException {
        for (long left = length; left > 0; ) {
            ByteBuffer room = sink.room();
            long n = read(file, room, Math.min(left, room.remaining()), shown);
            if (n == 0) {
                throw changed(shown, true);
            }
            room.position(room.position() + (int) n);
            position += n;
            left -= n;
        }
    }

    private static long read(Fd file, ByteBuffer room, long asked, String shown)
            throws IOException {
        long n;
        do {
            n = Native.syscall(Sys.READ, file.number(), Native.address(room), asked);
        } while (n == -Errno.EINTR);
        return Tree.check("read", shown, n);
    }

    private static ImageException changed(String shown, boolean shorter) {
        return new ImageException(
                TarEntry.shown(shown)
                        + (shorter ? " became shorter" : " grew")
                        + " while it was read");
    }

    private void zeros(long count) throws IOException {
        for (long left = count; left > 0; ) {
            int n = (int) Math.min(ZEROS.length, left);
            put(ZEROS, n);
            left -= n;
        }
    }

    private void pad(long size) throws IOException {
        put(ZEROS, (int) (-size & (BLOCK - 1)));
    }

    private void put(byte[] bytes, int length) throws IOException {
        for (int at = 0; at < length; ) {
            ByteBuffer room = sink.room();
            int n = Math.min(room.remaining(), length - at);
            room.put(bytes, at, n);
            at += n;
        }
        position += length;
    }

    /** Writes the end mark, and passes everything on. */
    void end() throws IOException {
        put(ZEROS, BLOCK);
        put(ZEROS, BLOCK);
        sink.finish();
    }
}
