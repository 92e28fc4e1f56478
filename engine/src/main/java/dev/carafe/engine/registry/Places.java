package dev.carafe.engine.registry;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Where a user's and the host's files about registries lie. */
record Places(Map<String, String> environment) {
    /** registries.json, the host's before the user's. */
    List<Path> registryFiles() {
        return List.of(
                Path.of("/etc/carafe/registries.json"), config().resolve("carafe/registries.json"));
    }

    /** Directories of certificates, the user's first. */
    List<Path> certificates() {
        return List.of(
                config().resolve("carafe/certs.d"),
                Path.of("/etc/carafe/certs.d"),
                Path.of("/etc/docker/certs.d"));
    }

    /** Docker's file of credentials, which login writes too. */
    Path dockerConfig() {
        Path directory = path("DOCKER_CONFIG");
        return (directory == null ? home().resolve(".docker") : directory).resolve("config.json");
    }

    /** Podman's file, where it is named: it goes before Docker's. */
    @Nullable Path namedAuthFile() {
        return path("REGISTRY_AUTH_FILE");
    }

    /** Podman's files that go after Docker's. */
    List<Path> authFiles() {
        List<Path> files = new ArrayList<>();
        Path run = path("XDG_RUNTIME_DIR");
        if (run != null) {
            files.add(run.resolve("containers/auth.json"));
        }
        files.add(config().resolve("containers/auth.json"));
        return files;
    }

    private Path config() {
        Path named = path("XDG_CONFIG_HOME");
        return named == null ? home().resolve(".config") : named;
    }

    private Path home() {
        Path named = path("HOME");
        return named == null ? Path.of(System.getProperty("user.home")) : named;
    }

    private @Nullable Path path(String variable) {
        String value = environment.get(variable);
        return value == null || value.isEmpty() ? null : Path.of(value).toAbsolutePath();
    }
}
