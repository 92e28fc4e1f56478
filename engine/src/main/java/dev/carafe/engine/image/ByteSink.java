package dev.carafe.engine.image;

import dev.carafe.linux.ErrnoException;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;

/** Where bytes go, in direct buffers that are filled and then passed on. */
interface ByteSink extends AutoCloseable {
    /** A direct buffer with room for at least a byte; what was put in before is passed on. */
    ByteBuffer room() throws IOException;

    /** Passes on what is left. */
    void finish() throws IOException;

    @Override
    void close() throws IOException;

    /** Writes to a stream in pieces of {@code size} bytes; the stream is flushed, not closed. */
    static ByteSink of(OutputStream out, int size) {
        return new ToStream(out, size);
    }

    /** A stream behind a buffer. */
    final class ToStream implements ByteSink {
        private final OutputStream out;
        private final ByteBuffer direct;
        private final byte[] heap;

        private ToStream(OutputStream out, int size) {
            this.out = out;
            this.direct = ByteBuffer.allocateDirect(size);
            this.heap = new byte[size];
        }

        @Override
        public ByteBuffer room() throws IOException {
            if (!direct.hasRemaining()) {
                pass();
            }
            return direct;
        }

        private void pass() throws IOException {
            int n = direct.position();
            direct.get(0, heap, 0, n);
            direct.clear();
            out.write(heap, 0, n);
        }

        @Override
        public void finish() throws IOException {
            pass();
            out.flush();
        }

        @Override
        public void close() throws ErrnoException {}
    }
}
