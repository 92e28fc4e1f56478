package dev.carafe.engine.image;

import java.io.IOException;
import java.io.InterruptedIOException;
import java.nio.ByteBuffer;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import org.jspecify.annotations.Nullable;

/**
 * One step of a pipeline: a thread that fills buffers ahead of the reader, so that both work at the
 * same time. Used by one reader.
 */
final class Ahead implements ByteSource, AutoCloseable {
    private final ByteFiller filler;
    private final BlockingQueue<Piece> free;
    private final BlockingQueue<Piece> filled;
    private final Thread thread;
    private @Nullable Piece current;
    private boolean ended;

    private static final class Piece {
        final ByteBuffer bytes;
        boolean last;
        @Nullable Throwable failure;

        Piece(ByteBuffer bytes) {
            this.bytes = bytes;
        }
    }

    /** Begins at once, with {@code count} buffers of {@link Buffers#SIZE} bytes. */
    Ahead(String name, ByteFiller filler, int count) {
        this.filler = filler;
        this.free = new ArrayBlockingQueue<>(count);
        this.filled = new ArrayBlockingQueue<>(count);
        for (int i = 0; i < count; i++) {
            free.add(new Piece(Buffers.borrow()));
        }
        thread = Thread.ofPlatform().name(name).daemon().start(this::run);
    }

    @Override
    public @Nullable ByteBuffer next() throws IOException {
        if (ended) {
            return null;
        }
        try {
            if (current != null) {
                free.put(current);
                current = null;
            }
            Piece piece = filled.take();
            current = piece;
            ended = piece.last;
            if (piece.failure instanceof IOException e) {
                throw e;
            }
            if (piece.failure != null) {
                throw new IOException(piece.failure);
            }
            return ended ? null : piece.bytes;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw (IOException)
                    new InterruptedIOException("interrupted while unpacking").initCause(e);
        }
    }

    private void run() {
        Piece piece = null;
        try {
            do {
                piece = free.take();
                piece.last = !filler.fill(piece.bytes.clear());
                piece.bytes.flip();
                filled.put(piece);
            } while (!piece.last);
        } catch (InterruptedException e) {
            // closed early: nobody waits for more
        } catch (IOException | RuntimeException | Error e) {
            if (piece != null) {
                piece.last = true;
                piece.failure = e;
                filled.add(piece);
            }
        }
    }

    /** Ends the thread, whose filler must give up when interrupted. */
    @Override
    public void close() {
        thread.interrupt();
        boolean interrupted = false;
        while (thread.isAlive()) {
            try {
                thread.join();
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        if (current != null) {
            Buffers.giveBack(current.bytes);
            current = null;
        }
        ended = true;
        free.forEach(piece -> Buffers.giveBack(piece.bytes));
        filled.forEach(piece -> Buffers.giveBack(piece.bytes));
        free.clear();
        filled.clear();
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }
}
