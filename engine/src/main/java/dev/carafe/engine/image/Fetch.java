package dev.carafe.engine.image;

import dev.carafe.engine.image.BlobStream.StalePrefix;
import dev.carafe.engine.image.LayerUnpack.Outcome;
import dev.carafe.engine.image.TransferListener.Phase;
import dev.carafe.oci.image.Descriptor;
import dev.carafe.oci.image.Digest;
import java.io.IOException;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/**
 * Fetches one blob, and unpacks it while it comes. Three threads: one reads, writes the partial
 * file and digests; one decompresses and digests; the caller's writes the layer's files.
 */
final class Fetch {
    private static final int BUFFERS = 4;

    private final Descriptor blob;
    private final Partial partial;
    private final BlobSource source;
    private final TransferListener listener;
    private final long backoffMillis;

    Fetch(
            Descriptor blob,
            Partial partial,
            BlobSource source,
            TransferListener listener,
            long backoffMillis) {
        this.blob = blob;
        this.partial = partial;
        this.source = source;
        this.listener = listener;
        this.backoffMillis = backoffMillis;
    }

    /** Without unpacking. */
    void only() throws IOException {
        run(null, null);
    }

    /** And unpacks it, unless it has hard links into lower layers. */
    void unpacking(LayerUnpack unpack, Digest diffId) throws IOException {
        run(unpack, diffId);
    }

    private void run(@Nullable LayerUnpack unpack, @Nullable Digest diffId) throws IOException {
        try {
            once(unpack, diffId);
        } catch (StalePrefix e) {
            // a machine that stopped, or a disk that errs: what was here is worth nothing
            partial.clear();
            once(unpack, diffId);
        }
    }

    private void once(@Nullable LayerUnpack unpack, @Nullable Digest diffId) throws IOException {
        BlobStream stream =
                new BlobStream(blob, partial, source, listener, new Backoff(backoffMillis));
        try (Ahead ahead = new Ahead("carafe-fetch", stream, BUFFERS);
                stream) {
            if (unpack == null || diffId == null) {
                drain(ahead);
                return;
            }
            try {
                Outcome outcome = unpack.alone(ahead, diffId);
                if (outcome == Outcome.NEEDS_LOWER_LAYERS) {
                    drain(ahead);
                }
            } catch (ImageException e) {
                // bytes that make no sense are rather the wrong bytes, which is for this to tell
                drain(ahead);
                if (stream.done()) {
                    // the right bytes, and of no use
                    partial.clear();
                }
                throw e;
            }
        }
    }

    private static void drain(ByteSource source) throws IOException {
        ByteBuffer piece;
        do {
            piece = source.next();
        } while (piece != null);
    }

    void pulled() {
        listener.progress(blob.digest(), Phase.PULLED, blob.size(), blob.size());
    }
}
