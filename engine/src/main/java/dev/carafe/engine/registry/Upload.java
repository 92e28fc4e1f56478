package dev.carafe.engine.registry;

import dev.carafe.oci.image.Descriptor;
import java.io.EOFException;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.net.URI;
import java.util.Map;
import java.util.function.LongConsumer;
import org.jspecify.annotations.Nullable;

/** One blob on its way into a registry (sections "Pushing a blob monolithically", "in chunks"). */
final class Upload {
    /** How often a broken transfer is taken up again without one more byte having arrived. */
    private static final int MAX_FAILURES = 4;

    private static final String BYTES = "application/octet-stream";

    private final Connection connection;
    private final Scope scope;
    private final String path;
    private final String subject;
    private final Descriptor descriptor;
    private final Content content;
    private final LongConsumer sent;

    /** Where the next bytes go; the registry changes it with each answer. */
    private URI location;

    /** How many bytes the registry has. */
    private long offset;

    private long smallestChunk;

    Upload(
            Connection connection,
            String path,
            String name,
            Descriptor descriptor,
            Content content,
            LongConsumer sent) {
        this.connection = connection;
        this.scope = Scope.push(path);
        this.path = path;
        this.subject = name + ": " + descriptor.digest();
        this.descriptor = descriptor;
        this.content = content;
        this.sent = sent;
        this.location = connection.endpoint().base();
    }

    /**
     * Sends everything.
     *
     * @param chunk bytes of a request; 0 for all in one
     */
    void run(long chunk) throws IOException {
        if (content.size() != descriptor.size()) {
            throw new RegistryException(
                    subject
                            + ": has "
                            + content.size()
                            + " bytes, its descriptor says "
                            + descriptor.size());
        }
        begin();
        try {
            int failures = 0;
            while (true) {
                long before = offset;
                try {
                    transfer(chunk);
                    return;
                } catch (RegistryException e) {
                    failures = offset > before ? 1 : failures + 1;
                    if (!canGoOn(e) || failures > MAX_FAILURES) {
                        throw e;
                    }
                    pause(failures);
                    recover(before);
                }
            }
        } catch (IOException e) {
            cancel();
            throw e;
        }
    }

    /** After a lost connection, an offset that was not the registry's, or its own trouble. */
    private static boolean canGoOn(RegistryException e) {
        return e.status() == 0 && !(e.getCause() instanceof EOFException)
                || e.status() == 416
                || e.status() == 404
                || Attempts.isTemporary(e.status());
    }

    private static void pause(int failures) throws IOException {
        try {
            Thread.sleep(200L << failures);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new InterruptedIOException("interrupted");
        }
    }

    private void begin() throws IOException {
        String algorithm = descriptor.digest().algorithm();
        String query = algorithm.equals("sha256") ? "" : "?digest-algorithm=" + algorithm;
        Call call =
                Call.of("POST", connection.endpoint().repository(path, "blobs/uploads/" + query));
        try (Reply reply = connection.expect(call, scope, subject, 202)) {
            offset = 0;
            follow(reply);
            smallestChunk =
                    Math.max(0, reply.headers().firstValueAsLong("oci-chunk-min-length").orElse(0));
        } catch (NumberFormatException e) {
            throw new RegistryException(subject + ": OCI-Chunk-Min-Length is not a number", e);
        }
    }

    private void follow(Reply reply) throws RegistryException {
        String text = Connection.need(reply, "Location", subject);
        location = connection.wire().resolve(reply.uri(), text);
    }

    private void transfer(long chunk) throws IOException {
        long step = chunk <= 0 ? Long.MAX_VALUE : Math.max(chunk, smallestChunk);
        // what the registry holds a part of is gone on with by PATCH: PUT may mean all of it
        while (descriptor.size() - offset > step || offset > 0 && offset < descriptor.size()) {
            patch(Math.min(step, descriptor.size() - offset));
        }
        put();
    }

    private void patch(long length) throws IOException {
        String range = offset + "-" + (offset + length - 1);
        Call call =
                new Call("PATCH", location, Map.of("Content-Range", range), body(length), false);
        try (Reply reply = connection.expect(call, scope, subject, 202, 204)) {
            offset = end(reply, offset + length);
            follow(reply);
        }
    }

    /** The last request; it carries everything when nothing has been sent before. */
    private void put() throws IOException {
        String text = location.toString();
        URI uri =
                URI.create(
                        text
                                + (text.indexOf('?') < 0 ? "?" : "&")
                                + "digest="
                                + Repository.encode(descriptor.digest().toString()));
        Call.Body body = body(descriptor.size() - offset);
        Call call = new Call("PUT", uri, Map.of(), body, false);
        connection.expect(call, scope, subject, 201, 204).close();
        sent.accept(descriptor.size());
    }

    private Call.Body body(long length) {
        return new Call.Body(content, offset, length, BYTES, sent);
    }

    /** Asks how far it got; where that is not known any more, the upload begins anew. */
    private void recover(long before) throws IOException {
        try (Reply reply = connection.send(Call.of("GET", location), scope)) {
            if (reply.status() == 204 || reply.status() == 202 || reply.status() == 200) {
                offset = end(reply, before);
                if (offset > descriptor.size()) {
                    throw new RegistryException(
                            subject + ": the registry has more bytes than were sent");
                }
                if (reply.header("location") != null) {
                    follow(reply);
                }
                return;
            }
        }
        begin();
    }

    /**
     * How many bytes the registry has, by its Range header "0-99". Older ones write "0-0" for none
     * as well as for one; one byte more or less is told by the answer 416 to what follows.
     */
    private long end(Reply reply, long otherwise) throws RegistryException {
        @Nullable String range = reply.header("range");
        if (range == null) {
            return otherwise;
        }
        String text = range.startsWith("bytes=") ? range.substring(6) : range;
        try {
            if (!text.startsWith("0-")) {
                throw new NumberFormatException(text);
            }
            long last = Long.parseLong(text.substring(2));
            return last <= 0 ? 0 : last + 1;
        } catch (NumberFormatException e) {
            throw new RegistryException(
                    subject + ": not a range of bytes: " + Printable.quote(range), e);
        }
    }

    /** Frees what the registry keeps of it; whether that succeeds changes nothing for us. */
    private void cancel() {
        try {
            connection.send(new Call("DELETE", location, Map.of(), null, false), scope).close();
        } catch (IOException e) {
            // it forgets it in time
        }
    }

    /** Ends an upload that a mount turned into. */
    static void abandon(Connection connection, Scope scope, Reply begun) {
        String text = begun.header("location");
        if (text == null) {
            return;
        }
        try {
            URI uri = connection.wire().resolve(begun.uri(), text);
            connection.send(new Call("DELETE", uri, Map.of(), null, false), scope).close();
        } catch (IOException e) {
            // the registry forgets it in time
        }
    }
}
