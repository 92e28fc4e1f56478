package dev.carafe.engine.image;

import dev.carafe.oci.image.Digest;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.security.MessageDigest;
import java.util.Objects;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import org.jspecify.annotations.Nullable;

/**
 * A new file and its digest. The caller fills buffers; a second thread digests them and writes
 * them, runs of zeros as holes.
 */
final class LayerFile implements ByteSink {
    private static final int CHUNK = 512 * 1024;
    private static final int CHUNKS = 6;
    private static final ByteBuffer ZEROS = ByteBuffer.allocateDirect(CHUNK).asReadOnlyBuffer();

    private final FileChannel out;
    private final MessageDigest hash = LayerStream.sha256();
    private final byte[] scratch = new byte[64 * 1024];
    private final BlockingQueue<ByteBuffer> free = new ArrayBlockingQueue<>(CHUNKS);
    private final BlockingQueue<ByteBuffer> filled = new ArrayBlockingQueue<>(CHUNKS);
    private final Thread writer = new Thread(this::writeAll, "carafe-layer");
    private ByteBuffer current = ByteBuffer.allocateDirect(CHUNK);
    private long written;
    private volatile @Nullable Throwable failure;

    LayerFile(Path path) throws IOException {
        this.out = FileChannel.open(path, StandardOpenOption.WRITE, StandardOpenOption.CREATE_NEW);
        for (int i = 1; i < CHUNKS; i++) {
            free.add(ByteBuffer.allocateDirect(CHUNK));
        }
        writer.setDaemon(true);
        writer.start();
    }

    @Override
    public ByteBuffer room() throws IOException {
        if (!current.hasRemaining()) {
            pass(current.flip());
            try {
                current = free.take().clear();
            } catch (InterruptedException e) {
                throw interrupted(e);
            }
        }
        return current;
    }

    /** Hands a chunk to the writer; one without bytes is the end. */
    private void pass(ByteBuffer chunk) throws IOException {
        check();
        try {
            filled.put(chunk);
        } catch (InterruptedException e) {
            throw interrupted(e);
        }
    }

    @Override
    public void finish() throws IOException {
        if (current.position() > 0) {
            pass(current.flip());
        }
        pass(ByteBuffer.allocateDirect(0));
        try {
            writer.join();
        } catch (InterruptedException e) {
            throw interrupted(e);
        }
        check();
        if (out.size() < written) {
            // it ends with a hole
            out.write(ByteBuffer.allocate(1), written - 1);
        }
    }

    /** The digest of all bytes, once finished. */
    Digest digest() {
        return Digest.of("sha256", hash.digest());
    }

    private void check() throws IOException {
        Throwable cause = failure;
        if (cause != null) {
            throw new IOException(Objects.requireNonNullElse(cause.getMessage(), "write"), cause);
        }
    }

    private static IOException interrupted(InterruptedException e) {
        Thread.currentThread().interrupt();
        return (IOException)
                new InterruptedIOException("interrupted while writing a layer").initCause(e);
    }

    private void writeAll() {
        try {
            ByteBuffer chunk = filled.take();
            while (chunk.hasRemaining()) {
                if (failure == null) {
                    write(chunk);
                }
                // written or not: the caller must not wait for room for ever
                free.put(chunk);
                chunk = filled.take();
            }
        } catch (InterruptedException e) {
            // closed early: nobody waits for more
        }
    }

    private void write(ByteBuffer chunk) {
        try {
            digest(chunk.duplicate());
            int n = chunk.remaining();
            if (isZero(chunk)) {
                out.position(written + n);
            } else {
                while (chunk.hasRemaining()) {
                    out.write(chunk);
                }
            }
            written += n;
        } catch (IOException | RuntimeException | Error e) {
            failure = e;
        }
    }

    /** In pieces that fit a cache; MessageDigest's own way with direct buffers is slower. */
    private void digest(ByteBuffer chunk) {
        while (chunk.hasRemaining()) {
            int n = Math.min(scratch.length, chunk.remaining());
            chunk.get(scratch, 0, n);
            hash.update(scratch, 0, n);
        }
    }

    private static boolean isZero(ByteBuffer chunk) {
        return chunk.remaining() == CHUNK && chunk.mismatch(ZEROS.duplicate()) < 0;
    }

    @Override
    public void close() throws IOException {
        writer.interrupt();
        boolean interrupted = false;
        while (writer.isAlive()) {
            try {
                writer.join();
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
        out.close();
    }
}
