package dev.carafe.engine.registry;

import static dev.carafe.engine.registry.FakeRegistry.error;
import static dev.carafe.engine.registry.FakeRegistry.json;
import static dev.carafe.engine.registry.FakeRegistry.ok;
import static dev.carafe.engine.registry.FakeRegistry.status;
import static dev.carafe.engine.registry.Given.MANIFEST;
import static dev.carafe.engine.registry.Given.app;
import static dev.carafe.engine.registry.Given.refusal;
import static dev.carafe.engine.registry.Given.registries;
import static dev.carafe.engine.registry.Given.utf8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.carafe.oci.image.Descriptor;
import dev.carafe.oci.image.Digest;
import dev.carafe.oci.image.Index;
import dev.carafe.oci.image.MediaType;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.junit.jupiter.api.Test;

class ReferrersTest {
    private static final Digest SUBJECT = Digest.sha256(MANIFEST);

    private static Descriptor entry(String name, String type) {
        byte[] bytes = utf8(name);
        return new Descriptor(
                MediaType.MANIFEST,
                Digest.sha256(bytes),
                bytes.length,
                List.of(),
                Map.of("name", name),
                null,
                null,
                type);
    }

    private static FakeRegistry.Response list(Descriptor... entries) {
        return ok(new Index(List.of(entries)).json().bytes())
                .with("Content-Type: " + MediaType.INDEX);
    }

    private static byte[] signature(String name) {
        return utf8(
                "{\"schemaVersion\":2,\"config\":{\"mediaType\":\"application/x.sig\",\"digest\":\""
                        + SUBJECT
                        + "\",\"size\":2},\"layers\":[],\"subject\":{\"mediaType\":\"x\",\"digest\":\""
                        + SUBJECT
                        + "\",\"size\":1},\"annotations\":{\"name\":\""
                        + name
                        + "\"}}");
    }

    @Test
    void theListComesInPagesAndIsFilteredHereToo() throws IOException {
        Descriptor a = entry("a", "x");
        Descriptor b = entry("b", "y");
        try (FakeRegistry fake =
                        FakeRegistry.plain(
                                r ->
                                        r.target().contains("page=2")
                                                ? list(b)
                                                : list(a).with(
                                                                "Link: <"
                                                                        + r.path()
                                                                        + "?page=2>; rel=\"next\""));
                Registries registries = registries()) {
            assertEquals(List.of(a, b), app(registries, fake).referrers(SUBJECT, null));
            assertEquals(List.of(b), app(registries, fake).referrers(SUBJECT, "y"));
            assertEquals(1, fake.count("GET /v2/app/referrers/" + SUBJECT + "?artifactType=y"));
        }
    }

    @Test
    void aTagTakesTheListsPlace() throws IOException {
        Descriptor a = entry("a", "x");
        String tag = "/v2/app/manifests/sha256-" + SUBJECT.hex();
        try (FakeRegistry fake =
                        FakeRegistry.plain(r -> r.target().equals(tag) ? list(a) : status(404));
                Registries registries = registries()) {
            assertEquals(List.of(a), app(registries, fake).referrers(SUBJECT, null));
        }
        try (FakeRegistry fake = FakeRegistry.plain(r -> status(404));
                Registries registries = registries()) {
            assertEquals(List.of(), app(registries, fake).referrers(SUBJECT, null));
        }
        assertEquals(
                "sha512-" + "a".repeat(64), Referrers.tag(new Digest("sha512", "a".repeat(128))));
    }

    @Test
    void anErrorOrNonsenseIsNoEmptyList() throws IOException {
        for (FakeRegistry.Response response :
                List.of(
                        error(403, "DENIED", "no"),
                        json(200, "{\"manifests\":7}"),
                        json(200, "[]"),
                        json(200, "<html>"))) {
            try (FakeRegistry fake = FakeRegistry.plain(r -> response);
                    Registries registries = registries()) {
                refusal(
                        response.status() == 200 ? 0 : response.status(),
                        () -> app(registries, fake).referrers(SUBJECT, null));
            }
        }
    }

    @Test
    void whatRefersIsListedUnderTheTagWhereTheRegistryDoesNot() throws IOException {
        Map<String, byte[]> kept = new ConcurrentHashMap<>();
        FakeRegistry.Handler handler =
                r -> {
                    if (r.method().equals("PUT")) {
                        kept.put(r.path(), r.body());
                        return status(201);
                    }
                    byte[] body = kept.get(r.path());
                    return body == null
                            ? status(404)
                            : ok(body).with("Content-Type: " + MediaType.INDEX);
                };
        try (FakeRegistry fake = FakeRegistry.plain(handler);
                Registries registries = registries()) {
            for (String name : List.of("one", "two", "one")) {
                byte[] bytes = signature(name);
                app(registries, fake)
                        .putManifest(Digest.sha256(bytes).toString(), MediaType.MANIFEST, bytes);
            }
            List<Descriptor> found = app(registries, fake).referrers(SUBJECT, null);
            assertEquals(
                    List.of("one", "two"),
                    found.stream().map(d -> d.annotations().get("name")).toList());
            assertEquals("application/x.sig", found.getFirst().artifactType());
        }
    }

    @Test
    void aRegistryThatListsByItselfIsLeftToIt() throws IOException {
        try (FakeRegistry fake =
                        FakeRegistry.plain(r -> status(201).with("OCI-Subject: " + SUBJECT));
                Registries registries = registries()) {
            byte[] bytes = signature("one");
            app(registries, fake).putManifest("1", MediaType.MANIFEST, bytes);
            assertEquals(1, fake.requests().size());
            assertEquals(
                    MediaType.MANIFEST, fake.requests().getFirst().headers().get("content-type"));
        }
    }

    @Test
    void aPutThatTheRegistryUnderstoodOtherwiseIsRefused() throws IOException {
        try (FakeRegistry fake =
                        FakeRegistry.plain(
                                r ->
                                        status(201)
                                                .with(
                                                        "Docker-Content-Digest: "
                                                                + Digest.sha256(utf8("x"))));
                Registries registries = registries()) {
            assertTrue(
                    refusal(
                                    0,
                                    () ->
                                            app(registries, fake)
                                                    .putManifest("1", MediaType.MANIFEST, MANIFEST))
                            .contains("wrong digest"));
        }
    }
}
