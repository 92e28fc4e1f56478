package dev.carafe.cli;

import dev.carafe.engine.registry.CredentialStore;
import dev.carafe.engine.registry.Registries;
import java.io.IOException;

/** {@code carafe logout}: forgets what a registry knows its user by. */
final class Logout {
    private Logout() {}

    static Verb verb() {
        return new Verb(
                "logout",
                "[REGISTRY]",
                "Log out from a registry",
                "Removes what login keeps for a registry, Docker Hub unless one is named. The registry itself is\n"
                        + "not asked.",
                Given.options(),
                "carafe logout registry.example.com\n");
    }

    static int run(String[] args, Console console) throws UsageException, IOException {
        Given given = Given.read(verb(), args, 0, 1, console);
        if (given == null) {
            return 0;
        }
        String host =
                Registries.host(given.arguments().isEmpty() ? "" : given.arguments().getFirst());
        if (CredentialStore.of(System.getenv()).erase(host)) {
            console.println("Removing login credentials for " + host);
        } else {
            console.println("Not logged in to " + host);
        }
        return 0;
    }
}
