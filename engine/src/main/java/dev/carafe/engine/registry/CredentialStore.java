package dev.carafe.engine.registry;

import dev.carafe.oci.OciException;
import dev.carafe.oci.json.JsonObject;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Where login keeps credentials: Docker's config.json, or the helper that it names. What others
 * wrote into the file stays as it was.
 */
public final class CredentialStore {
    private static final FileAttribute<?> PRIVATE_FILE =
            PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------"));
    private static final FileAttribute<?> PRIVATE_DIRECTORY =
            PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------"));

    private final Path file;
    private final Map<String, String> environment;

    private CredentialStore(Path file, Map<String, String> environment) {
        this.file = file;
        this.environment = environment;
    }

    /** The store of a user, found as Docker finds it: DOCKER_CONFIG, then HOME. */
    public static CredentialStore of(Map<String, String> environment) {
        return new CredentialStore(new Places(environment).dockerConfig(), environment);
    }

    /** The file. */
    public Path file() {
        return file;
    }

    /** What is kept for a registry; anonymous when there is nothing. */
    public Credential find(String host) throws IOException {
        return convert(
                () -> {
                    DockerConfig config = read();
                    String helper = config.helper(host);
                    return helper == null
                            ? config.credential(host, "")
                            : helper(helper).get(DockerConfig.key(host));
                });
    }

    /**
     * Keeps a credential.
     *
     * @return whether it is in the file, where everybody who can read that can read it
     */
    public boolean store(String host, Credential credential) throws IOException {
        return convert(
                () -> {
                    DockerConfig config = read();
                    String helper = config.helper(host);
                    if (helper != null) {
                        keep(helper(helper), host, credential);
                    }
                    JsonObject entry =
                            helper == null ? entry(credential) : JsonObject.builder().build();
                    write(config.with(host, entry));
                    return helper == null;
                });
    }

    private static void keep(CredentialHelper helper, String host, Credential credential)
            throws IOException {
        String server = DockerConfig.key(host);
        switch (credential) {
            case Credential.Password p -> helper.store(server, p.username(), p.password());
            case Credential.Identity i -> helper.store(server, "<token>", i.token());
            case Credential.Bearer b -> throw new IllegalArgumentException("not from a login");
            case Credential.Anonymous a -> throw new IllegalArgumentException("nothing to keep");
        }
    }

    private static JsonObject entry(Credential credential) {
        return switch (credential) {
            case Credential.Password password -> DockerConfig.entry(password);
            case Credential.Identity identity -> DockerConfig.entry(identity);
            case Credential.Bearer b -> throw new IllegalArgumentException("not from a login");
            case Credential.Anonymous a -> throw new IllegalArgumentException("nothing to keep");
        };
    }

    /**
     * Forgets a registry's credential.
     *
     * @return false when there was none
     */
    public boolean erase(String host) throws IOException {
        return convert(
                () -> {
                    DockerConfig config = read();
                    String helper = config.helper(host);
                    boolean known = config.knows(host);
                    if (helper != null) {
                        CredentialHelper keeper = helper(helper);
                        String server = DockerConfig.key(host);
                        if (!(keeper.get(server) instanceof Credential.Anonymous)) {
                            known = true;
                            keeper.erase(server);
                        }
                    }
                    if (config.knows(host)) {
                        write(config.with(host, null));
                    }
                    return known;
                });
    }

    private CredentialHelper helper(String name) throws RegistryException {
        return new CredentialHelper(name, environment);
    }

    private DockerConfig read() throws IOException {
        byte[] bytes;
        try {
            bytes = Files.readAllBytes(file);
        } catch (NoSuchFileException e) {
            bytes = new byte[0];
        }
        return DockerConfig.parse(file.toString(), bytes);
    }

    /** All of it or nothing, readable for its owner alone; a link to the file stays a link. */
    private void write(JsonObject document) throws IOException {
        Path target = file;
        if (Files.exists(file)) {
            target = file.toRealPath();
        } else {
            directory(file.getParent());
        }
        Path temporary = target.resolveSibling(".config.json." + ProcessHandle.current().pid());
        Files.deleteIfExists(temporary);
        byte[] text = (document.pretty() + "\n").getBytes(StandardCharsets.UTF_8);
        try (FileChannel out =
                FileChannel.open(
                        temporary,
                        Set.of(StandardOpenOption.WRITE, StandardOpenOption.CREATE_NEW),
                        PRIVATE_FILE)) {
            ByteBuffer bytes = ByteBuffer.wrap(text);
            while (bytes.hasRemaining()) {
                out.write(bytes);
            }
            out.force(true);
            Files.move(temporary, target, StandardCopyOption.ATOMIC_MOVE);
        } catch (IOException e) {
            Files.deleteIfExists(temporary);
            throw e;
        }
    }

    private static void directory(@Nullable Path directory) throws IOException {
        if (directory == null || Files.isDirectory(directory)) {
            return;
        }
        directory(directory.getParent());
        try {
            Files.createDirectory(directory, PRIVATE_DIRECTORY);
        } catch (FileAlreadyExistsException e) {
            // another one was faster
        }
    }

    /** Something that reads a document. */
    private interface Work<T> {
        T run() throws IOException;
    }

    private static <T> T convert(Work<T> work) throws IOException {
        try {
            return work.run();
        } catch (OciException e) {
            throw new RegistryException(String.valueOf(e.getMessage()), e);
        }
    }
}
