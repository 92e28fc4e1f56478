package dev.carafe.engine.registry;

import java.nio.charset.StandardCharsets;
import java.util.Base64;

/** What proves to a registry, or to its token server, who asks. */
public sealed interface Credential {
    /** Nothing: what everybody may do. */
    record Anonymous() implements Credential {}

    /** A name and its password. */
    record Password(String username, String password) implements Credential {
        /** For the Authorization header (RFC 7617). */
        String basic() {
            byte[] pair = (username + ":" + password).getBytes(StandardCharsets.UTF_8);
            return "Basic " + Base64.getEncoder().encodeToString(pair);
        }

        @Override
        public String toString() {
            return "Password[" + username + "]";
        }
    }

    /** A refresh token, which the token server alone gets. */
    record Identity(String username, String token) implements Credential {
        @Override
        public String toString() {
            return "Identity[" + username + "]";
        }
    }

    /** A token for the registry itself. */
    record Bearer(String token) implements Credential {
        @Override
        public String toString() {
            return "Bearer[]";
        }
    }
}
