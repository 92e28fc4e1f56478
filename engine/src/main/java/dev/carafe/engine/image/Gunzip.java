package dev.carafe.engine.image;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.zip.CRC32;
import java.util.zip.DataFormatException;
import java.util.zip.Inflater;

/**
 * Decompresses gzip (RFC 1952) from direct buffer to direct buffer: members one after the other, as
 * eStargz and pigz write them; zeros after the last are padding. Each member's checksum and length
 * are verified.
 */
final class Gunzip implements ByteFiller, AutoCloseable {
    private static final int FHCRC = 2;
    private static final int FEXTRA = 4;
    private static final int FNAME = 8;
    private static final int FCOMMENT = 16;
    private static final int RESERVED = 0xE0;
    private static final int DEFLATE = 8;

    private static final ByteBuffer NOTHING = ByteBuffer.allocateDirect(0);

    private final ByteSource in;
    private final Inflater inflater = new Inflater(true);
    private final CRC32 crc = new CRC32();
    private ByteBuffer piece = NOTHING;
    private long length;
    private boolean inMember;
    private boolean first = true;

    Gunzip(ByteSource in) {
        this.in = in;
    }

    @Override
    public boolean fill(ByteBuffer into) throws IOException {
        int from = into.position();
        while (into.hasRemaining()) {
            if (!inMember && !beginMember()) {
                break;
            }
            inflate(into);
        }
        return into.position() > from;
    }

    private void inflate(ByteBuffer into) throws IOException {
        if (!piece.hasRemaining() && inflater.needsInput() && !more()) {
            throw new ImageException("the gzip stream is truncated");
        }
        int from = into.position();
        try {
            inflater.setInput(piece);
            inflater.inflate(into);
        } catch (DataFormatException e) {
            throw new ImageException("the gzip stream is corrupt: " + e.getMessage(), e);
        }
        if (inflater.needsDictionary()) {
            throw new ImageException("the gzip stream is corrupt: it wants a dictionary");
        }
        int n = into.position() - from;
        length += n;
        crc.update(into.slice(from, n));
        if (inflater.finished()) {
            endMember();
        }
    }

    /** False when there is none any more. */
    private boolean beginMember() throws IOException {
        int magic = next();
        if (magic < 0) {
            return false;
        }
        if (magic == 0 && !first) {
            skipZeros();
            return false;
        }
        if (magic != 0x1f || need() != 0x8b) {
            throw new ImageException("the gzip stream is corrupt: a member without its mark");
        }
        int method = need();
        int flags = need();
        if (method != DEFLATE || (flags & RESERVED) != 0) {
            throw new ImageException("the gzip stream is corrupt: an unknown method or flag");
        }
        skip(6);
        if ((flags & FEXTRA) != 0) {
            skip(need() | need() << 8);
        }
        for (int text : new int[] {FNAME, FCOMMENT}) {
            while ((flags & text) != 0 && need() != 0) {
                // a text that nobody needs
            }
        }
        skip((flags & FHCRC) == 0 ? 0 : 2);
        inflater.reset();
        crc.reset();
        length = 0;
        inMember = true;
        first = false;
        return true;
    }

    private void endMember() throws IOException {
        inMember = false;
        if (number() != crc.getValue()) {
            throw new ImageException("the gzip stream is corrupt: its checksum differs");
        }
        if (number() != (length & 0xFFFFFFFFL)) {
            throw new ImageException("the gzip stream is corrupt: its length differs");
        }
    }

    private long number() throws IOException {
        long number = 0;
        for (int shift = 0; shift < 32; shift += 8) {
            number |= (long) need() << shift;
        }
        return number;
    }

    private void skipZeros() throws IOException {
        int b;
        while ((b = next()) >= 0) {
            if (b != 0) {
                throw new ImageException("the gzip stream has something else after its end");
            }
        }
    }

    private void skip(int bytes) throws IOException {
        for (int i = 0; i < bytes; i++) {
            need();
        }
    }

    private int need() throws IOException {
        int b = next();
        if (b < 0) {
            throw new ImageException("the gzip stream is truncated");
        }
        return b;
    }

    private int next() throws IOException {
        return piece.hasRemaining() || more() ? piece.get() & 0xff : -1;
    }

    private boolean more() throws IOException {
        ByteBuffer next = in.next();
        piece = next == null ? NOTHING : next;
        return next != null;
    }

    @Override
    public void close() {
        inflater.end();
    }
}
