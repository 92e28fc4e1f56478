package dev.carafe.engine.registry;

import dev.carafe.oci.OciException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** Credentials in the files of Docker and Podman. They are read when a registry asks for some. */
public final class CredentialFiles implements Credentials {
    private final List<Path> files;
    private final Map<String, String> environment;

    private CredentialFiles(List<Path> files, Map<String, String> environment) {
        this.files = files;
        this.environment = environment;
    }

    /**
     * Those of a user: the file that REGISTRY_AUTH_FILE names, Docker's config.json, Podman's
     * auth.json. The first that knows the registry counts.
     *
     * @param environment the variables that say where they are
     */
    public static Credentials of(Map<String, String> environment) {
        Places places = new Places(environment);
        List<Path> files = new ArrayList<>();
        Path named = places.namedAuthFile();
        if (named != null) {
            files.add(named);
        }
        files.add(places.dockerConfig());
        files.addAll(places.authFiles());
        return new CredentialFiles(files, environment);
    }

    @Override
    public Credential find(String host, String path) throws IOException {
        for (Path file : files) {
            Credential found = find(file, host, path);
            if (!(found instanceof Credential.Anonymous)) {
                return found;
            }
        }
        return new Credential.Anonymous();
    }

    private Credential find(Path file, String host, String path) throws IOException {
        byte[] bytes;
        try {
            bytes = Files.readAllBytes(file);
        } catch (NoSuchFileException e) {
            return new Credential.Anonymous();
        } catch (IOException e) {
            throw new RegistryException(file + ": can't be read", e);
        }
        try {
            DockerConfig config = DockerConfig.parse(file.toString(), bytes);
            String helper = config.helper(host);
            return helper == null
                    ? config.credential(host, path)
                    : new CredentialHelper(helper, environment).get(DockerConfig.key(host));
        } catch (OciException e) {
            throw new RegistryException(String.valueOf(e.getMessage()), e);
        }
    }
}
