package dev.carafe.engine.erofs;

import dev.carafe.linux.Errno;
import dev.carafe.linux.ErrnoException;
import dev.carafe.linux.Fd;
import dev.carafe.linux.Memory;
import dev.carafe.linux.Native;
import dev.carafe.linux.Sys;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/** The image's file, given out block by block from its beginning, and what writes into it. */
final class Blocks implements AutoCloseable {
    static final int SIZE = 4096;

    private static final int BUFFER = 1 << 20;
    // larger files don't go through the buffer
    private static final int SMALL = 128 * 1024;
    private static final int COPY = 8 << 20;
    private static final int SEEK_DATA = 3;
    private static final int SEEK_HOLE = 4;
    private static final int SYNC_FILE_RANGE_WRITE = 2;
    private static final String WRITE = "write the image";
    private static final byte[] ZEROS = new byte[SIZE];

    private final Fd file;
    private final ByteBuffer buffer =
            ByteBuffer.allocateDirect(BUFFER).order(ByteOrder.LITTLE_ENDIAN);
    private final long bufferAddress = Native.address(buffer);
    private final Memory memory = Memory.borrow();
    private final long scratchAddress = memory.reserve(SIZE);
    private final ByteBuffer scratch = memory.view(scratchAddress, SIZE);
    private final long offsets = memory.reserve(16);
    private final ByteBuffer offsetsView = memory.view(offsets, 16);
    // where the buffer's first byte belongs
    private long start;
    private long end = 1;
    private long handedOver;
    private boolean copies = true;

    /** Block 0, which has the superblock, is given out already. */
    Blocks(Fd file) {
        this.file = file;
    }

    /** The first block that nobody has. */
    long end() {
        return end;
    }

    /**
     * Gives out blocks that follow each other; the number of the first.
     *
     * @throws IOException when the image would have more than 2^32 - 1 blocks, 16 TiB
     */
    long allocate(long count) throws IOException {
        long first = end;
        end += count;
        if (end > 0xFFFFFFFFL) {
            throw new IOException("an EROFS image holds 16 TiB at most");
        }
        return first;
    }

    /**
     * Writes a file's content, but for the end of it that goes elsewhere.
     *
     * @param block where it begins
     * @param full how many bytes of it fill blocks, a multiple of 4096
     * @param tail how many bytes follow, less than 4096
     * @param inline whether those are given back and not written
     * @param sparse whether to look for holes and leave them out
     * @return the bytes that are left; valid until the next call
     */
    ByteBuffer copy(Fd from, long block, long full, int tail, boolean inline, boolean sparse)
            throws IOException {
        if (full + tail <= SMALL) {
            return small(from, 0, full == 0 && inline ? end : block, (int) full, tail, inline);
        }
        if (sparse) {
            copyData(from, block * SIZE, full);
        } else {
            copyRange(from, 0, block * SIZE, full);
        }
        return small(from, full, inline ? end : block + full / SIZE, 0, tail, inline);
    }

    private ByteBuffer small(Fd from, long offset, long block, int full, int tail, boolean inline)
            throws IOException {
        ByteBuffer room = room(block, full + SIZE);
        int at = room.position();
        read(from, offset, full + tail);
        int written = full;
        if (!inline && tail > 0) {
            written += SIZE;
            room.put(at + full + tail, ZEROS, 0, SIZE - tail);
        }
        room.position(at + written);
        return room.slice(at + written, inline ? tail : 0);
    }

    /** Writes bytes anywhere; what was given out and never written is zeros. */
    void writeAt(long offset, byte[] bytes, int length) throws IOException {
        for (int done = 0; done < length; done += SIZE) {
            int piece = Math.min(SIZE, length - done);
            scratch.put(0, bytes, done, piece);
            write(scratchAddress, piece, offset + done);
        }
    }

    void writeAt(long offset, ByteBuffer direct, int length) throws IOException {
        write(Native.address(direct), length, offset);
    }

    private void write(long address, int length, long offset) throws ErrnoException {
        for (int done = 0; done < length; ) {
            long to = offset + done;
            long left = (long) length - done;
            done +=
                    (int)
                            Native.check(
                                    WRITE, Sys.PWRITE64, file.number(), address + done, left, to);
        }
    }

    /** The buffer with its position where this block's bytes go. */
    private ByteBuffer room(long block, int bytes) throws IOException {
        if (start + buffer.position() != block * SIZE || buffer.remaining() < bytes) {
            flush();
            start = block * SIZE;
        }
        return buffer;
    }

    private void flush() throws IOException {
        write(bufferAddress, buffer.position(), start);
        start += buffer.position();
        buffer.clear();
        handOver(start);
    }

    /** Lets the disk begin with what has been written: the fsync at the end finds less to do. */
    private void handOver(long until) {
        long length = until - handedOver;
        if (length >= COPY) {
            // a hint, so a refusal doesn't matter
            Native.syscall(
                    Sys.SYNC_FILE_RANGE, file.number(), handedOver, length, SYNC_FILE_RANGE_WRITE);
            handedOver = until;
        }
    }

    /** Reads into the buffer at its position, which stays. */
    private void read(Fd from, long offset, int length) throws IOException {
        long address = bufferAddress + buffer.position();
        for (int done = 0; done < length; ) {
            long at = offset + done;
            long left = (long) length - done;
            long n = Native.check("read", Sys.PREAD64, from.number(), address + done, left, at);
            if (n == 0) {
                throw shorter();
            }
            done += (int) n;
        }
    }

    private static IOException shorter() {
        return new IOException("became shorter while it was read");
    }

    /** Copies what is no hole; the image's file is new, so the rest is zeros. */
    private void copyData(Fd from, long to, long length) throws IOException {
        long at = 0;
        while (at < length) {
            long data = Native.syscall(Sys.LSEEK, from.number(), at, SEEK_DATA);
            if (data == -Errno.ENXIO) {
                return;
            }
            if (Native.isError(data)) {
                copyRange(from, at, to + at, length - at);
                return;
            }
            long hole = Native.check("seek", Sys.LSEEK, from.number(), data, SEEK_HOLE);
            if (data < length) {
                copyRange(from, data, to + data, Math.min(hole, length) - data);
            }
            at = hole;
        }
    }

    private void copyRange(Fd from, long offset, long to, long length) throws IOException {
        long done = 0;
        while (done < length && copies) {
            offsetsView.putLong(0, offset + done).putLong(8, to + done);
            long n =
                    Native.syscall(
                            Sys.COPY_FILE_RANGE,
                            from.number(),
                            offsets,
                            file.number(),
                            offsets + 8,
                            Math.min(COPY, length - done),
                            0);
            if (n == 0) {
                throw shorter();
            }
            if (n > 0) {
                done += n;
                handOver(to + done);
            } else if (n == -Errno.ENOSPC || n == -Errno.EDQUOT || n == -Errno.EIO) {
                throw new ErrnoException(WRITE, (int) -n);
            } else if (n != -Errno.EINTR) {
                // EXDEV, EINVAL, EOPNOTSUPP: between these file systems it can't be done
                copies = false;
            }
        }
        while (done < length) {
            flush();
            int piece = (int) Math.min(BUFFER, length - done);
            read(from, offset + done, piece);
            write(bufferAddress, piece, to + done);
            done += piece;
        }
    }

    /** Writes what is in the buffer, and gives the file its length. */
    void finish() throws IOException {
        flush();
        Native.check("resize the image", Sys.FTRUNCATE, file.number(), end * SIZE);
    }

    @Override
    public void close() {
        memory.close();
    }
}
