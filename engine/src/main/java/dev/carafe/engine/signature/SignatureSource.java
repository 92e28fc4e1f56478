package dev.carafe.engine.signature;

import dev.carafe.oci.image.Digest;
import java.io.IOException;
import java.util.List;

/** Where the signatures of an image are: its repository. */
@FunctionalInterface
public interface SignatureSource {
    /** The most that a payload may have; cosign's are a few hundred bytes. */
    int MAX_PAYLOAD = 1 << 20;

    /**
     * Everything that claims to be a signature of a manifest.
     *
     * @param manifest the manifest's or index's digest
     */
    List<Signature> of(Digest manifest) throws IOException;

    /**
     * A signature that nobody has verified yet.
     *
     * @param payload what was signed, byte for byte: a "simple signing" document
     * @param base64 the signature
     */
    @SuppressWarnings("ArrayRecordComponent") // a carrier that nobody compares
    record Signature(byte[] payload, String base64) {}
}
