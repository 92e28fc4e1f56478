package dev.carafe.engine.registry;

import dev.carafe.oci.OciException;
import dev.carafe.oci.json.Fields;
import dev.carafe.oci.json.Json;
import dev.carafe.oci.json.JsonObject;
import dev.carafe.oci.json.JsonString;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Docker's config.json, or Podman's auth.json, as far as it is about credentials. The document is
 * kept as it was: what others wrote into it stays.
 */
final class DockerConfig {
    private static final String HUB = "https://index.docker.io/v1/";

    private final Fields fields;
    private final JsonObject document;

    private DockerConfig(Fields fields) {
        this.fields = fields;
        this.document = fields.object();
    }

    /**
     * Reads one.
     *
     * @throws OciException when it is no JSON object
     */
    static DockerConfig parse(String where, byte[] utf8) {
        return new DockerConfig(
                Fields.parse(where, utf8.length == 0 ? new byte[] {'{', '}'} : utf8));
    }

    /** How Docker calls a registry in its file, and to its helpers. */
    static String key(String host) {
        return Endpoint.isDockerHub(host) ? HUB : host;
    }

    /** The helper that keeps a registry's credentials; null when they are in the file. */
    @Nullable String helper(String host) {
        for (Map.Entry<String, String> one : fields.stringMap("credHelpers").entrySet()) {
            if (isFor(one.getKey(), host)) {
                return one.getValue();
            }
        }
        String store = fields.string("credsStore");
        return store == null || store.isEmpty() ? null : store;
    }

    /** What the file itself has for a repository: the longest key that fits counts. */
    Credential credential(String host, String path) {
        Fields auths = fields.child("auths");
        if (auths == null) {
            return new Credential.Anonymous();
        }
        for (String at = path;
                !at.isEmpty();
                at = at.substring(0, Math.max(0, at.lastIndexOf('/')))) {
            Fields entry = auths.child(host + "/" + at);
            if (entry != null) {
                return read(entry);
            }
        }
        for (String key : auths.object().members().keySet()) {
            Fields entry = isFor(key, host) ? auths.child(key) : null;
            if (entry != null && !(read(entry) instanceof Credential.Anonymous)) {
                return read(entry);
            }
        }
        return new Credential.Anonymous();
    }

    /** Whether a key is of that registry: with or without a scheme and what older clients added. */
    static boolean isFor(String key, String host) {
        String name = key;
        if (name.startsWith("https://")) {
            name = name.substring(8);
        } else if (name.startsWith("http://")) {
            name = name.substring(7);
        }
        boolean schemed = name.length() < key.length();
        int slash = name.indexOf('/');
        if (slash >= 0) {
            String rest = name.substring(slash);
            if (!schemed && !rest.matches("/(v[12]/?)?")) {
                return false; // Podman's key for a part of a registry
            }
            name = name.substring(0, slash);
        }
        if (Endpoint.isDockerHub(host)) {
            return name.equals("docker.io")
                    || name.equals("index.docker.io")
                    || name.equals("registry-1.docker.io");
        }
        return name.equalsIgnoreCase(host);
    }

    private static Credential read(Fields entry) {
        String bearer = text(entry, "registrytoken");
        if (!bearer.isEmpty()) {
            return new Credential.Bearer(bearer);
        }
        String username = text(entry, "username");
        String password = text(entry, "password");
        String auth = text(entry, "auth");
        if (!auth.isEmpty()) {
            String pair = decode(entry, auth);
            int colon = pair.indexOf(':');
            if (colon < 0) {
                throw entry.wrong("auth", "is not a user and a password");
            }
            username = pair.substring(0, colon);
            password = pair.substring(colon + 1);
        }
        String identity = text(entry, "identitytoken");
        if (!identity.isEmpty()) {
            return new Credential.Identity(username, identity);
        }
        return username.isEmpty()
                ? new Credential.Anonymous()
                : new Credential.Password(username, password);
    }

    private static String text(Fields entry, String name) {
        String text = entry.string(name);
        return text == null ? "" : text;
    }

    private static String decode(Fields entry, String auth) {
        try {
            byte[] pair = Base64.getDecoder().decode(auth.strip());
            // Docker pads with zeros that it strips again
            return new String(pair, StandardCharsets.UTF_8).replaceAll("\0+$", "");
        } catch (IllegalArgumentException e) {
            throw entry.wrong("auth", "is not Base64");
        }
    }

    /** The document with a registry's entry as given; null takes out every one that is of it. */
    JsonObject with(String host, @Nullable JsonObject entry) {
        Map<String, Json> auths = new LinkedHashMap<>();
        Fields old = fields.child("auths");
        if (old != null) {
            auths.putAll(old.object().members());
        }
        auths.keySet().removeIf(key -> isFor(key, host));
        if (entry != null) {
            auths.put(key(host), entry);
        }
        Map<String, Json> all = new LinkedHashMap<>(document.members());
        all.put("auths", new JsonObject(auths));
        return new JsonObject(all);
    }

    /** Whether anything is kept of that registry. */
    boolean knows(String host) {
        Fields auths = fields.child("auths");
        return auths != null
                && auths.object().members().keySet().stream().anyMatch(key -> isFor(key, host));
    }

    /** A password as the file has it. */
    static JsonObject entry(Credential.Password password) {
        String pair = password.username() + ":" + password.password();
        return auth(pair).build();
    }

    /** An identity token as the file has it. */
    static JsonObject entry(Credential.Identity identity) {
        return auth(identity.username() + ":")
                .put("identitytoken", new JsonString(identity.token()))
                .build();
    }

    private static JsonObject.Builder auth(String pair) {
        byte[] bytes = pair.getBytes(StandardCharsets.UTF_8);
        return JsonObject.builder().put("auth", Base64.getEncoder().encodeToString(bytes));
    }
}
