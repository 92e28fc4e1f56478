package dev.carafe.engine.registry;

import dev.carafe.oci.OciException;
import dev.carafe.oci.image.Descriptor;
import dev.carafe.oci.image.Digest;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.function.LongConsumer;
import org.jspecify.annotations.Nullable;

/**
 * A repository of a registry (distribution-spec 1.1). What is pulled may come from a mirror of the
 * registry; everything else goes to the registry itself. Safe for many threads.
 *
 * <p>Each method fails with a {@link RegistryException} whose {@code status} is that of the answer.
 * Requests are sent again where that may help, within {@link Patience}.
 */
public final class Repository {
    private final Registries registries;
    private final String host;
    private final String path;
    private final boolean mirrored;

    Repository(Registries registries, String host, String path, boolean mirrored) {
        this.registries = registries;
        this.host = host;
        this.path = path;
        this.mirrored = mirrored;
    }

    /** The same without the registry's mirrors: for when one has given bytes that are wrong. */
    public Repository withoutMirrors() {
        return new Repository(registries, host, path, false);
    }

    /** Registry and repository: "localhost:5000/app". */
    public String name() {
        return host + "/" + path;
    }

    /**
     * Gets a manifest or index (section "Pulling manifests").
     *
     * @param tagOrDigest a digest wins over what a tag could be made to say: the bytes are checked
     * @throws RegistryException when it isn't there, is of an unknown type, has more than 4 MiB, or
     *     other bytes than its digest says
     */
    public Fetched manifest(String tagOrDigest) throws IOException {
        return pull(
                connection -> {
                    String subject = subject(tagOrDigest);
                    Call call =
                            Call.get(
                                    connection
                                            .endpoint()
                                            .repository(path, "manifests/" + tagOrDigest),
                                    Map.of("Accept", Manifests.ACCEPT));
                    try (Reply reply = connection.expect(call, scope(connection), subject, 200)) {
                        return Manifests.read(subject, tagOrDigest, reply);
                    }
                });
    }

    /** Whether there is a manifest of that tag or digest. Needs no more than its headers. */
    public boolean hasManifest(String tagOrDigest) throws IOException {
        Connection origin = registries.origin(host);
        Call call =
                new Call(
                        "HEAD",
                        origin.endpoint().repository(path, "manifests/" + tagOrDigest),
                        Map.of("Accept", Manifests.ACCEPT),
                        null,
                        true);
        try (Reply reply = origin.expect(call, Scope.pull(path), subject(tagOrDigest), 200, 404)) {
            return reply.status() == 200;
        }
    }

    /**
     * Opens a blob (section "Pulling blobs"); the caller closes it and checks its digest. Bytes
     * that stop coming, come short or are too many end in a {@link RegistryException}.
     *
     * @param from how many bytes at its start are not wanted, at most all
     */
    public InputStream blob(Descriptor descriptor, long from) throws IOException {
        String subject = name() + ": " + descriptor.digest();
        if (from == descriptor.size()) {
            return InputStream.nullInputStream(); // no range has no bytes
        }
        try {
            return pull(
                    connection -> {
                        URI uri =
                                connection
                                        .endpoint()
                                        .repository(path, "blobs/" + descriptor.digest());
                        Call call = BlobStream.call(uri, from);
                        Reply reply = connection.expect(call, scope(connection), subject, 200, 206);
                        return BlobStream.open(subject, descriptor, from, reply);
                    });
        } catch (RegistryException e) {
            if (e.status() != 404 || descriptor.urls().isEmpty()) {
                throw e;
            }
            return foreign(descriptor, from, subject);
        }
    }

    /**
     * A layer that the registry does not have, from where its manifest says. No credential goes
     * there: whoever wrote the manifest chose the address (CVE-2020-15157).
     */
    private InputStream foreign(Descriptor descriptor, long from, String subject)
            throws IOException {
        Wire wire = registries.origin(host).wire();
        @Nullable RegistryException last = null;
        for (String url : descriptor.urls().subList(0, Math.min(8, descriptor.urls().size()))) {
            try {
                URI uri = wire.resolve(URI.create("https:///"), url);
                Reply reply = wire.send(BlobStream.call(uri, from), null);
                if (reply.status() == 200 || reply.status() == 206) {
                    return BlobStream.open(subject, descriptor, from, reply);
                }
                last = Problem.of(host, subject + " at " + Printable.of(url, 200), reply);
            } catch (RegistryException e) {
                last = e;
            }
        }
        throw last == null ? new RegistryException(404, subject + ": not found") : last;
    }

