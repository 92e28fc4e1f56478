package dev.carafe.engine.registry;

import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.http.HttpHeaders;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * An answer.
 *
 * @param uri where it came from, after redirects
 * @param body to be closed; empty for an error
 * @param error the start of an error's body
 */
@SuppressWarnings("ArrayRecordComponent") // never compared
record Reply(int status, HttpHeaders headers, URI uri, InputStream body, byte[] error)
        implements AutoCloseable {
    private static final int MAX_ERROR = 64 << 10;

    static Reply of(int status, HttpHeaders headers, URI uri, InputStream body) {
        if (status < 400) {
            return new Reply(status, headers, uri, body, new byte[0]);
        }
        byte[] error;
        try (body) {
            error = body.readNBytes(MAX_ERROR);
        } catch (IOException e) {
            error = new byte[0]; // the status says the most of it
        }
        return new Reply(status, headers, uri, InputStream.nullInputStream(), error);
    }

    /** The header's first value, or null. */
    @Nullable String header(String name) {
        return headers.firstValue(name).orElse(null);
    }

    /** The media type without parameters, in lower case; empty when there is none. */
    String type() {
        String type = headers.firstValue("content-type").orElse("");
        int end = type.indexOf(';');
        return (end < 0 ? type : type.substring(0, end)).strip().toLowerCase(Locale.ROOT);
    }

    /**
     * The whole body.
     *
     * @throws RegistryException when it has more bytes
     */
    byte[] bytes(String what, int max) throws IOException {
        try (body) {
            byte[] bytes = body.readNBytes(max + 1);
            if (bytes.length > max) {
                throw new RegistryException(what + ": the answer has more than " + max + " bytes");
            }
            return bytes;
        }
    }

    /** Reads what little may be left, for the connection to serve again, and closes. */
    @Override
    public void close() {
        try (body) {
            body.readNBytes(MAX_ERROR);
        } catch (IOException e) {
            return; // it is of no more use
        }
    }
}
