package dev.carafe.engine.registry;

import dev.carafe.oci.image.Descriptor;
import java.io.IOException;
import java.io.InputStream;
import java.io.InterruptedIOException;
import java.net.URI;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** A blob's bytes: exactly as many as its descriptor says, or an error that says how many came. */
final class BlobStream extends InputStream {
    private final String subject;
    private final InputStream in;
    private final long size;
    private long at;

    private BlobStream(String subject, InputStream in, long from, long size) {
        this.subject = subject;
        this.in = in;
        this.at = from;
        this.size = size;
    }

    static Call call(URI uri, long from) {
        // compressed once more, its size would not be the descriptor's
        return from == 0
                ? Call.get(uri, Map.of("Accept-Encoding", "identity"))
                : Call.get(
                        uri, Map.of("Accept-Encoding", "identity", "Range", "bytes=" + from + "-"));
    }

    /** The stream of an answer; a registry without ranges sends all of it, which is skipped. */
    static InputStream open(String subject, Descriptor descriptor, long from, Reply reply)
            throws IOException {
        try {
            if (reply.status() == 206 && from != start(subject, reply)) {
                throw new RegistryException(
                        subject + ": the registry sent another part than the one asked for");
            }
            long first = reply.status() == 206 ? from : 0;
            long length = reply.headers().firstValueAsLong("content-length").orElse(-1);
            if (length >= 0 && length != descriptor.size() - first) {
                throw new RegistryException(
                        subject
                                + ": the registry sends "
                                + (length + first)
                                + " bytes, the manifest says "
                                + descriptor.size());
            }
            BlobStream stream = new BlobStream(subject, reply.body(), first, descriptor.size());
            stream.skipNBytes(from - first);
            return stream;
        } catch (IOException | NumberFormatException e) {
            reply.body().close();
            throw e instanceof IOException io
                    ? io
                    : new RegistryException(subject + ": not a number in the answer's headers", e);
        }
    }

    /** The first byte of "bytes 10-99/100". */
    private static long start(String subject, Reply reply) throws RegistryException {
        @Nullable String range = reply.header("content-range");
        int end = range == null ? -1 : range.indexOf('-');
        if (range == null || !range.startsWith("bytes ") || end < 0) {
            throw new RegistryException(subject + ": the registry does not say which part it sent");
        }
        return Long.parseLong(range.substring(6, end).strip());
    }

    @Override
    public int read() throws IOException {
        byte[] one = new byte[1];
        return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
    }

    @Override
    public int read(byte[] into, int offset, int length) throws IOException {
        int n;
        try {
            n = in.read(into, offset, length);
        } catch (InterruptedIOException e) {
            throw e;
        } catch (IOException e) {
            String why = e instanceof StallException ? e.getMessage() : "the connection was lost";
            throw new RegistryException(subject + ": " + why + after(), e);
        }
        if (n < 0) {
            if (at < size) {
                throw new RegistryException(subject + ": the bytes end" + after());
            }
            return -1;
        }
        at += n;
        if (at > size) {
            throw new RegistryException(subject + ": there are more bytes than the manifest says");
        }
        return n;
    }

    private String after() {
        return " after " + at + " of " + size + " bytes";
    }

    @Override
    public int available() throws IOException {
        return in.available();
    }

    @Override
    public void close() throws IOException {
        in.close();
    }
}