    /** Whether the registry has a blob ("Checking if content exists in the registry"). */
    public boolean has(Digest digest) throws IOException {
        Connection origin = registries.origin(host);
        Call call = Call.of("HEAD", origin.endpoint().repository(path, "blobs/" + digest));
        try (Reply reply =
                origin.expect(call, Scope.push(path), name() + ": " + digest, 200, 404)) {
            return reply.status() == 200;
        }
    }

    /**
     * Takes a blob over from another repository of the same registry ("Mounting a blob from another
     * repository").
     *
     * @return false when the registry does not do it, and it has to be uploaded
     */
    public boolean mount(Digest digest, String fromRepositoryPath) throws IOException {
        Connection origin = registries.origin(host);
        String query =
                "blobs/uploads/?mount=" + encode(digest.toString()) + "&from=" + fromRepositoryPath;
        Call call = Call.of("POST", origin.endpoint().repository(path, query));
        Scope scope = Scope.mount(path, fromRepositoryPath);
        try (Reply reply = origin.send(call, scope)) {
            if (reply.status() == 202) {
                Upload.abandon(origin, scope, reply); // it began an upload instead
            }
            return reply.status() == 201;
        }
    }

    /**
     * Uploads a blob that is a file; see {@link #upload(Descriptor, Content, long, LongConsumer)}.
     */
    public void upload(Descriptor descriptor, Path file, LongConsumer sent) throws IOException {
        upload(descriptor, Content.of(file), 0, sent);
    }

    /**
     * Uploads a blob ("Pushing blobs"). When a connection is lost, the upload goes on where the
     * registry says that it stopped.
     *
     * @param chunk bytes of a request; 0 for all in one
     * @param sent is told how many bytes have gone out; fewer again after a failure
     * @throws RegistryException also when the registry finds another digest than the descriptor's
     */
    public void upload(Descriptor descriptor, Content content, long chunk, LongConsumer sent)
            throws IOException {
        Connection origin = registries.origin(host);
        new Upload(origin, path, name(), descriptor, content, sent).run(chunk);
    }

    /**
     * Puts a manifest or index under a tag or its own digest ("Pushing manifests"). One with a
     * subject is also listed as its referrer, where the registry does not do it by itself.
     */
    public Descriptor putManifest(String tagOrDigest, String mediaType, byte[] bytes)
            throws IOException {
        Connection origin = registries.origin(host);
        Descriptor descriptor = new Descriptor(mediaType, Digest.sha256(bytes), bytes.length);
        Call call =
                new Call(
                        "PUT",
                        origin.endpoint().repository(path, "manifests/" + tagOrDigest),
                        Map.of(),
                        Call.Body.of(bytes, mediaType),
                        true);
        try (Reply reply =
                origin.expect(call, Scope.push(path), subject(tagOrDigest), 201, 200, 202)) {
            Manifests.sameDigest(subject(tagOrDigest), reply, bytes);
            if (reply.header("oci-subject") == null) {
                new Referrers(this, origin, path).add(descriptor, bytes);
            }
        }
        return descriptor;
    }

    /**
     * What refers to a manifest: signatures, attestations ("Listing referrers"), or what stands
     * under the tag that takes the place of that list.
     *
     * @param artifactType only those; null for all
     */
    public List<Descriptor> referrers(Digest digest, @Nullable String artifactType)
            throws IOException {
        return new Referrers(this, registries.origin(host), path).list(digest, artifactType);
    }

    /** Every tag ("Listing tags"), as the registry orders them. */
    public List<String> tags() throws IOException {
        Connection origin = registries.origin(host);
        URI first = origin.endpoint().repository(path, "tags/list?n=1000");
        return new Pages(origin, Scope.pull(path), name())
                .strings(first, "tags", Pages.MAX_ENTRIES);
    }

    /** Something to get from a mirror or the registry. */
    private interface Pull<T> {
        T from(Connection connection) throws IOException;
    }

    private <T> T pull(Pull<T> pull) throws IOException {
        if (mirrored) {
            for (Connection mirror : registries.mirrors(host)) {
                if (!mirror.isDown()) {
                    try {
                        return pull.from(mirror);
                    } catch (RegistryException e) {
                        mirror.failed(e);
                    }
                }
            }
        }
        return pull.from(registries.origin(host));
    }

    /** At a mirror, the repository has another name. */
    private Scope scope(Connection connection) {
        String prefix = connection.endpoint().prefix();
        return Scope.pull(prefix.isEmpty() ? path : prefix + "/" + path);
    }

    private String subject(String tagOrDigest) {
        return name() + (tagOrDigest.indexOf(':') < 0 ? ":" : "@") + tagOrDigest;
    }

    static String encode(String text) {
        return URLEncoder.encode(text, StandardCharsets.UTF_8);
    }

    /** For a document that the registry sent. */
    static RegistryException invalid(String subject, OciException e) {
        return new RegistryException(subject + ": " + e.getMessage(), e);
    }
}
