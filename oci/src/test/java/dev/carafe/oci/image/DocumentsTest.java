package dev.carafe.oci.image;

import static dev.carafe.oci.Resource.utf8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.carafe.oci.OciException;
import dev.carafe.oci.Resource;
import dev.carafe.oci.json.Json;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;

class DocumentsTest {
    private static String text(String name) {
        return Resource.text(DocumentsTest.class, name);
    }

    @Test
    void everyPropertyGoesRound() {
        byte[] index = utf8(text("index.json"));
        assertEquals(Json.parse(index), Index.parse("i", index).json());
        byte[] manifest = utf8(text("manifest.json"));
        assertEquals(Json.parse(manifest), Manifest.parse("m", manifest).json());
        byte[] config = utf8(text("config.json"));
        assertEquals(Json.parse(config), ImageConfig.parse("c", config).json());
        ImageConfig read = ImageConfig.parse("c", config);
        assertEquals(read, ImageConfig.parse("c", read.json().bytes()));
    }

    @Test
    void extraPropertiesAreIgnoredAndNullIsAbsent() {
        String digest = "sha256:" + "0".repeat(64);
        ImageConfig config =
                ImageConfig.parse(
                        "c",
                        utf8(
                                """
                                {"architecture": "amd64", "os": "linux", "container": "abc",
                                 "docker_version": "24", "history": null,
                                 "config": {"Hostname": "x", "Env": null, "Cmd": null,
                                            "Volumes": null, "OnBuild": null, "Image": ""},
                                 "rootfs": {"type": "layers", "diff_ids": ["%s"]}}
                                """
                                        .formatted(digest)));
        assertEquals(ImageConfig.Config.EMPTY, config.config());
        assertEquals(List.of(Digest.parse(digest)), config.rootfs().diffIds());
    }

    @Test
    void configMayBeLeftOut() {
        String text = "{'architecture':'a','os':'l','rootfs':{'type':'layers','diff_ids':[]}}";
        assertEquals(
                ImageConfig.Config.EMPTY,
                ImageConfig.parse("c", utf8(text.replace('\'', '"'))).config());
    }

    @Test
    void aManifestIsNoIndex() {
        // CVE-2021-41190: one document that two readers take for two things
        String manifest = text("manifest.json");
        String both = manifest.replaceFirst("\\{", "{\"manifests\": [],");
        assertWrong(
                "m: manifests: must not be in an image manifest",
                () -> Manifest.parse("m", utf8(both)));
        assertWrong("i: layers: must not be in an index", () -> Index.parse("i", utf8(manifest)));
        assertWrong(
                "m: manifests: must not be in an image manifest",
                () -> Manifest.parse("m", utf8(text("index.json"))));
        assertWrong(
                "m: layers: is missing", () -> Manifest.parse("m", utf8("{\"schemaVersion\":2}")));
        assertWrong(
                "i: manifests: is missing", () -> Index.parse("i", utf8("{\"schemaVersion\":2}")));
    }

    @Test
    void badManifestsAreNamed() {
        String good = text("manifest.json");
        assertWrong(
                "m: schemaVersion: must be an integer from 2 to 2",
                () -> Manifest.parse("m", utf8(good.replace("n\": 2", "n\": 1"))));
        assertWrong(
                "m: config.size: must be an integer from 0 to 9223372036854775807",
                () -> Manifest.parse("m", utf8(good.replace("7023", "-1"))));
        assertWrong(
                "m: config.digest: digest algorithm is not sha256 or sha512: \"md5\"",
                () -> Manifest.parse("m", utf8(good.replaceFirst("sha256", "md5"))));
        assertWrong(
                "m: layers[0].digest: sha256 digest is not 64 lower-case hexadecimal digits: \""
                        + "0".repeat(80)
                        + "...\"",
                () -> Manifest.parse("m", utf8(good.replace("sha512", "sha256"))));
        assertWrong(
                "c: rootfs.type: must be \"layers\"",
                () ->
                        ImageConfig.parse(
                                "c", utf8(text("config.json").replace("\"layers\"", "\"x\""))));
        assertWrong(
                "c: rootfs.diff_ids[1]: digest without an algorithm: \"00b1\"",
                () ->
                        ImageConfig.parse(
                                "c", utf8(text("config.json").replaceAll("sha256:0+b1", "00b1"))));
    }

    @Test
    void aDigestIsSafeAsAFileName() {
        for (String bad :
                List.of(
                        "",
                        ":",
                        "sha256",
                        "sha256:",
                        "sha256:../../etc/passwd",
                        "sha256:" + "A".repeat(64),
                        "sha256:" + "0".repeat(63),
                        "sha256:" + "0".repeat(65),
                        "sha256:" + "0".repeat(63) + "/",
                        "sha256:" + "٠".repeat(64),
                        "SHA256:" + "0".repeat(64),
                        "sha512:" + "0".repeat(64),
                        "sha256 :" + "0".repeat(64))) {
            assertThrows(OciException.class, () -> Digest.parse(bad), bad);
        }
        assertEquals(
                "sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
                Digest.sha256(utf8("abc")).toString());
    }

    private static void assertWrong(String message, Executable code) {
        assertEquals(message, assertThrows(OciException.class, code).getMessage());
    }
}
