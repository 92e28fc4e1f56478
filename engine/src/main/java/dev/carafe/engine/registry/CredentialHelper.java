package dev.carafe.engine.registry;

import dev.carafe.oci.OciException;
import dev.carafe.oci.json.Fields;
import dev.carafe.oci.json.JsonObject;
import java.io.IOException;
import java.io.InputStream;
import java.io.InterruptedIOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

/**
 * A program that keeps credentials: docker-credential-NAME, with one action as its argument, and
 * JSON on its standard streams (docker/docker-credential-helpers).
 */
final class CredentialHelper {
    /** The user may have to unlock a key ring. */
    private static final long LIMIT_SECONDS = 120;

    private static final int MAX_OUTPUT = 256 << 10;

    private final String program;
    private final Map<String, String> environment;

    /**
     * A helper by its name.
     *
     * @throws RegistryException when the name could be a path, or an option
     */
    CredentialHelper(String name, Map<String, String> environment) throws RegistryException {
        if (!name.matches("[A-Za-z0-9_][A-Za-z0-9._-]{0,63}")) {
            throw new RegistryException(
                    "config.json: not the name of a credential helper: " + Printable.quote(name));
        }
        this.program = "docker-credential-" + name;
        this.environment = environment;
    }

    /** What it has for a server; anonymous when it has nothing. */
    Credential get(String server) throws IOException {
        Output output = run("get", server.getBytes(StandardCharsets.UTF_8));
        if (output.status != 0) {
            if (output.text().toLowerCase(Locale.ROOT).contains("credentials not found")) {
                return new Credential.Anonymous();
            }
            throw failed("get", output);
        }
        try {
            Fields f = Fields.parse(program, output.bytes);
            String username = f.string("Username");
            String secret = f.needString("Secret");
            String name = username == null ? "" : username;
            return name.equals("<token>")
                    ? new Credential.Identity(name, secret)
                    : name.isEmpty() && secret.isEmpty()
                            ? new Credential.Anonymous()
                            : new Credential.Password(name, secret);
        } catch (OciException e) {
            throw new RegistryException(String.valueOf(e.getMessage()), e);
        }
    }

    /** Gives it something to keep. */
    void store(String server, String username, String secret) throws IOException {
        JsonObject object =
                JsonObject.builder()
                        .put("ServerURL", server)
                        .put("Username", username)
                        .put("Secret", secret)
                        .build();
        Output output = run("store", object.bytes());
        if (output.status != 0) {
            throw failed("store", output);
        }
    }

    /** Makes it forget. */
    void erase(String server) throws IOException {
        Output output = run("erase", server.getBytes(StandardCharsets.UTF_8));
        boolean nothing = output.text().toLowerCase(Locale.ROOT).contains("not found");
        if (output.status != 0 && !nothing) {
            throw failed("erase", output);
        }
    }

    private RegistryException failed(String action, Output output) {
        return new RegistryException(
                program + " " + action + " failed: " + Printable.of(output.text(), 200));
    }

    @SuppressWarnings("ArrayRecordComponent") // never compared
    private record Output(int status, byte[] bytes) {
        String text() {
            return new String(bytes, StandardCharsets.UTF_8);
        }
    }

    /** What it says to its user goes to our standard error, as far as it asks there. */
    private Output run(String action, byte[] input) throws IOException {
        ProcessBuilder builder = new ProcessBuilder(find(), action);
        builder.redirectError(ProcessBuilder.Redirect.INHERIT);
        Process process;
        try {
            process = builder.start();
        } catch (IOException e) {
            throw new RegistryException(
                    program + ": can't be run, though config.json names it for this registry", e);
        }
        CompletableFuture<?> alarm =
                CompletableFuture.runAsync(
                        process::destroyForcibly,
                        CompletableFuture.delayedExecutor(LIMIT_SECONDS, TimeUnit.SECONDS));
        try (InputStream out = process.getInputStream()) {
            try (OutputStream in = process.getOutputStream()) {
                in.write(input);
            } catch (IOException e) {
                // it ended without reading, which its status tells about
            }
            byte[] bytes = out.readNBytes(MAX_OUTPUT);
            out.transferTo(OutputStream.nullOutputStream());
            return new Output(process.waitFor(), bytes);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new InterruptedIOException("interrupted");
        } finally {
            alarm.cancel(true);
            process.destroyForcibly();
        }
    }

    /** By the PATH that was given, so that tests can have one of their own. */
    private String find() {
        for (String directory : environment.getOrDefault("PATH", "").split(":", -1)) {
            Path file = Path.of(directory, program);
            if (directory.startsWith("/") && Files.isExecutable(file)) {
                return file.toString();
            }
        }
        return program;
    }
}
