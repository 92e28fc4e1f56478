package dev.carafe.engine.signature;

import dev.carafe.oci.OciException;
import dev.carafe.oci.image.Digest;
import dev.carafe.oci.json.Fields;

/**
 * What a signature says: this manifest, by this name (containers-signature(5), and the signature
 * specification of cosign).
 *
 * @param reference with or without a tag
 */
record SimpleSigning(Digest manifest, String reference) {
    private static final String TYPE = "cosign container image signature";

    /**
     * Reads it; only ever called with what a known key has signed.
     *
     * @throws OciException when it is no such document
     */
    static SimpleSigning parse(byte[] payload) {
        Fields critical = Fields.parse("signature", payload).needChild("critical");
        String type = critical.needString("type");
        if (!type.equals(TYPE)) {
            throw critical.wrong("type", "must be \"" + TYPE + "\"");
        }
        return new SimpleSigning(
                Digest.parse(critical.needChild("image").needString("docker-manifest-digest")),
                critical.needChild("identity").needString("docker-reference"));
    }
}
