package dev.carafe.engine.registry;

import dev.carafe.oci.OciException;
import dev.carafe.oci.image.Descriptor;
import dev.carafe.oci.image.Digest;
import dev.carafe.oci.image.Index;
import dev.carafe.oci.image.MediaType;
import dev.carafe.oci.json.Fields;
import java.io.IOException;
import java.net.URI;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** What refers to a manifest, with the registry's help or without (section "Listing Referrers"). */
final class Referrers {
    private static final int MAX = 10_000;

    private final Repository repository;
    private final Connection connection;
    private final String path;

    Referrers(Repository repository, Connection connection, String path) {
        this.repository = repository;
        this.connection = connection;
        this.path = path;
    }

    /** The list; empty when there is none. */
    List<Descriptor> list(Digest digest, @Nullable String artifactType) throws IOException {
        String query =
                artifactType == null ? "" : "?artifactType=" + Repository.encode(artifactType);
        URI uri = connection.endpoint().repository(path, "referrers/" + digest + query);
        List<Descriptor> all = new ArrayList<>();
        try {
            new Pages(connection, Scope.pull(path), repository.name() + "@" + digest)
                    .each(
                            uri,
                            (document, reply) -> {
                                all.addAll(index(document).manifests());
                                return all.size() < MAX;
                            });
        } catch (RegistryException e) {
            if (e.status() != 404) {
                throw e;
            }
            all.addAll(tagged(digest).manifests());
        }
        // a registry may leave the choice to us
        all.removeIf(d -> artifactType != null && !artifactType.equals(d.artifactType()));
        return all;
    }

    private static Index index(Fields document) {
        return Index.parse("referrers", document.object().bytes());
    }

    /** The tag that stands for the list: algorithm, hyphen, at most 64 digits. */
    static String tag(Digest digest) {
        String hex = digest.hex();
        return digest.algorithm() + "-" + hex.substring(0, Math.min(64, hex.length()));
    }

    /** What is under the tag; an empty index when that is nothing, or no index. */
    private Index tagged(Digest digest) throws IOException {
        Index none = new Index(List.of());
        try {
            Fetched fetched = repository.withoutMirrors().manifest(tag(digest));
            return fetched.descriptor().mediaType().equals(MediaType.INDEX)
                    ? Index.parse(tag(digest), fetched.bytes())
                    : none;
        } catch (RegistryException e) {
            if (e.status() == 404) {
                return none;
            }
            throw e;
        } catch (OciException e) {
            return none;
        }
    }

    /** Lists a manifest that has been put, if it has a subject and the registry has no lists. */
    void add(Descriptor put, byte[] bytes) throws IOException {
        Descriptor entry;
        Digest subject;
        try {
            Fields f = Fields.parse(put.digest().toString(), bytes);
            Fields of = f.child("subject");
            if (of == null) {
                return;
            }
            subject = Digest.parse(of.needString("digest"));
            entry = entry(put, f);
        } catch (OciException e) {
            throw Repository.invalid(repository.name(), e);
        }
        Index index = tagged(subject);
        List<Descriptor> all = new ArrayList<>(index.manifests());
        if (all.stream().anyMatch(d -> d.digest().equals(entry.digest()))) {
            return;
        }
        all.add(entry);
        repository.putManifest(tag(subject), MediaType.INDEX, new Index(all).json().bytes());
    }

    private static Descriptor entry(Descriptor put, Fields f) {
        String type = f.string("artifactType");
        Fields config = f.child("config");
        if ((type == null || type.isEmpty()) && config != null) {
            type = config.string("mediaType");
        }
        Map<String, String> annotations = f.stringMap("annotations");
        return new Descriptor(
                put.mediaType(),
                put.digest(),
                put.size(),
                List.of(),
                annotations,
                null,
                null,
                type);
    }
}
