package dev.carafe.engine.registry;

import java.io.IOException;
import java.io.InputStream;
import java.io.InterruptedIOException;
import java.net.http.HttpResponse;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.Iterator;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Flow;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * A body as a stream that does not wait for ever: java.net.http bounds the time until the headers
 * only, and a server that goes silent after them would hold its reader for good.
 */
final class BodyStream extends InputStream implements HttpResponse.BodySubscriber<InputStream> {
    private static final List<ByteBuffer> END = List.of();
    private static final int AHEAD = 8;

    private final Duration stall;
    private final BlockingQueue<List<ByteBuffer>> queue = new LinkedBlockingQueue<>();
    private volatile Flow.@Nullable Subscription subscription;
    private volatile @Nullable Throwable failure;
    private volatile boolean closed;
    private Iterator<ByteBuffer> buffers = END.iterator();
    private ByteBuffer current = ByteBuffer.allocate(0);
    private boolean ended;

    /**
     * A new one.
     *
     * @param stall how long a read waits for bytes
     */
    BodyStream(Duration stall) {
        this.stall = stall;
    }

    @Override
    public CompletionStage<InputStream> getBody() {
        return CompletableFuture.completedStage(this);
    }

    @Override
    public void onSubscribe(Flow.Subscription given) {
        subscription = given;
        if (closed) {
            given.cancel();
        } else {
            given.request(AHEAD);
        }
    }

    @Override
    public void onNext(List<ByteBuffer> items) {
        if (!items.isEmpty()) {
            queue.add(items);
        }
    }

    @Override
    public void onError(Throwable throwable) {
        failure = throwable;
        queue.add(END);
    }

    @Override
    public void onComplete() {
        queue.add(END);
    }

    @Override
    public int read() throws IOException {
        return fill() ? current.get() & 0xff : -1;
    }

    @Override
    public int read(byte[] into, int offset, int length) throws IOException {
        Objects.checkFromIndexSize(offset, length, into.length);
        if (length == 0) {
            return 0;
        }
        if (!fill()) {
            return -1;
        }
        int n = Math.min(length, current.remaining());
        current.get(into, offset, n);
        return n;
    }

    /** Without waiting. */
    @Override
    public int available() {
        return current.remaining();
    }

    private boolean fill() throws IOException {
        while (!current.hasRemaining()) {
            if (buffers.hasNext()) {
                current = buffers.next();
            } else if (!more()) {
                return false;
            }
        }
        return true;
    }

    private boolean more() throws IOException {
        if (closed) {
            throw new IOException("the stream is closed");
        }
        if (ended) {
            return false;
        }
        List<ByteBuffer> next = take();
        if (next.isEmpty()) { // onNext hands on none that is
            ended = true;
            Throwable why = failure;
            if (why != null) {
                throw why instanceof IOException io ? io : new IOException(why);
            }
            return false;
        }
        buffers = next.iterator();
        Flow.Subscription from = subscription;
        if (from != null) {
            from.request(1);
        }
        return true;
    }

    private List<ByteBuffer> take() throws IOException {
        try {
            List<ByteBuffer> next = queue.poll(stall.toMillis(), TimeUnit.MILLISECONDS);
            if (next == null) {
                close();
                throw new StallException(stall);
            }
            return next;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            close();
            throw new InterruptedIOException("interrupted");
        }
    }

    /** Ends the transfer; a connection with bytes still to come is closed. */
    @Override
    public void close() {
        closed = true;
        Flow.Subscription from = subscription;
        if (from != null) {
            from.cancel();
        }
        queue.clear();
    }
}
