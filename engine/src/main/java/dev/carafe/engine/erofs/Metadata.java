package dev.carafe.engine.erofs;

import java.io.IOException;
import java.nio.ByteBuffer;

/**
 * The places of inodes, with the attributes and the short content that follows each. They lie in
 * runs of blocks between those of the files' content. A place never crosses a block: inline content
 * must not, and kernels before 5.9 don't read an inode that does.
 */
final class Metadata {
    private static final int SLOT = 32;
    private static final int FEW = 8;
    private static final int MANY = 64;

    private final Blocks blocks;
    private final ByteBuffer run = ByteBuffer.allocateDirect(MANY * Blocks.SIZE);
    private final int[] used = new int[MANY];
    private long start;
    private int count;

    Metadata(Blocks blocks) {
        this.blocks = blocks;
    }

    /**
     * Finds room where the least is left over.
     *
     * @param size at most 4096
     * @return the offset in the image, a multiple of 32
     */
    long place(int size) throws IOException {
        int need = size + SLOT - 1 & -SLOT;
        int best = -1;
        for (int i = 0; i < count; i++) {
            if (used[i] + need <= Blocks.SIZE && (best < 0 || used[i] > used[best])) {
                best = i;
            }
        }
        if (best < 0) {
            next();
            best = 0;
        }
        long at = start + (long) best * Blocks.SIZE + used[best];
        used[best] += need;
        return at;
    }

    /** A place of its own for what is larger than a block. */
    long placeLarge(int size) throws IOException {
        return blocks.allocate((size + Blocks.SIZE - 1) / Blocks.SIZE) * Blocks.SIZE;
    }

    private void next() throws IOException {
        flush();
        count = count == 0 ? FEW : Math.min(MANY, 2 * count);
        start = blocks.allocate(count) * Blocks.SIZE;
        for (int i = 0; i < count; i++) {
            used[i] = 0;
        }
        run.put(0, new byte[count * Blocks.SIZE]);
    }

    void write(long offset, byte[] bytes, int length) throws IOException {
        if (offset >= start && offset < start + (long) count * Blocks.SIZE) {
            run.put((int) (offset - start), bytes, 0, length);
        } else {
            blocks.writeAt(offset, bytes, length);
        }
    }

    void flush() throws IOException {
        if (count > 0) {
            blocks.writeAt(start, run, count * Blocks.SIZE);
        }
    }
}
