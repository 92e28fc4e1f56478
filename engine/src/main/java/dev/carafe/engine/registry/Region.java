package dev.carafe.engine.registry;

import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/** A part of a content while it is sent. It opens at the first read, where it can fail. */
final class Region extends InputStream {
    private final Call.Body body;
    private final AtomicLong progress;
    private @Nullable InputStream in;
    private long left;

    /**
     * A new one.
     *
     * @param progress goes up with each read
     */
    Region(Call.Body body, AtomicLong progress) {
        this.body = body;
        this.progress = progress;
        this.left = body.length();
    }

    @Override
    public int read() throws IOException {
        byte[] one = new byte[1];
        return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
    }

    @Override
    public int read(byte[] into, int offset, int length) throws IOException {
        if (left == 0) {
            return -1;
        }
        InputStream from = in;
        if (from == null) {
            from = body.content().open(body.from());
            in = from;
        }
        int n = from.read(into, offset, (int) Math.min(length, left));
        if (n < 0) {
            throw new EOFException("what is sent became shorter meanwhile");
        }
        left -= n;
        progress.addAndGet(n);
        body.sent().accept(body.from() + body.length() - left);
        return n;
    }

    @Override
    public void close() throws IOException {
        if (in != null) {
            in.close();
        }
    }
}
