package dev.carafe.engine.image;

import java.io.IOException;
import java.io.InterruptedIOException;
import java.io.OutputStream;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/**
 * Compresses a stream in blocks of one size on several threads. What comes out depends on the bytes
 * alone, not on the number of threads nor on how the stream was written. Closing it ends the
 * compressed data and leaves the stream behind it open.
 */
final class BlockCompressor extends OutputStream {
    private static final byte[] NOTHING = new byte[0];

    private final OutputStream out;
    private final Format format;
    private final ExecutorService threads;
    private final Queue<Coder> idle = new ConcurrentLinkedQueue<>();
    private final Deque<Future<Encoded>> running = new ArrayDeque<>();
    private final int most;
    private byte[] before = NOTHING;
    private byte[] block;
    private int filled;
    private boolean failed;
    private boolean closed;

    /** What is particular to a format. Used by one thread, but for {@link #coder}. */
    interface Format {
        int blockSize();

        void begin(OutputStream out) throws IOException;

        Coder coder();

        /** Told of each block in order, after it was written. */
        void written(Encoded block);

        void end(OutputStream out) throws IOException;
    }

    /** Compresses one block after another; each thread has its own. */
    interface Coder extends AutoCloseable {
        /**
         * @param before the block before this one, empty at the beginning
         * @param last whether this is the last one, which may be empty
         */
        Encoded encode(byte[] block, int length, byte[] before, boolean last);

        @Override
        void close();
    }

    /** A block as it is written. {@code crc} and {@code length} are of what it was. */
    static final class Encoded {
        final byte[] bytes;
        final int crc;
        final int length;

        Encoded(byte[] bytes, int crc, int length) {
            this.bytes = bytes;
            this.crc = crc;
            this.length = length;
        }
    }

    BlockCompressor(OutputStream out, Format format, int threadCount) throws IOException {
        this.out = out;
        this.format = format;
        this.block = new byte[format.blockSize()];
        this.most = 2 * threadCount;
        this.threads =
                Executors.newFixedThreadPool(
                        threadCount,
                        Thread.ofPlatform().daemon().name("carafe-compress-", 0).factory());
        format.begin(out);
    }

    @Override
    public void write(int b) throws IOException {
        write(new byte[] {(byte) b}, 0, 1);
    }

    @Override
    public void write(byte[] bytes, int offset, int length) throws IOException {
        int at = offset;
        int left = length;
        while (left > 0) {
            // only now, so that the last block, however long, is known to be the last
            if (filled == block.length) {
                submit(false);
            }
            int n = Math.min(left, block.length - filled);
            System.arraycopy(bytes, at, block, filled, n);
            filled += n;
            at += n;
            left -= n;
        }
    }

    private void submit(boolean last) throws IOException {
        if (running.size() >= most) {
            writeFirst();
        }
        byte[] data = block;
        byte[] dictionary = before;
        int length = filled;
        running.add(threads.submit(() -> encode(data, length, dictionary, last)));
        before = block;
        block = last ? NOTHING : new byte[format.blockSize()];
        filled = 0;
    }

    private Encoded encode(byte[] data, int length, byte[] dictionary, boolean last) {
        Coder coder = idle.poll();
        if (coder == null) {
            coder = format.coder();
        }
        try {
            return coder.encode(data, length, dictionary, last);
        } finally {
            idle.add(coder);
        }
    }

    private void writeFirst() throws IOException {
        Future<Encoded> first = running.remove();
        // until it is written: closing must not make an end to what has a gap
        failed = true;
        try {
            Encoded encoded = first.get();
            out.write(encoded.bytes);
            format.written(encoded);
            failed = false;
        } catch (ExecutionException e) {
            throw new IOException("compress: " + e.getCause(), e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw (IOException)
                    new InterruptedIOException("interrupted while compressing").initCause(e);
        }
    }

    @Override
    public void close() throws IOException {
        if (closed) {
            return;
        }
        closed = true;
        try {
            if (failed) {
                return;
            }
            submit(true);
            while (!running.isEmpty()) {
                writeFirst();
            }
            format.end(out);
            out.flush();
        } finally {
            stop();
        }
    }

    /** Waits for the threads, whose native memory is freed afterwards. */
    private void stop() {
        threads.shutdownNow();
        threads.close();
        idle.forEach(Coder::close);
    }

    /** Frames of Zstandard. */
    static final class Zstd implements Format {
        @Override
        public int blockSize() {
            return ZstdEncoder.MAX_FRAME;
        }

        @Override
        public void begin(OutputStream out) {}

        @Override
        public Coder coder() {
            return new ZstdCoder();
        }

        @Override
        public void written(Encoded block) {}

        @Override
        public void end(OutputStream out) {}
    }

    private static final class ZstdCoder implements Coder {
        private final ZstdEncoder encoder = new ZstdEncoder();

        @Override
        public Encoded encode(byte[] block, int length, byte[] before, boolean last) {
            return new Encoded(encoder.frame(block, length), 0, length);
        }

        @Override
        public void close() {}
    }
}
