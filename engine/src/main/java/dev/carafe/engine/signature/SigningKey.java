package dev.carafe.engine.signature;

import dev.carafe.oci.OciException;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.PublicKey;
import java.security.Signature;
import java.security.spec.InvalidKeySpecException;
import java.security.spec.X509EncodedKeySpec;
import java.util.Base64;

/** A public key of ECDSA, RSA or Ed25519, as {@code cosign public-key} prints it. */
record SigningKey(String name, PublicKey key) {
    private static final String BEGIN = "-----BEGIN PUBLIC KEY-----";
    private static final String END = "-----END PUBLIC KEY-----";

    /**
     * Reads PEM.
     *
     * @throws OciException when it holds no such key
     */
    static SigningKey pem(String name, byte[] bytes) {
        String text = new String(bytes, StandardCharsets.ISO_8859_1);
        int begin = text.indexOf(BEGIN);
        int end = text.indexOf(END, Math.max(0, begin));
        if (begin < 0 || end < 0) {
            throw new OciException(name + ": no PEM with a public key");
        }
        try {
            byte[] der =
                    Base64.getMimeDecoder().decode(text.substring(begin + BEGIN.length(), end));
            return new SigningKey(name, decode(name, new X509EncodedKeySpec(der)));
        } catch (IllegalArgumentException e) {
            throw new OciException(name + ": " + e.getMessage());
        }
    }

    private static PublicKey decode(String name, X509EncodedKeySpec spec) {
        for (String algorithm : new String[] {"EC", "RSA", "Ed25519"}) {
            try {
                return KeyFactory.getInstance(algorithm).generatePublic(spec);
            } catch (InvalidKeySpecException e) {
                // a key of another kind
            } catch (GeneralSecurityException e) {
                throw new AssertionError("every JDK has " + algorithm, e);
            }
        }
        throw new OciException(name + ": neither an ECDSA nor an RSA nor an Ed25519 key");
    }

    /** Whether a signature of these bytes is by this key. A malformed one is not. */
    boolean verifies(byte[] payload, String base64) {
        try {
            Signature verifier =
                    Signature.getInstance(
                            switch (key.getAlgorithm()) {
                                case "EC" -> "SHA256withECDSA";
                                case "RSA" -> "SHA256withRSA";
                                default -> "Ed25519";
                            });
            verifier.initVerify(key);
            verifier.update(payload);
            return verifier.verify(Base64.getDecoder().decode(base64));
        } catch (GeneralSecurityException | IllegalArgumentException e) {
            return false;
        }
    }
}
