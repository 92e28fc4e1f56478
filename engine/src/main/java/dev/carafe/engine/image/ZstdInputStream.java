package dev.carafe.engine.image;

import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.util.Arrays;

/**
 * Decompresses Zstandard (RFC 8878): frames one after the other, skippable frames, windows up to
 * 128 MiB, checksums verified; no dictionaries.
 *
 * <p>Our own, because what is decompressed here is hostile: plain array accesses can't leave their
 * array, where the libraries at hand are JNI or sun.misc.Unsafe.
 */
public final class ZstdInputStream extends InputStream {
    private static final int MAX_WINDOW = 128 << 20;
    private static final int MAX_BLOCK = 128 * 1024;
    private static final int MAGIC = 0xFD2FB528;

    private final InputStream in;
    private final byte[] block = new byte[MAX_BLOCK + ZstdBits.PADDING];
    private byte[] out = new byte[0];
    private int start;
    private int end;
    private int window;
    private boolean inFrame;
    private boolean last;
    private boolean checksum;
    private ZstdBlock decoder = new ZstdBlock();
    private XxHash64 hash = new XxHash64();

    /** Takes the stream over; it is closed with this one. */
    public ZstdInputStream(InputStream in) {
        this.in = in;
    }

    @Override
    public int read() throws IOException {
        return fill() ? out[start++] & 0xff : -1;
    }

    @Override
    public int read(byte[] bytes, int offset, int length) throws IOException {
        if (length == 0) {
            return 0;
        }
        if (!fill()) {
            return -1;
        }
        int n = Math.min(length, end - start);
        System.arraycopy(out, start, bytes, offset, n);
        start += n;
        return n;
    }

    @Override
    public void close() throws IOException {
        in.close();
    }

    /** Makes sure that a byte is ready; false at the end. */
    private boolean fill() throws IOException {
        while (start == end) {
            if (!inFrame && !beginFrame()) {
                return false;
            }
            if (last) {
                endFrame();
            } else {
                readBlock();
            }
        }
        return true;
    }

    private boolean beginFrame() throws IOException {
        int magic;
        while (true) {
            int first = in.read();
            if (first < 0) {
                return false;
            }
            magic = first | (int) number(3) << 8;
            if ((magic & 0xFFFFFFF0) != 0x184D2A50) {
                break;
            }
            in.skipNBytes(number(4));
        }
        if (magic != MAGIC) {
            throw bad("a frame that does not begin as one");
        }
        int descriptor = (int) number(1);
        boolean single = (descriptor & 0x20) != 0;
        if ((descriptor & 0x08) != 0) {
            throw bad("a reserved bit is set");
        }
        long size = 0;
        if (!single) {
            int w = (int) number(1);
            long base = 1L << (10 + (w >> 3));
            size = base + base / 8 * (w & 7);
        }
        int dictionaryBytes = (1 << (descriptor & 3)) >> 1;
        if (number(dictionaryBytes) != 0) {
            throw bad("it needs a dictionary");
        }
        int sizeBytes = descriptor >> 6 == 0 ? (single ? 1 : 0) : 1 << (descriptor >> 6);
        long content = number(sizeBytes) + (sizeBytes == 2 ? 256 : 0);
        if (single) {
            size = content;
        }
        if (size < 0 || size > MAX_WINDOW) {
            throw bad("its window is larger than 128 MiB");
        }
        checksum = (descriptor & 0x04) != 0;
        begin((int) size);
        return true;
    }

    private void begin(int size) {
        window = size;
        start = 0;
        end = 0;
        last = false;
        inFrame = true;
        decoder = new ZstdBlock();
        hash = new XxHash64();
    }

    private void endFrame() throws IOException {
        inFrame = false;
        if (checksum && number(4) != (hash.value() & 0xFFFFFFFFL)) {
            throw bad("its checksum is wrong");
        }
    }

    private void readBlock() throws IOException {
        int header = (int) number(3);
        last = (header & 1) != 0;
        int size = header >>> 3;
        if (size > MAX_BLOCK) {
            throw bad("a block larger than 128 KiB");
        }
        makeRoom();
        start = end;
        switch (header >> 1 & 3) {
            case 0 -> {
                read(out, end, size, "a block");
                end += size;
            }
            case 1 -> {
                Arrays.fill(out, end, end + size, (byte) number(1));
                end += size;
            }
            case 2 -> {
                read(block, 0, size, "a block");
                end = decoder.decode(block, size, out, end, end + MAX_BLOCK);
            }
            default -> throw bad("a block of a reserved type");
        }
        if (checksum) {
            hash.update(out, start, end - start);
        }
    }

    private void makeRoom() {
        if (end + MAX_BLOCK <= out.length) {
            return;
        }
        // room to go on a while before what has been written must be moved to the front
        int full = window + Math.max(window / 2, 4 * MAX_BLOCK);
        if (out.length < full) {
            // by and by: a frame of a few bytes may claim the largest window
            out = Arrays.copyOf(out, Math.min(full, Math.max(4 * MAX_BLOCK, 2 * out.length)));
        }
        if (end + MAX_BLOCK > out.length) {
            int keep = Math.min(window, end);
            System.arraycopy(out, end - keep, out, 0, keep);
            end = keep;
        }
    }

    private void read(byte[] to, int offset, int length, String what) throws IOException {
        if (in.readNBytes(to, offset, length) < length) {
            throw new EOFException("the zstd data is truncated inside " + what);
        }
    }

    private long number(int bytes) throws IOException {
        long value = 0;
        for (int i = 0; i < bytes; i++) {
            int b = in.read();
            if (b < 0) {
                throw new EOFException("the zstd data is truncated");
            }
            value |= (long) b << (8 * i);
        }
        return value;
    }

    static ImageException bad(String what) {
        return new ImageException("not usable zstd data: " + what);
    }
}
