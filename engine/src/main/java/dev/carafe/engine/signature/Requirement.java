package dev.carafe.engine.signature;

import dev.carafe.oci.OciException;
import dev.carafe.oci.json.Fields;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;

/** What an image must satisfy (containers-policy.json(5)). */
sealed interface Requirement {
    /** Nothing. */
    record AcceptAnything() implements Requirement {}

    /** No image does. */
    record Reject() implements Requirement {}

    /** A signature by one of the keys, for the right name. */
    record Signed(List<SigningKey> keys, Identity identity) implements Requirement {
        public Signed {
            keys = List.copyOf(keys);
        }
    }

    /** One that is known and can't be verified here, so that no image satisfies it. */
    record Unverifiable(String type, String why) implements Requirement {}

    /** Reads one requirement. Keys are read at once: a policy with a lost key is no policy. */
    static Requirement of(Fields f) {
        String type = f.needString("type");
        return switch (type) {
            case "insecureAcceptAnything" -> new AcceptAnything();
            case "reject" -> new Reject();
            case "sigstoreSigned" -> signed(f);
            case "signedBy" ->
                    new Unverifiable(type, "GPG signatures aren't supported; sigstoreSigned is");
            default -> throw f.wrong("type", "no such requirement: " + OciException.quote(type));
        };
    }

    private static Requirement signed(Fields f) {
        if (f.has("fulcio") || f.has("pki") || f.has("rekorPublicKeyPath")) {
            return new Unverifiable(
                    "sigstoreSigned", "only keys are supported, neither fulcio, pki nor rekor");
        }
        List<SigningKey> keys = new ArrayList<>();
        List<String> paths = new ArrayList<>(f.strings("keyPaths"));
        String path = f.string("keyPath");
        if (path != null) {
            paths.add(path);
        }
        for (String one : paths) {
            keys.add(key(f, one));
        }
        List<String> datas = new ArrayList<>(f.strings("keyDatas"));
        String data = f.string("keyData");
        if (data != null) {
            datas.add(data);
        }
        for (String one : datas) {
            keys.add(decoded(f, one));
        }
        if (keys.isEmpty()) {
            throw f.wrong("keyPath", "a key is missing: give keyPath or keyData");
        }
        return new Signed(keys, Identity.of(f.child("signedIdentity")));
    }

    private static SigningKey key(Fields f, String path) {
        try {
            return SigningKey.pem(path, Files.readAllBytes(Path.of(path)));
        } catch (IOException | OciException e) {
            throw f.wrong("keyPath", path + " can't be used: " + e.getMessage());
        }
    }

    private static SigningKey decoded(Fields f, String data) {
        try {
            return SigningKey.pem("keyData", Base64.getDecoder().decode(data));
        } catch (IllegalArgumentException | OciException e) {
            throw f.wrong("keyData", String.valueOf(e.getMessage()));
        }
    }
}
