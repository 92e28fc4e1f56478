package dev.carafe.engine.registry;

import java.net.URI;
import java.util.Map;
import java.util.function.LongConsumer;
import org.jspecify.annotations.Nullable;

/**
 * One request.
 *
 * @param headers beside Authorization and what the body says
 * @param body null for none
 * @param repeat whether it may be sent again when it failed: it means the same the second time
 */
record Call(
        String method, URI uri, Map<String, String> headers, @Nullable Body body, boolean repeat) {
    static Call get(URI uri, Map<String, String> headers) {
        return new Call("GET", uri, headers, null, true);
    }

    static Call of(String method, URI uri) {
        return new Call(method, uri, Map.of(), null, true);
    }

    /**
     * A part of a content.
     *
     * @param length bytes from {@code from} on
     * @param sent is told the position in the content, after the last byte that was handed on
     */
    record Body(Content content, long from, long length, String type, LongConsumer sent) {
        static Body of(byte[] bytes, String type) {
            return new Body(Content.of(bytes), 0, bytes.length, type, at -> {});
        }
    }
}
