package dev.carafe.engine.image;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.channels.ReadableByteChannel;
import org.jspecify.annotations.Nullable;

/** A stream as successive direct buffers. */
@FunctionalInterface
interface ByteSource {
    /** The next bytes, never none, valid until the next call; null at the end. */
    @Nullable ByteBuffer next() throws IOException;

    /** Reads a stream in pieces of {@code size} bytes. */
    static ByteSource of(InputStream in, int size) {
        byte[] heap = new byte[size];
        ByteBuffer direct = ByteBuffer.allocateDirect(size);
        return () -> {
            int n = in.readNBytes(heap, 0, size);
            return n == 0 ? null : direct.clear().put(heap, 0, n).flip();
        };
    }

    /** Reads a file. */
    static ByteSource of(ReadableByteChannel file) {
        ByteBuffer direct = ByteBuffer.allocateDirect(Buffers.SIZE);
        return () -> {
            int n = file.read(direct.clear());
            direct.flip();
            return n <= 0 ? null : direct;
        };
    }
}
