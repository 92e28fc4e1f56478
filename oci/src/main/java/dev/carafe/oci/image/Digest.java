package dev.carafe.oci.image;

import dev.carafe.oci.OciException;
import dev.carafe.oci.json.Fields;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import org.jspecify.annotations.Nullable;

/**
 * The name of a blob by its content (image-spec 1.1, descriptor.md, "Digests").
 *
 * @param algorithm "sha256" or "sha512"; others can't be verified here, so they are refused
 * @param hex lower-case hexadecimal digits, 64 or 128; safe as a file name
 */
public record Digest(String algorithm, String hex) {
    /**
     * Checks algorithm, length and digits.
     *
     * @throws OciException when they don't fit
     */
    public Digest {
        int length =
                switch (algorithm) {
                    case "sha256" -> 64;
                    case "sha512" -> 128;
                    default ->
                            throw new OciException(
                                    "digest algorithm is not sha256 or sha512: "
                                            + OciException.quote(algorithm));
                };
        if (hex.length() != length || !lowerHex(hex)) {
            throw new OciException(
                    algorithm
                            .concat(" digest is not ")
                            .concat(Integer.toString(length))
                            .concat(" lower-case hexadecimal digits: ")
                            .concat(OciException.quote(hex)));
        }
    }

    /**
     * Reads "algorithm:hex".
     *
     * @throws OciException when it is no digest
     */
    public static Digest parse(String text) {
        int colon = text.indexOf(':');
        if (colon < 0) {
            throw new OciException("digest without an algorithm: " + OciException.quote(text));
        }
        return new Digest(text.substring(0, colon), text.substring(colon + 1));
    }

    /** The sha256 digest of these bytes. */
    public static Digest sha256(byte[] content) {
        try {
            return of("sha256", MessageDigest.getInstance("SHA-256").digest(content));
        } catch (NoSuchAlgorithmException e) {
            throw new AssertionError("every JDK has SHA-256", e);
        }
    }

    /** A digest of the bytes that a {@link MessageDigest} gave. */
    public static Digest of(String algorithm, byte[] hash) {
        byte[] hex = new byte[hash.length * 2];
        for (int i = 0; i < hash.length; i++) {
            hex[2 * i] = (byte) "0123456789abcdef".charAt(hash[i] >> 4 & 15);
            hex[2 * i + 1] = (byte) "0123456789abcdef".charAt(hash[i] & 15);
        }
        return new Digest(algorithm, new String(hex, StandardCharsets.ISO_8859_1));
    }

    private static boolean lowerHex(String text) {
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if ((c < '0' || c > '9') && (c < 'a' || c > 'f')) {
                return false;
            }
        }
        return true;
    }

    /** As in the specification: "algorithm:hex". */
    @Override
    public String toString() {
        return algorithm.concat(":").concat(hex);
    }

    static Digest read(Fields f, String name) {
        String text = f.needString(name);
        try {
            return parse(text);
        } catch (OciException e) {
            throw f.wrong(name, String.valueOf(e.getMessage()));
        }
    }

    // By hand, since a record's own is linked by a bootstrap method, which a cold start would pay
    // for with more than everything else that is done to digests.
    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof Digest that
                && hex.equals(that.hex)
                && algorithm.equals(that.algorithm);
    }

    @Override
    public int hashCode() {
        return 31 * algorithm.hashCode() + hex.hashCode();
    }
}
