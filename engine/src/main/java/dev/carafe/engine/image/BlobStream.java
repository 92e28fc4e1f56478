package dev.carafe.engine.image;

import dev.carafe.engine.image.TransferListener.Phase;
import dev.carafe.oci.image.Descriptor;
import dev.carafe.oci.image.Digest;
import java.io.IOException;
import java.io.InputStream;
import java.io.InterruptedIOException;
import java.nio.ByteBuffer;
import java.security.MessageDigest;
import org.jspecify.annotations.Nullable;

/**
 * A blob from its source, written to its partial file on the way: first what is there of it, then
 * the rest, with a new connection wherever one breaks. It ends only when size and digest are what
 * the descriptor says; a byte too many ends it at once.
 */
final class BlobStream implements ByteFiller, AutoCloseable {
    private static final int READ = 64 * 1024;

    private final Descriptor blob;
    private final Partial partial;
    private final BlobSource source;
    private final TransferListener listener;
    private final Backoff backoff;
    private final MessageDigest hash = LayerStream.sha256();
    private final byte[] heap = new byte[READ];
    private final boolean resumed;
    private volatile @Nullable InputStream in;
    private volatile boolean closed;
    private long position;
    private volatile boolean done;

    /** The bytes that an earlier pull left are not the blob's. */
    static final class StalePrefix extends IOException {
        private static final long serialVersionUID = 1;
    }

    BlobStream(
            Descriptor blob,
            Partial partial,
            BlobSource source,
            TransferListener listener,
            Backoff backoff) {
        this.blob = blob;
        this.partial = partial;
        this.source = source;
        this.listener = listener;
        this.backoff = backoff;
        this.resumed = partial.size() > 0;
    }

    @Override
    public boolean fill(ByteBuffer into) throws IOException {
        if (partial.size() > blob.size()) {
            throw new StalePrefix();
        }
        int from = into.position();
        while (into.hasRemaining() && !done) {
            if (position < partial.size()) {
                reread(into);
            } else if (position < blob.size()) {
                download(into);
            } else {
                finish();
            }
        }
        return into.position() > from;
    }

    private void reread(ByteBuffer into) throws IOException {
        int from = into.position();
        ByteBuffer room = into.slice(from, into.remaining());
        if (!partial.read(position, room)) {
            throw new StalePrefix();
        }
        int n = room.position();
        into.position(from + n);
        hash.update(into.slice(from, n));
        position += n;
        progress();
    }

    private void download(ByteBuffer into) throws IOException {
        int from = into.position();
        IOException broken = null;
        try {
            while (into.hasRemaining() && position + into.position() - from < blob.size()) {
                int most = Math.min(READ, into.remaining());
                int n = stream().read(heap, 0, most);
                if (n < 0) {
                    broken = new IOException("the connection ended early");
                    break;
                }
                if (position + into.position() - from + n > blob.size()) {
                    throw tooLong();
                }
                hash.update(heap, 0, n);
                into.put(heap, 0, n);
            }
        } catch (ReadFailure e) {
            throw e.cause;
        } catch (ImageException e) {
            throw e;
        } catch (IOException e) {
            broken = e;
        }
        int n = into.position() - from;
        if (n > 0) {
            partial.append(into.slice(from, n));
            position += n;
            backoff.reset();
            progress();
        }
        if (broken != null) {
            retry(broken);
        }
    }

    /** An open that failed, which is not to be tried again. */
    private static final class ReadFailure extends IOException {
        private static final long serialVersionUID = 1;
        final IOException cause;

        ReadFailure(IOException cause) {
            super(cause);
            this.cause = cause;
        }
    }

    private InputStream stream() throws IOException {
        InputStream open = in;
        if (open == null) {
            try {
                open = source.open(blob, position);
            } catch (IOException e) {
                throw new ReadFailure(e);
            }
            in = open;
            if (closed) {
                open.close();
            }
        }
        return open;
    }

    private void retry(IOException broken) throws IOException {
        hangUp();
        if (closed || Thread.currentThread().isInterrupted()) {
            throw new InterruptedIOException("interrupted while pulling");
        }
        if (!backoff.again()) {
            throw new ImageException(
                    "layer "
                            + blob.digest()
                            + ": the transfer broke at byte "
                            + position
                            + " of "
                            + blob.size()
                            + ", "
                            + backoff.attempts()
                            + " times in a row: "
                            + Layout.message(broken)
                            + "; pull again to go on from there",
                    broken);
        }
    }

    /** Asks for the byte after the last, then compares the digest. */
    private void finish() throws IOException {
        done = true;
        InputStream open = in;
        if (open != null) {
            int more;
            try {
                more = open.read();
            } catch (IOException e) {
                // all of it is here
                more = -1;
            }
            if (more >= 0) {
                throw tooLong();
            }
            hangUp();
        }
        Digest found = Digest.of("sha256", hash.digest());
        if (found.equals(blob.digest())) {
            return;
        }
        if (resumed) {
            throw new StalePrefix();
        }
        partial.clear();
        throw new ImageException(
                "layer " + blob.digest() + " is corrupt: what came has the digest " + found);
    }

    private ImageException tooLong() throws IOException {
        hangUp();
        partial.clear();
        return new ImageException(
                "layer "
                        + blob.digest()
                        + " is longer than the "
                        + blob.size()
                        + " bytes that its manifest says");
    }

    private void progress() {
        Phase phase = position < blob.size() ? Phase.DOWNLOADING : Phase.EXTRACTING;
        listener.progress(blob.digest(), phase, position, blob.size());
    }

    /** Whether size and digest have been found right. */
    boolean done() {
        return done;
    }

    private void hangUp() {
        InputStream open = in;
        in = null;
        if (open != null) {
            try {
                open.close();
            } catch (IOException e) {
                return; // nothing more is wanted of it
            }
        }
    }

    /** Ends the transfer; a read that waits in another thread fails. */
    @Override
    public void close() {
        closed = true;
        hangUp();
    }
}
