package dev.carafe.engine.registry;

import static dev.carafe.engine.registry.FakeRegistry.error;
import static dev.carafe.engine.registry.FakeRegistry.status;
import static dev.carafe.engine.registry.Given.ANN;
import static dev.carafe.engine.registry.Given.app;
import static dev.carafe.engine.registry.Given.blob;
import static dev.carafe.engine.registry.Given.refusal;
import static dev.carafe.engine.registry.Given.registries;
import static dev.carafe.engine.registry.Given.utf8;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.carafe.oci.image.Digest;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class UploadTest {
    private static final byte[] BYTES = utf8("0123456789abcdefghij");
    private static final RegistryConfig NONE = RegistryConfig.none();

    @TempDir Path directory;

    /** A registry that takes what comes in the right order, and can fail at a request. */
    private static final class Session implements FakeRegistry.Handler {
        final ByteArrayOutputStream got = new ByteArrayOutputStream();
        final String location;
        int failAt = -1;
        int keep;
        int count;
        boolean done;
        String minimum = "";

        Session(String location) {
            this.location = location;
        }

        private FakeRegistry.Response taken(int status) {
            String range = "Range: 0-" + Math.max(0, got.size() - 1);
            return status(status).with("Location: " + location + count).with(range);
        }

        @Override
        public synchronized FakeRegistry.Response answer(FakeRegistry.Request r)
                throws IOException {
            return switch (r.method()) {
                case "POST" -> begin();
                case "GET" -> taken(204);
                case "PATCH", "PUT" -> take(r);
                default -> status(404);
            };
        }

        private FakeRegistry.Response begin() {
            got.reset();
            FakeRegistry.Response response = taken(202);
            return minimum.isEmpty() ? response : response.with("OCI-Chunk-Min-Length: " + minimum);
        }

        private FakeRegistry.Response take(FakeRegistry.Request r) throws IOException {
            if (count++ == failAt) {
                got.write(r.body(), 0, Math.min(keep, r.body().length));
                throw new IOException("cut");
            }
            String range = r.headers().get("content-range");
            if (range != null && !range.startsWith(got.size() + "-")) {
                return status(416);
            }
            got.write(r.body());
            done |= r.method().equals("PUT");
            return r.method().equals("PUT") ? status(201) : taken(202);
        }
    }

    private static void upload(Session session, long chunk, String... requests) throws IOException {
        try (FakeRegistry fake = FakeRegistry.plain(session);
                Registries registries = registries()) {
            AtomicLong sent = new AtomicLong();
            app(registries, fake).upload(blob(BYTES), Content.of(BYTES), chunk, sent::set);
            assertArrayEquals(BYTES, session.got.toByteArray());
            assertTrue(session.done);
            assertEquals(BYTES.length, sent.get());
            String digest = "digest=" + Digest.sha256(BYTES).toString().replace(":", "%3A");
            assertTrue(fake.requests().getLast().target().endsWith(digest));
            assertEquals(
                    List.of(requests),
                    fake.requests().stream().map(r -> r.method() + " " + r.body().length).toList());
        }
    }

    @Test
    void allAtOnce() throws IOException {
        upload(new Session("/upload/"), 0, "POST 0", "PUT 20");
        upload(new Session("/upload?state=a&n="), 0, "POST 0", "PUT 20");
    }

    @Test
    void inChunks() throws IOException {
        upload(new Session("/upload/"), 8, "POST 0", "PATCH 8", "PATCH 8", "PATCH 4", "PUT 0");
    }

    @Test
    void inChunksThatTheRegistryWantsBigger() throws IOException {
        Session session = new Session("/upload/");
        session.minimum = "12";
        upload(session, 8, "POST 0", "PATCH 12", "PATCH 8", "PUT 0");
    }

    @Test
    void aLostConnectionIsGoneOnFromWhereTheRegistryIs() throws IOException {
        Session session = new Session("/upload/");
        session.failAt = 0;
        session.keep = 13;
        upload(session, 0, "POST 0", "PUT 20", "GET 0", "PATCH 7", "PUT 0");

        session = new Session("/upload/");
        session.failAt = 1;
        session.keep = 3;
        upload(session, 8, "POST 0", "PATCH 8", "PATCH 8", "GET 0", "PATCH 8", "PATCH 1", "PUT 0");
    }

    @Test
    void aLostConnectionOfWhichNothingArrivedIsBegunAgain() throws IOException {
        Session session = new Session("/upload/");
        session.failAt = 0;
        upload(session, 0, "POST 0", "PUT 20", "GET 0", "PUT 20");
    }

    @Test
    void anUploadThatTheRegistryForgotBeginsAnew() throws IOException {
        Session session = new Session("/upload/");
        AtomicLong lost = new AtomicLong();
        FakeRegistry.Handler forgets =
                r ->
                        r.method().equals("PATCH") && lost.getAndIncrement() == 1
                                        || r.method().equals("GET")
                                ? error(404, "BLOB_UPLOAD_UNKNOWN", "gone")
                                : session.answer(r);
        try (FakeRegistry fake = FakeRegistry.plain(forgets);
                Registries registries = registries()) {
            app(registries, fake).upload(blob(BYTES), Content.of(BYTES), 8, sent -> {});
            assertArrayEquals(BYTES, session.got.toByteArray());
            assertEquals(2, fake.count("POST"));
        }
    }

    @Test
    void aRefusalEndsItAndIsClearedUp() throws IOException {
        FakeRegistry.Handler refuses =
                r ->
                        switch (r.method()) {
                            case "POST" -> status(202).with("Location: /upload");
                            case "PUT" -> error(400, "DIGEST_INVALID", "not that");
                            default -> status(204);
                        };
        try (FakeRegistry fake = FakeRegistry.plain(refuses);
                Registries registries = registries()) {
            String message =
                    refusal(
                            400,
                            () ->
                                    app(registries, fake)
                                            .upload(blob(BYTES), Content.of(BYTES), 0, sent -> {}));
            assertTrue(message.contains("DIGEST_INVALID: not that"), message);
            assertEquals(1, fake.count("PUT"));
            assertEquals(1, fake.count("DELETE /upload"));
        }
    }

    @Test
    void tryingHasAnEnd() throws IOException {
        FakeRegistry.Handler dies =
                r -> {
                    if (r.method().equals("PUT")) {
                        throw new IOException("cut");
                    }
                    return status(r.method().equals("POST") ? 202 : 204)
                            .with("Location: /upload")
                            .with("Range: 0-0");
                };
        try (FakeRegistry fake = FakeRegistry.plain(dies);
                Registries registries = registries()) {
            refusal(
                    0,
                    () ->
                            app(registries, fake)
                                    .upload(blob(BYTES), Content.of(BYTES), 0, sent -> {}));
            assertTrue(fake.count("PUT") <= 6, () -> fake.requests().toString());
        }
    }

    @Test
    void credentialsDoNotGoWithBytesToAnotherHost() throws IOException {
        Session session = new Session("/store/");
        try (FakeRegistry storage = FakeRegistry.plain(session);
                FakeRegistry fake =
                        FakeRegistry.plain(
                                r ->
                                        r.authorization().isEmpty()
                                                ? status(401)
                                                        .with("WWW-Authenticate: Basic realm=\"r\"")
                                                : status(202)
                                                        .with(
                                                                "Location: "
                                                                        + storage.url()
                                                                        + "/store/x"));
                Registries registries = registries(NONE, ANN)) {
            app(registries, fake).upload(blob(BYTES), Content.of(BYTES), 8, sent -> {});
            assertArrayEquals(BYTES, session.got.toByteArray());
            assertFalse(storage.requests().isEmpty());
            for (FakeRegistry.Request request : storage.requests()) {
                assertEquals("", request.authorization());
            }
        }
    }

    @Test
    void bytesAreNotSentToAnAddressWithoutHttps() throws IOException {
        try (FakeRegistry fake =
                        FakeRegistry.plain(
                                r -> status(202).with("Location: http://192.0.2.1/store"));
                Registries registries = registries()) {
            assertTrue(
                    refusal(
                                    0,
                                    () ->
                                            app(registries, fake)
                                                    .upload(
                                                            blob(BYTES),
                                                            Content.of(BYTES),
                                                            0,
                                                            sent -> {}))
                            .contains("not HTTPS"));
        }
    }

    @Test
    void aFileIsReadAsItIsSent() throws IOException {
        Path file = directory.resolve("blob");
        Files.write(file, BYTES);
        Session session = new Session("/upload/");
        try (FakeRegistry fake = FakeRegistry.plain(session);
                Registries registries = registries()) {
            app(registries, fake).upload(blob(BYTES), file, sent -> {});
            assertArrayEquals(BYTES, session.got.toByteArray());
            Files.write(file, utf8("short"));
            assertTrue(
                    refusal(0, () -> app(registries, fake).upload(blob(BYTES), file, sent -> {}))
                            .contains("has 5 bytes, its descriptor says 20"));
        }
    }

    @Test
    void aMountIsTakenOrNot() throws IOException {
        for (int answer : new int[] {201, 202, 405}) {
            try (FakeRegistry fake =
                            FakeRegistry.plain(
                                    r ->
                                            r.method().equals("POST")
                                                    ? status(answer).with("Location: /upload")
                                                    : status(204));
                    Registries registries = registries()) {
                assertEquals(
                        answer == 201,
                        app(registries, fake).mount(Digest.sha256(BYTES), "other/app"));
                assertTrue(fake.requests().getFirst().target().contains("&from=other/app"));
                assertEquals(answer == 202 ? 1 : 0, fake.count("DELETE /upload"));
            }
        }
    }
}
