package dev.carafe.engine.registry;

import dev.carafe.oci.OciException;
import dev.carafe.oci.json.Fields;
import dev.carafe.oci.json.Json;
import java.io.IOException;
import java.net.URI;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * Looks for repositories. The distribution specification has no search: Docker Hub and a few others
 * have the old API's, the rest at best a list of everything.
 */
final class Search {
    private final Connection connection;
    private final String host;

    Search(Connection connection, String host) {
        this.connection = connection;
        this.host = host;
    }

    List<SearchResult> run(String term, int limit) throws IOException {
        List<SearchResult> found = old(term, limit);
        return found == null ? catalog(term, limit) : found;
    }

    /** /v1/search; null where it isn't there. */
    private @Nullable List<SearchResult> old(String term, int limit) throws IOException {
        URI base =
                Endpoint.isDockerHub(host)
                        ? URI.create("https://index.docker.io")
                        : connection.endpoint().base();
        URI uri = base.resolve("/v1/search?q=" + Repository.encode(term) + "&n=" + limit);
        try (Reply reply = connection.send(Call.of("GET", uri), Scope.REGISTRY)) {
            if (reply.status() != 200) {
                if (Endpoint.isDockerHub(host)) {
                    throw Problem.of(host, host, reply);
                }
                return null;
            }
            Fields f = Fields.parse(host, reply.bytes(host, Json.MAX_BYTES));
            List<SearchResult> found = new ArrayList<>();
            for (Fields one : f.children("results")) {
                if (found.size() < limit) {
                    found.add(result(one));
                }
            }
            return found;
        } catch (OciException e) {
            return null; // a page for people: no registry of the old kind
        }
    }

    private SearchResult result(Fields f) {
        String description = f.string("description");
        Long stars = f.integer("star_count", 0, Long.MAX_VALUE);
        return new SearchResult(
                name(f.needString("name")),
                description == null ? "" : Printable.of(description, 500),
                stars == null ? 0 : stars,
                f.isTrue("is_official"));
    }

    /** /v2/_catalog, and what contains the words. */
    private List<SearchResult> catalog(String term, int limit) throws IOException {
        URI first = connection.endpoint().base().resolve("/v2/_catalog?n=1000");
        String wanted = term.toLowerCase(Locale.ROOT);
        List<SearchResult> found = new ArrayList<>();
        try {
            new Pages(connection, Scope.CATALOG, host)
                    .each(
                            first,
                            (document, reply) -> {
                                for (String path : document.strings("repositories")) {
                                    if (path.contains(wanted) && found.size() < limit) {
                                        found.add(new SearchResult(name(path), "", 0, false));
                                    }
                                }
                                return found.size() < limit;
                            });
        } catch (RegistryException e) {
            switch (e.status()) {
                case 400, 404, 405, 501 ->
                        throw new RegistryException(
                                e.status(), host + ": the registry has no search and no catalogue");
                default -> throw e;
            }
        }
        return found;
    }

    private String name(String path) {
        String clean = Printable.of(path, 255);
        return Endpoint.isDockerHub(host) ? clean : host + "/" + clean;
    }
}
