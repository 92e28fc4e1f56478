package dev.carafe.it;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.carafe.engine.registry.Content;
import dev.carafe.engine.registry.Credentials;
import dev.carafe.engine.registry.Patience;
import dev.carafe.engine.registry.Registries;
import dev.carafe.engine.registry.RegistryConfig;
import dev.carafe.engine.registry.Repository;
import dev.carafe.it.Carafe.Result;
import dev.carafe.oci.image.Descriptor;
import dev.carafe.oci.image.Digest;
import dev.carafe.oci.image.ImageReference;
import dev.carafe.oci.image.Manifest;
import dev.carafe.oci.image.MediaType;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/** A pull where the policy asks for signatures, made here with openssl as cosign makes them. */
class SignatureTest {
    @RegisterExtension final Carafe carafe = new Carafe();
    @TempDir Path directory;
    private Registry registry;
    private String name;

    @BeforeEach
    void push() throws Exception {
        registry = Registry.start(directory.resolve("registry"));
        name = registry.host() + "/team/app:1";
        copy(name);
        command(
                "openssl",
                "ecparam",
                "-genkey",
                "-name",
                "prime256v1",
                "-noout",
                "-out",
                file("key"));
        command("openssl", "ec", "-in", file("key"), "-pubout", "-out", file("key.pub"));
        Path policy = directory.resolve("policy.json");
        Files.writeString(
                policy,
                """
                {"default": [{"type": "reject"}], "transports": {"docker": {"%s/team": [
                  {"type": "sigstoreSigned", "keyPath": "%s"}]}}}
                """
                        .formatted(registry.host(), file("key.pub")));
        carafe.with("CARAFE_POLICY", policy.toString());
    }

    @AfterEach
    void close() {
        registry.close();
    }

    private static void copy(String name) throws Exception {
        command(
                "skopeo",
                "copy",
                "-q",
                "--dest-tls-verify=false",
                "oci-archive:" + Images.file("busybox.oci.tar"),
                "docker://" + name);
    }

    private String file(String name) {
        return directory.resolve(name).toString();
    }

    private static void command(String... argv) throws Exception {
        Process process = new ProcessBuilder(argv).redirectErrorStream(true).start();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertEquals(0, process.waitFor(), () -> String.join(" ", argv) + ": " + output);
    }

    /** Signs what the tag leads to, for a name, and puts the signature beside it. */
    private void sign(String signedName) throws Exception {
        try (Registries registries =
                Registries.open(
                        RegistryConfig.load(Map.of("HOME", directory.toString())),
                        Credentials.NONE,
                        Patience.usual())) {
            Repository app = registries.repository(ImageReference.parse(name));
            Digest digest = app.manifest("1").descriptor().digest();
            byte[] payload =
                    ("{\"critical\":{\"identity\":{\"docker-reference\":\""
                                    + signedName
                                    + "\"},\"image\":{\"docker-manifest-digest\":\""
                                    + digest
                                    + "\"},\"type\":\"cosign container image signature\"},"
                                    + "\"optional\":null}")
                            .getBytes(StandardCharsets.UTF_8);
            Files.write(directory.resolve("payload"), payload);
            command(
                    "openssl",
                    "dgst",
                    "-sha256",
                    "-sign",
                    file("key"),
                    "-out",
                    file("sig"),
                    file("payload"));
            String base64 =
                    Base64.getEncoder()
                            .encodeToString(Files.readAllBytes(directory.resolve("sig")));
            byte[] config = "{}".getBytes(StandardCharsets.UTF_8);
            Descriptor empty =
                    new Descriptor(MediaType.EMPTY, Digest.sha256(config), config.length);
            Descriptor layer =
                    new Descriptor(
                            "application/vnd.dev.cosign.simplesigning.v1+json",
                            Digest.sha256(payload),
                            payload.length,
                            List.of(),
                            Map.of("dev.cosignproject.cosign/signature", base64),
                            null,
                            null,
                            null);
            app.upload(empty, Content.of(config), 0, _ -> {});
            app.upload(layer, Content.of(payload), 0, _ -> {});
            byte[] manifest =
                    new Manifest(2, MediaType.MANIFEST, null, empty, List.of(layer), null, Map.of())
                            .json()
                            .bytes();
            app.putManifest("sha256-" + digest.hex() + ".sig", MediaType.MANIFEST, manifest);
        }
    }

    private void refused(String image, String why) {
        Result result = carafe.run("pull", image).exits(1);
        assertTrue(result.err().contains(why), result.err());
        assertEquals(1, result.err().lines().count(), result.err());
        assertEquals("", carafe.run("images", "-q").ok().out());
    }

    @Test
    void unsignedImageIsNotPulled() {
        refused(name, "it has no signature, and the policy wants one");
    }

    @Test
    void signedImageIsPulledByTagAndByDigest() throws Exception {
        sign(name);
        carafe.run("pull", name).ok();
        String digest =
                carafe.run("inspect", name).ok().out().replaceAll("(?s).*@(sha256:\\w+).*", "$1");
        carafe.run("pull", registry.host() + "/team/app@" + digest).ok();
    }

    @Test
    void signatureForAnotherNameIsNoneForThisOne() throws Exception {
        sign(registry.host() + "/team/other:1");
        refused(name, "for the name");
    }

    @Test
    void signatureByAnotherKeyIsNone() throws Exception {
        command(
                "openssl",
                "ecparam",
                "-genkey",
                "-name",
                "prime256v1",
                "-noout",
                "-out",
                file("key"));
        sign(name);
        refused(name, "not by a key of the policy");
    }

    @Test
    void imageOutsideThePolicyIsRejected() throws Exception {
        copy(registry.host() + "/else:1");
        refused(registry.host() + "/else:1", "the policy rejects images of that name");
    }

    @Test
    void aRunPullsByTheSamePolicy() {
        Result result = carafe.run("run", "--rm", name, "true").exits(125);
        assertTrue(result.err().contains("it has no signature"), result.err());
    }
}
