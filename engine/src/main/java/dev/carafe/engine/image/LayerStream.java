package dev.carafe.engine.image;

import dev.carafe.oci.image.Digest;
import java.io.IOException;
import java.io.InputStream;
import java.io.InterruptedIOException;
import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import org.jspecify.annotations.Nullable;

/**
 * A layer's plain bytes and their digest. One thread decompresses and a second digests, while the
 * caller writes files.
 */
final class LayerStream implements ByteSource, AutoCloseable {
    private static final int CHUNK = 256 * 1024;
    private static final int CHUNKS = 8;

    private final InputStream in;
    private final MessageDigest hash = sha256();
    private final BlockingQueue<Chunk> free = new ArrayBlockingQueue<>(CHUNKS);
    private final BlockingQueue<Chunk> filled = new ArrayBlockingQueue<>(CHUNKS);
    private final BlockingQueue<Chunk> digested = new ArrayBlockingQueue<>(CHUNKS);
    private final Thread filler = new Thread(this::fill, "carafe-decompress");
    private final Thread digester = new Thread(this::digestAll, "carafe-digest");
    private @Nullable Chunk current;
    private boolean ended;

    private static final class Chunk {
        final byte[] heap = new byte[CHUNK];
        final ByteBuffer direct = ByteBuffer.allocateDirect(CHUNK);
        int length;
        @Nullable Throwable failure;
    }

    /** Takes the stream over; it is closed with this one. */
    LayerStream(InputStream in) {
        this.in = in;
        for (int i = 0; i < CHUNKS; i++) {
            free.add(new Chunk());
        }
        filler.setDaemon(true);
        digester.setDaemon(true);
        filler.start();
        digester.start();
    }

    @Override
    public @Nullable ByteBuffer next() throws IOException {
        if (ended) {
            return null;
        }
        try {
            if (current != null) {
                free.put(current);
            }
            Chunk chunk = digested.take();
            current = chunk;
            if (chunk.failure instanceof IOException e) {
                throw e;
            }
            if (chunk.failure != null) {
                throw new IOException(chunk.failure);
            }
            ended = chunk.length == 0;
            return ended ? null : chunk.direct;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw (IOException)
                    new InterruptedIOException("interrupted while unpacking").initCause(e);
        }
    }

    /** The digest of all the bytes, once {@link #next} has given null. */
    Digest digest() {
        if (!ended) {
            throw new IllegalStateException("the stream has not been read to its end");
        }
        return Digest.of("sha256", hash.digest());
    }

    private void fill() {
        Chunk chunk = null;
        try {
            boolean more;
            do {
                chunk = free.take();
                chunk.length = in.readNBytes(chunk.heap, 0, CHUNK);
                more = chunk.length > 0;
                filled.put(chunk);
            } while (more);
        } catch (InterruptedException e) {
            // closed early: nobody waits for more
        } catch (IOException | RuntimeException | Error e) {
            if (chunk != null) {
                chunk.failure = e;
                filled.add(chunk);
            }
        }
    }

    private void digestAll() {
        try {
            boolean more;
            do {
                Chunk chunk = filled.take();
                // asked before it is handed on: from then on it may be filled anew
                more = chunk.length > 0 && chunk.failure == null;
                if (chunk.failure == null) {
                    hash.update(chunk.heap, 0, chunk.length);
                    chunk.direct.clear().put(chunk.heap, 0, chunk.length).flip();
                }
                digested.put(chunk);
            } while (more);
        } catch (InterruptedException e) {
            // closed early: nobody waits for more
        }
    }

    static MessageDigest sha256() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new AssertionError("every JDK has SHA-256", e);
        }
    }

    @Override
    public void close() throws IOException {
        filler.interrupt();
        digester.interrupt();
        boolean interrupted = false;
        while (filler.isAlive() || digester.isAlive()) {
            try {
                filler.join();
                digester.join();
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
        in.close();
    }
}
