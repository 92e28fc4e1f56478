package dev.carafe.engine.image;

import dev.carafe.oci.image.Digest;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import org.jspecify.annotations.Nullable;

/**
 * A layer's plain bytes and their digest. One thread decompresses and digests, while the caller
 * writes files.
 */
final class LayerStream implements ByteSource, AutoCloseable {
    private static final int BUFFERS = 8;

    private final Decompression.Plain plain;
    private final MessageDigest hash = sha256();
    private final Ahead ahead;
    private boolean ended;

    /** Begins to read {@code compressed}, which stays the caller's to close, after this. */
    LayerStream(ByteSource compressed) throws IOException {
        this.plain = Decompression.plain(compressed);
        this.ahead = new Ahead("carafe-decompress", this::fill, BUFFERS);
    }

    private boolean fill(ByteBuffer into) throws IOException {
        int from = into.position();
        boolean more = plain.bytes().fill(into);
        hash.update(into.slice(from, into.position() - from));
        return more;
    }

    @Override
    public @Nullable ByteBuffer next() throws IOException {
        ByteBuffer next = ahead.next();
        ended = next == null;
        return next;
    }

    /** The digest of all the bytes, once {@link #next} has given null. */
    Digest digest() {
        if (!ended) {
            throw new IllegalStateException("the stream has not been read to its end");
        }
        return Digest.of("sha256", hash.digest());
    }

    static MessageDigest sha256() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new AssertionError("every JDK has SHA-256", e);
        }
    }

    @Override
    public void close() {
        ahead.close();
        plain.close();
    }
}
