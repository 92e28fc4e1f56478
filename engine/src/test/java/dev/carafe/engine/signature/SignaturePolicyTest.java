package dev.carafe.engine.signature;

import static org.junit.jupiter.api.Assertions.assertDoesNotThrow;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.carafe.engine.image.ImageException;
import dev.carafe.oci.image.Digest;
import dev.carafe.oci.image.ImageReference;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.Signature;
import java.util.Base64;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class SignaturePolicyTest {
    private static final Digest MANIFEST =
            Digest.sha256("manifest".getBytes(StandardCharsets.UTF_8));
    private static final Digest OTHER = Digest.sha256("other".getBytes(StandardCharsets.UTF_8));
    private static final SignatureSource NONE = _ -> List.of();

    @TempDir Path directory;

    private static KeyPair pair(String algorithm) {
        try {
            return KeyPairGenerator.getInstance(algorithm).generateKeyPair();
        } catch (GeneralSecurityException e) {
            throw new AssertionError(e);
        }
    }

    private Path publicKey(KeyPair pair) throws IOException {
        String base64 = Base64.getMimeEncoder().encodeToString(pair.getPublic().getEncoded());
        return Files.writeString(
                Files.createTempFile(directory, "key", ".pub"),
                "-----BEGIN PUBLIC KEY-----\n" + base64 + "\n-----END PUBLIC KEY-----\n");
    }

    private static byte[] payload(Digest manifest, String reference) {
        return ("""
                {"critical":{"identity":{"docker-reference":"%s"},
                 "image":{"docker-manifest-digest":"%s"},
                 "type":"cosign container image signature"},"optional":null}
                """)
                .formatted(reference, manifest)
                .getBytes(StandardCharsets.UTF_8);
    }

    private static SignatureSource signed(KeyPair pair, byte[] payload) {
        try {
            String algorithm = pair.getPublic().getAlgorithm();
            Signature signer =
                    Signature.getInstance(
                            algorithm.equals("EC")
                                    ? "SHA256withECDSA"
                                    : algorithm.equals("RSA") ? "SHA256withRSA" : "Ed25519");
            signer.initSign(pair.getPrivate());
            signer.update(payload);
            String base64 = Base64.getEncoder().encodeToString(signer.sign());
            return digest ->
                    digest.equals(MANIFEST)
                            ? List.of(new SignatureSource.Signature(payload, base64))
                            : List.of();
        } catch (GeneralSecurityException e) {
            throw new AssertionError(e);
        }
    }

    private static SignaturePolicy policy(String json) throws ImageException {
        return SignaturePolicy.parse(
                Path.of("/policy.json"), json.getBytes(StandardCharsets.UTF_8));
    }

    private static SignaturePolicy wants(Path key, String identity) throws ImageException {
        return policy(
                """
                {"default": [{"type": "reject"}],
                 "transports": {"docker": {"registry.example": [
                   {"type": "sigstoreSigned", "keyPath": "%s"%s}]}}}
                """
                        .formatted(
                                key,
                                identity.isEmpty() ? "" : ", \"signedIdentity\": " + identity));
    }

    private static String refusal(SignaturePolicy policy, String name, SignatureSource source) {
        return String.valueOf(
                assertThrows(
                                ImageException.class,
                                () ->
                                        policy.check(
                                                ImageReference.parse(name),
                                                List.of(MANIFEST),
                                                source))
                        .getMessage());
    }

    private static void accepted(SignaturePolicy policy, String name, SignatureSource source) {
        assertDoesNotThrow(
                () -> policy.check(ImageReference.parse(name), List.of(OTHER, MANIFEST), source));
    }

    @ParameterizedTest
    @ValueSource(strings = {"EC", "RSA", "Ed25519"})
    void signatureByTheKeyForTheNameIsAccepted(String algorithm) throws IOException {
        KeyPair pair = pair(algorithm);
        SignaturePolicy policy = wants(publicKey(pair), "");
        String name = "registry.example/app:1";
        accepted(policy, name, signed(pair, payload(MANIFEST, name)));
    }

    @Test
    void imageWithoutASignatureIsRefused() throws IOException {
        SignaturePolicy policy = wants(publicKey(pair("EC")), "");
        assertEquals(
                "image registry.example/app:1 is refused by /policy.json:"
                        + " it has no signature, and the policy wants one",
                refusal(policy, "registry.example/app:1", NONE));
    }

    @Test
    void signatureByAnotherKeyIsRefused() throws IOException {
        SignaturePolicy policy = wants(publicKey(pair("EC")), "");
        String name = "registry.example/app:1";
        String refusal = refusal(policy, name, signed(pair("EC"), payload(MANIFEST, name)));
        assertTrue(refusal.endsWith("not by a key of the policy"), refusal);
    }

    @Test
    void signatureOfAnotherManifestIsRefused() throws IOException {
        KeyPair pair = pair("EC");
        String name = "registry.example/app:1";
        String refusal =
                refusal(wants(publicKey(pair), ""), name, signed(pair, payload(OTHER, name)));
        assertTrue(refusal.endsWith("for the manifest " + OTHER), refusal);
    }

    @Test
    void changedPayloadIsRefused() throws IOException {
        KeyPair pair = pair("EC");
        String name = "registry.example/app:1";
        SignatureSource genuine = signed(pair, payload(OTHER, name));
        SignatureSource forged =
                digest ->
                        genuine.of(digest).stream()
                                .map(
                                        s ->
                                                new SignatureSource.Signature(
                                                        payload(MANIFEST, name), s.base64()))
                                .toList();
        assertTrue(
                refusal(wants(publicKey(pair), ""), name, forged)
                        .endsWith("not by a key of the policy"));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = ';',
            value = {
                // identity; image; signed name; accepted
                "'';registry.example/app:1;registry.example/app:1;true",
                "'';registry.example/app:1;registry.example/app:2;false",
                "'';registry.example/app:latest;registry.example/app;false",
                "'';registry.example/app@DIGEST;registry.example/app:2;true",
                "'';registry.example/app@DIGEST;registry.example/other:2;false",
                "{\"type\":\"matchExact\"};registry.example/app:1;registry.example/app:1;true",
                "{\"type\":\"matchExact\"};registry.example/app@DIGEST;registry.example/app:1;false",
                "{\"type\":\"matchRepository\"};registry.example/app:1;registry.example/app;true",
                "{\"type\":\"matchRepository\"};registry.example/app:1;registry.example/app:7;true",
                "{\"type\":\"matchRepository\"};registry.example/app:1;registry.example/apps;false",
                "{\"type\":\"exactReference\",\"dockerReference\":\"origin.example/a:3\"};registry.example/app:1;origin.example/a:3;true",
                "{\"type\":\"exactReference\",\"dockerReference\":\"origin.example/a:3\"};registry.example/app:1;origin.example/a:4;false",
                "{\"type\":\"exactRepository\",\"dockerRepository\":\"origin.example/a\"};registry.example/app:1;origin.example/a:4;true",
                "{\"type\":\"remapIdentity\",\"prefix\":\"registry.example\",\"signedPrefix\":\"origin.example\"};registry.example/app:1;origin.example/app:1;true",
                "{\"type\":\"remapIdentity\",\"prefix\":\"registry.example\",\"signedPrefix\":\"origin.example\"};registry.example/app:1;registry.example/app:1;false",
                "'';registry.example/app:1;NOT A NAME;false",
            })
    void theNameThatWasSignedCounts(
            String identity, String image, String signedName, boolean accepted) throws IOException {
        KeyPair pair = pair("EC");
        SignaturePolicy policy = wants(publicKey(pair), identity);
        SignatureSource source = signed(pair, payload(MANIFEST, signedName));
        String name = image.replace("DIGEST", MANIFEST.toString());
        if (accepted) {
            accepted(policy, name, source);
        } else {
            assertTrue(refusal(policy, name, source).contains("for the name"));
        }
    }

    @ParameterizedTest
    @CsvSource({
        "registry.example/team/app:1, rejects",
        "registry.example/team/app:2, accepts",
        "registry.example/team/other:1, accepts",
        "registry.example/else:1, rejects",
        "a.wild.example/x:1, accepts",
        "wild.example/x:1, rejects",
        "debian:bookworm, accepts",
    })
    void theMostSpecificScopeCounts(String name, String verdict) throws IOException {
        SignaturePolicy policy =
                policy(
                        """
                        {"default": [{"type": "reject"}], "transports": {"docker": {
                          "registry.example/team/app:1": [{"type": "reject"}],
                          "registry.example/team": [{"type": "insecureAcceptAnything"}],
                          "registry.example": [{"type": "reject"}],
                          "*.wild.example": [{"type": "insecureAcceptAnything"}],
                          "docker.io/library": [{"type": "insecureAcceptAnything"}]},
                         "oci": {"": [{"type": "insecureAcceptAnything"}]}}}
                        """);
        if (verdict.equals("accepts")) {
            accepted(policy, name, NONE);
            assertFalse(policy.demands(ImageReference.parse(name)));
        } else {
            refusal(policy, name, NONE);
            assertTrue(policy.demands(ImageReference.parse(name)));
        }
    }

    @Test
    void gpgSignaturesAreRefusedAndNotPassedOver() throws IOException {
        SignaturePolicy policy =
                policy(
                        """
                        {"default": [{"type": "signedBy", "keyType": "GPGKeys", "keyPath": "/k"}]}
                        """);
        String refusal = refusal(policy, "debian", NONE);
        assertTrue(refusal.contains("GPG signatures aren't supported"), refusal);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{}",
                "[]",
                "{\"default\": []}",
                "{\"default\": [{\"type\": \"trustMe\"}]}",
                "{\"default\": [{\"type\": \"reject\"}], \"transport\": {}}",
                "{\"default\": [{\"type\": \"sigstoreSigned\"}]}",
                "{\"default\": [{\"type\": \"sigstoreSigned\", \"keyPath\": \"/does/not/exist\"}]}",
                "{\"default\": [{\"type\": \"sigstoreSigned\", \"keyData\": \"%%\"}]}",
                "{\"default\": [{\"type\": \"reject\"}], \"default\": [{\"type\": \"reject\"}]}",
            })
    void whatIsNoPolicyIsAnError(String json) {
        String message =
                String.valueOf(assertThrows(ImageException.class, () -> policy(json)).getMessage());
        assertTrue(message.startsWith("signature policy /policy.json: "), message);
    }
}
