package dev.carafe.engine.signature;

import dev.carafe.oci.OciException;
import dev.carafe.oci.image.ImageReference;
import dev.carafe.oci.json.Fields;
import org.jspecify.annotations.Nullable;

/**
 * Which name a signature must be for ("signedIdentity" in containers-policy.json(5)), so that a
 * signed image can't pass for another one that the same key signed.
 */
sealed interface Identity {
    /** The whole name, tag included. */
    record Exact() implements Identity {}

    /** The whole name; by digest, any tag of the repository. What holds when nothing is said. */
    record RepositoryDigestOrExact() implements Identity {}

    /** Any tag of the repository. The only one that cosign's own signatures can satisfy. */
    record SameRepository() implements Identity {}

    /** This name, whatever the image was pulled as. */
    record ExactReference(ImageReference name) implements Identity {}

    /** Any tag of this repository. */
    record ExactRepository(ImageReference name) implements Identity {}

    /** The name with one prefix replaced by another: for mirrors. */
    record Remap(String prefix, String signedPrefix) implements Identity {
        String apply(String name) {
            boolean matches = name.equals(prefix) || name.startsWith(prefix + "/");
            return matches ? signedPrefix + name.substring(prefix.length()) : name;
        }
    }

    /** Reads the object; null stands for one that is not there. */
    static Identity of(@Nullable Fields f) {
        if (f == null) {
            return new RepositoryDigestOrExact();
        }
        String type = f.needString("type");
        return switch (type) {
            case "matchExact" -> new Exact();
            case "matchRepoDigestOrExact" -> new RepositoryDigestOrExact();
            case "matchRepository" -> new SameRepository();
            case "exactReference" -> new ExactReference(name(f, "dockerReference"));
            case "exactRepository" -> new ExactRepository(name(f, "dockerRepository"));
            case "remapIdentity" -> new Remap(f.needString("prefix"), f.needString("signedPrefix"));
            default -> throw f.wrong("type", "no such identity: " + OciException.quote(type));
        };
    }

    private static ImageReference name(Fields f, String member) {
        try {
            return ImageReference.parse(f.needString(member));
        } catch (OciException e) {
            throw f.wrong(member, String.valueOf(e.getMessage()));
        }
    }

    /**
     * Whether a signature for one name serves an image by another.
     *
     * @param image what the user asked for
     * @param signed "critical.identity.docker-reference" of the signature
     */
    default boolean accepts(ImageReference image, String signed) {
        String repository = repository(signed);
        if (repository == null) {
            return false;
        }
        return switch (this) {
            case Exact _ -> image.tag() != null && full(image).equals(full(signed));
            case RepositoryDigestOrExact _ -> byTagOrDigest(image, image.name(), signed);
            case SameRepository _ -> repository.equals(image.name());
            case ExactReference exact -> full(exact.name).equals(full(signed));
            case ExactRepository exact -> repository.equals(exact.name.name());
            case Remap remap -> byTagOrDigest(image, remap.apply(image.name()), signed);
        };
    }

    private static boolean byTagOrDigest(ImageReference image, String name, String signed) {
        if (image.digest() != null) {
            return name.equals(repository(signed));
        }
        return (name + ":" + image.tag()).equals(full(signed));
    }

    /** The repository of a reference with or without a tag; null when it is none. */
    private static @Nullable String repository(String reference) {
        try {
            return ImageReference.parse(reference).name();
        } catch (OciException e) {
            return null;
        }
    }

    private static String full(ImageReference reference) {
        return reference.name() + ":" + reference.tag();
    }

    /** With its tag; a signature that names none is for no tag, not for "latest". */
    private static String full(String reference) {
        ImageReference parsed = ImageReference.parse(reference);
        boolean tagged = reference.indexOf(':', reference.lastIndexOf('/') + 1) >= 0;
        return tagged ? full(parsed) : parsed.name();
    }
}
