package dev.carafe.engine.image;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;

/** A stream that puts its bytes where it is told to. */
@FunctionalInterface
interface ByteFiller {
    /** Puts at least one byte into an empty direct buffer; false at the end. */
    boolean fill(ByteBuffer into) throws IOException;

    /** The bytes of a stream, buffers filled as far as it goes. */
    static ByteFiller of(InputStream in, int size) {
        byte[] heap = new byte[size];
        return into -> {
            int n = in.readNBytes(heap, 0, Math.min(size, into.remaining()));
            into.put(heap, 0, n);
            return n > 0;
        };
    }
}
