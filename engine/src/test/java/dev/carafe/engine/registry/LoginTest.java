package dev.carafe.engine.registry;

import static dev.carafe.engine.registry.FakeRegistry.json;
import static dev.carafe.engine.registry.FakeRegistry.status;
import static dev.carafe.engine.registry.Given.ANN_BASIC;
import static dev.carafe.engine.registry.Given.refusal;
import static dev.carafe.engine.registry.Given.registries;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.util.List;
import org.junit.jupiter.api.Test;

class LoginTest {
    private static final Credential ANN = new Credential.Password("ann", "s3cret");

    @Test
    void aPasswordIsShownToTheRegistry() throws IOException {
        try (FakeRegistry fake =
                        FakeRegistry.plain(
                                r ->
                                        r.authorization().equals(ANN_BASIC)
                                                ? status(200)
                                                : status(401)
                                                        .with(
                                                                "WWW-Authenticate: Basic realm=\"r\""));
                Registries registries = registries()) {
            assertEquals(ANN, registries.login(fake.host(), ANN));
            assertEquals(2, fake.count("GET /v2/"));
            String message =
                    refusal(
                            401,
                            () ->
                                    registries.login(
                                            fake.host(), new Credential.Password("ann", "x")));
            assertEquals(fake.host() + ": wrong user or password (401)", message);
        }
    }

    @Test
    void aTokenServersRefreshTokenIsKeptInPlaceOfThePassword() throws IOException {
        try (FakeRegistry tokens =
                        FakeRegistry.plain(
                                r ->
                                        r.authorization().equals(ANN_BASIC)
                                                ? json(
                                                        200,
                                                        r.target().contains("offline_token=true")
                                                                ? "{\"token\":\"t\",\"refresh_token\":\"r\"}"
                                                                : "{\"token\":\"t\"}")
                                                : json(401, "{}"));
                FakeRegistry fake =
                        FakeRegistry.plain(
                                r ->
                                        r.authorization().equals("Bearer t")
                                                ? status(200)
                                                : status(401)
                                                        .with(
                                                                "WWW-Authenticate: Bearer realm=\""
                                                                        + tokens.url()
                                                                        + "\",service=s"));
                Registries registries = registries()) {
            assertEquals(new Credential.Identity("ann", "r"), registries.login(fake.host(), ANN));
        }
    }

    @Test
    void whatIsNoRegistryIsSaidSo() throws IOException {
        try (FakeRegistry fake = FakeRegistry.plain(r -> status(404));
                Registries registries = registries()) {
            assertTrue(
                    refusal(404, () -> registries.login(fake.host(), ANN))
                            .contains("no registry answers there"));
        }
    }

    @Test
    void aSearchGoesByTheOldApiOrTheCatalogue() throws IOException {
        try (FakeRegistry fake =
                        FakeRegistry.plain(
                                r ->
                                        json(
                                                200,
                                                "{\"results\":[{\"name\":\"a/deb\",\"description\":\"x\\u001b\",\"star_count\":3,"
                                                        + "\"is_official\":true},{\"name\":\"b\"}]}"));
                Registries registries = registries()) {
            assertEquals(
                    List.of(
                            new SearchResult(fake.host() + "/a/deb", "x", 3, true),
                            new SearchResult(fake.host() + "/b", "", 0, false)),
                    registries.search(fake.host(), "de b", 25));
            assertEquals("/v1/search?q=de+b&n=25", fake.requests().getFirst().target());
        }
        try (FakeRegistry fake =
                        FakeRegistry.plain(
                                r ->
                                        r.path().equals("/v2/_catalog")
                                                ? json(
                                                        200,
                                                        "{\"repositories\":[\"a/deb\",\"b\",\"deb\",\"debian\"]}")
                                                : status(404));
                Registries registries = registries()) {
            assertEquals(
                    List.of(fake.host() + "/a/deb", fake.host() + "/deb"),
                    registries.search(fake.host(), "DEB", 2).stream()
                            .map(SearchResult::name)
                            .toList());
        }
        try (FakeRegistry fake = FakeRegistry.plain(r -> status(404));
                Registries registries = registries()) {
            assertEquals(
                    fake.host() + ": the registry has no search and no catalogue",
                    refusal(404, () -> registries.search(fake.host(), "deb", 2)));
        }
    }
}
