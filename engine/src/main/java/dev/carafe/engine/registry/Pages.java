package dev.carafe.engine.registry;

import dev.carafe.oci.OciException;
import dev.carafe.oci.json.Fields;
import dev.carafe.oci.json.Json;
import java.io.IOException;
import java.net.URI;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Lists that come in pages, with the way to the next one in a Link header (RFC 8288). */
final class Pages {
    static final int MAX_ENTRIES = 100_000;
    private static final int MAX_PAGES = 1_000;

    private final Connection connection;
    private final Scope scope;
    private final String subject;

    Pages(Connection connection, Scope scope, String subject) {
        this.connection = connection;
        this.scope = scope;
        this.subject = subject;
    }

    /** Takes one page. */
    interface Page {
        /**
         * Takes it.
         *
         * @return whether the next one is wanted
         */
        boolean take(Fields document, Reply reply) throws IOException;
    }

    /** An array of strings, page by page. */
    List<String> strings(URI first, String name, int max) throws IOException {
        List<String> all = new ArrayList<>();
        each(
                first,
                (document, reply) -> {
                    for (String one : document.strings(name)) {
                        all.add(Printable.of(one, 512));
                    }
                    return all.size() < max;
                });
        return all;
    }

    /** Every page until one is the last, or is not wanted. */
    void each(URI first, Page page) throws IOException {
        Set<URI> seen = new HashSet<>();
        @Nullable URI at = first;
        while (at != null && seen.size() < MAX_PAGES && seen.add(at)) {
            try (Reply reply = connection.expect(Call.of("GET", at), scope, subject, 200)) {
                Fields document = Fields.parse(subject, reply.bytes(subject, Json.MAX_BYTES));
                at = page.take(document, reply) ? next(reply) : null;
            } catch (OciException e) {
                throw new RegistryException(String.valueOf(e.getMessage()), e);
            }
        }
    }

    private @Nullable URI next(Reply reply) throws RegistryException {
        for (String header : reply.headers().allValues("link")) {
            String target = target(header);
            if (target != null) {
                URI uri = connection.wire().resolve(reply.uri(), target);
                if (!connection.endpoint().owns(uri)) {
                    throw new RegistryException(
                            subject + ": the next page is of another host, which is refused");
                }
                return uri;
            }
        }
        return null;
    }

    /** The address in {@code <...>; rel="next"}; null when it is none. */
    static @Nullable String target(String header) {
        int at = 0;
        while (true) {
            int start = header.indexOf('<', at);
            int end = start < 0 ? -1 : header.indexOf('>', start);
            if (end < 0) {
                return null;
            }
            int other = header.indexOf('<', end);
            String parameters =
                    (other < 0 ? header.substring(end + 1) : header.substring(end + 1, other))
                            .replace(" ", "")
                            .replace("\"", "");
            for (String parameter : parameters.split("[;,]", -1)) {
                if (parameter.equalsIgnoreCase("rel=next")) {
                    return header.substring(start + 1, end);
                }
            }
            at = end;
        }
    }
}
