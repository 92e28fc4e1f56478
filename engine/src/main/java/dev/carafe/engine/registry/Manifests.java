package dev.carafe.engine.registry;

import dev.carafe.oci.OciException;
import dev.carafe.oci.image.Descriptor;
import dev.carafe.oci.image.Digest;
import dev.carafe.oci.image.MediaType;
import dev.carafe.oci.json.Fields;
import dev.carafe.oci.json.Json;
import java.io.IOException;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Checks what a registry says is a manifest. */
final class Manifests {
    private static final List<String> TYPES =
            List.of(
                    MediaType.INDEX,
                    MediaType.MANIFEST,
                    MediaType.DOCKER_INDEX,
                    MediaType.DOCKER_MANIFEST);

    /** For the Accept header. */
    static final String ACCEPT = String.join(", ", TYPES);

    private Manifests() {}

    /** Reads the answer: digest first, for nothing else is worth a look at other bytes. */
    static Fetched read(String subject, String tagOrDigest, Reply reply) throws IOException {
        byte[] bytes = reply.bytes(subject, Json.MAX_BYTES);
        Digest digest = Digest.sha256(bytes);
        if (tagOrDigest.indexOf(':') >= 0) {
            digest = same(subject, tagOrDigest, bytes);
        }
        sameDigest(subject, reply, bytes);
        String type = type(subject, reply.type(), bytes);
        return new Fetched(new Descriptor(type, digest, bytes.length), bytes);
    }

    /** Compares with Docker-Content-Digest, which is there to be believed by others. */
    static void sameDigest(String subject, Reply reply, byte[] bytes) throws RegistryException {
        String header = reply.header("docker-content-digest");
        if (header != null) {
            same(subject, header, bytes);
        }
    }

    private static Digest same(String subject, String expected, byte[] bytes)
            throws RegistryException {
        try {
            Digest wanted = Digest.parse(expected);
            Digest has = digest(wanted.algorithm(), bytes);
            if (!has.equals(wanted)) {
                throw new RegistryException(
                        subject
                                + ": wrong digest: the registry sent bytes of "
                                + has
                                + ", not of "
                                + wanted);
            }
            return has;
        } catch (OciException e) {
            throw Repository.invalid(subject, e);
        }
    }

    private static Digest digest(String algorithm, byte[] bytes) {
        try {
            String name = algorithm.equals("sha512") ? "SHA-512" : "SHA-256";
            return Digest.of(algorithm, MessageDigest.getInstance(name).digest(bytes));
        } catch (NoSuchAlgorithmException e) {
            throw new AssertionError("every JDK has them", e);
        }
    }

    /**
     * The media type. The header and the document must not differ ("Pulling manifests"): two
     * readers could see two different things in one digest (CVE-2021-41190).
     */
    private static String type(String subject, String header, byte[] bytes)
            throws RegistryException {
        @Nullable String inside;
        boolean list;
        try {
            Fields f = Fields.parse(subject, bytes);
            inside = f.string("mediaType");
            list = f.has("manifests");
        } catch (OciException e) {
            throw new RegistryException(String.valueOf(e.getMessage()), e);
        }
        if (inside == null && !TYPES.contains(header) && isGeneric(header)) {
            inside = list ? MediaType.INDEX : MediaType.MANIFEST;
        }
        String type = inside == null ? header : inside;
        if (!TYPES.contains(type)) {
            throw new RegistryException(subject + ": " + unknown(type));
        }
        if (!type.equals(header) && !isGeneric(header)) {
            throw new RegistryException(
                    subject
                            + ": the registry calls it "
                            + Printable.quote(header)
                            + ", it calls itself "
                            + Printable.quote(type));
        }
        return type;
    }

    private static boolean isGeneric(String header) {
        return switch (header) {
            case "", "application/json", "text/plain", "application/octet-stream" -> true;
            default -> false;
        };
    }

    private static String unknown(String type) {
        if (type.startsWith("application/vnd.docker.distribution.manifest.v1+")) {
            return "a manifest of Docker's old format (schema 1), which is not read any more;"
                    + " push it again with a newer tool";
        }
        return "a manifest of an unknown type: " + Printable.quote(type);
    }
}
