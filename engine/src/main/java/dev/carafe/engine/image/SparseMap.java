package dev.carafe.engine.image;

import dev.carafe.engine.image.TarEntry.Extent;
import java.util.ArrayList;
import java.util.List;

/**
 * The map at the head of a GNU 1.0 sparse file: decimal numbers, one a line: the count, then offset
 * and length of each piece, padded to a block.
 */
final class SparseMap {
    private final StringBuilder line = new StringBuilder();
    private final List<Extent> extents = new ArrayList<>();
    private long count = -1;
    private long offset = -1;

    /** Whether every piece has been read; the rest of that block is padding. */
    boolean complete() {
        return count == extents.size();
    }

    /** Takes the next block; false when it is malformed. */
    boolean add(byte[] block) {
        for (int i = 0; i < block.length && !complete(); i++) {
            if (block[i] != '\n') {
                line.append((char) (block[i] & 0xff));
                if (line.length() > 20) {
                    return false;
                }
            } else if (!number(Numbers.decimal(line))) {
                return false;
            }
        }
        return true;
    }

    List<Extent> extents() {
        return extents;
    }

    private boolean number(long value) {
        line.setLength(0);
        if (value < 0) {
            return false;
        }
        if (count < 0) {
            count = value;
        } else if (offset < 0) {
            offset = value;
        } else {
            extents.add(new Extent(offset, value));
            offset = -1;
        }
        return true;
    }
}
