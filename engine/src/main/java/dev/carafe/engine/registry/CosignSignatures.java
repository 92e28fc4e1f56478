package dev.carafe.engine.registry;

import dev.carafe.engine.image.ImageException;
import dev.carafe.engine.signature.SignatureSource;
import dev.carafe.oci.OciException;
import dev.carafe.oci.image.Descriptor;
import dev.carafe.oci.image.Digest;
import dev.carafe.oci.image.Manifest;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.List;

/**
 * Signatures where cosign, podman and skopeo put them: in the image's repository, in an image whose
 * tag is the signed digest with {@code .sig} behind it. Its layers are the signed payloads.
 */
final class CosignSignatures implements SignatureSource {
    private static final String PAYLOAD = "application/vnd.dev.cosign.simplesigning.v1+json";
    private static final String SIGNATURE = "dev.cosignproject.cosign/signature";
    private static final int MOST = 100;
    private static final int NOT_FOUND = 404;

    private final Repository repository;

    CosignSignatures(Repository repository) {
        this.repository = repository;
    }

    @Override
    public List<Signature> of(Digest manifest) throws IOException {
        String tag = manifest.algorithm() + "-" + manifest.hex() + ".sig";
        List<Signature> found = new ArrayList<>();
        try {
            Fetched fetched = repository.manifest(tag);
            for (Descriptor layer : Manifest.parse("signatures " + tag, fetched.bytes()).layers()) {
                String base64 = layer.annotations().get(SIGNATURE);
                if (layer.mediaType().equals(PAYLOAD) && base64 != null && found.size() < MOST) {
                    found.add(new Signature(payload(layer), base64));
                }
            }
        } catch (RegistryException e) {
            if (e.status() != NOT_FOUND) {
                throw e;
            }
        } catch (OciException e) {
            throw new ImageException(String.valueOf(e.getMessage()), e);
        }
        return found;
    }

    private byte[] payload(Descriptor layer) throws IOException {
        if (layer.size() > MAX_PAYLOAD) {
            throw new ImageException(
                    "signature " + layer.digest() + " has more than " + MAX_PAYLOAD + " bytes");
        }
        try (InputStream in = repository.blob(layer, 0)) {
            byte[] bytes = in.readNBytes(MAX_PAYLOAD + 1);
            if (!Digest.sha256(bytes).equals(layer.digest())) {
                throw new ImageException(
                        "signature " + layer.digest() + ": the registry sent other bytes");
            }
            return bytes;
        }
    }
}
