package dev.carafe.it;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * A registry of this test alone: Debian's docker-registry as a child process, on a free port of
 * 127.0.0.1, with its data in a directory of the test's.
 */
final class Registry implements AutoCloseable {
    /** Who may do everything where credentials are asked for. */
    static final String USER = "carafe";

    static final String PASSWORD = "open sesame";

    /** The bcrypt of PASSWORD, the one kind that docker-registry reads. */
    private static final String HASH =
            "$2y$05$CarafeCarafeCarafeCaruX9NZrYTJk0NyVAeGjxcEbyPMpXj2/J.";

    private static final long LIMIT_SECONDS = 20;
    private static final String LISTENING = "listening on 127.0.0.1:";

    /** What a registry may ask of its clients. */
    enum Feature {
        /** HTTPS with a certificate of an authority of its own, {@link #ca}. */
        TLS,
        /** A user and a password with each request. */
        BASIC,
        /** Tokens of a {@link TokenServer}. */
        TOKEN
    }

    private final Process process;
    private final Path directory;
    private final int port;
    private final @Nullable TokenServer tokens;
    private final Thread atExit;

    private Registry(Process process, Path directory, int port, @Nullable TokenServer tokens) {
        this.process = process;
        this.directory = directory;
        this.port = port;
        this.tokens = tokens;
        this.atExit = new Thread(process::destroyForcibly);
        Runtime.getRuntime().addShutdownHook(atExit);
    }

    /** Starts one; without features, it speaks plain HTTP to everybody. */
    static Registry start(Path parent, Feature... features)
            throws IOException, InterruptedException {
        return start(parent, 0, features);
    }

    /**
     * Starts one on a given port; 0 for any. With the directory of one that was closed, it has what
     * that one had.
     */
    static Registry start(Path directory, int port, Feature... features)
            throws IOException, InterruptedException {
        assumeTrue(
                Files.isExecutable(Path.of("/usr/bin/docker-registry")),
                "docker-registry is not installed");
        Files.createDirectories(directory);
        Set<Feature> with = Set.of(features);
        if (with.contains(Feature.TLS)) {
            Certificates.make(directory);
        }
        TokenServer tokens = with.contains(Feature.TOKEN) ? TokenServer.start(directory) : null;
        Path config = directory.resolve("config.yml");
        Files.writeString(config, config(directory, port, with, tokens));
        Path log = directory.resolve("log");
        Process process =
                new ProcessBuilder("/usr/bin/docker-registry", "serve", config.toString())
                        .redirectErrorStream(true)
                        .redirectOutput(log.toFile())
                        .start();
        return new Registry(process, directory, await(process, log), tokens);
    }

    private static String config(
            Path directory, int port, Set<Feature> with, @Nullable TokenServer tokens)
            throws IOException {
        StringBuilder out = new StringBuilder();
        out.append("version: 0.1\nlog: {level: info, accesslog: {disabled: true}}\n");
        out.append("storage: {filesystem: {rootdirectory: ").append(directory.resolve("data"));
        out.append("}, delete: {enabled: true}, redirect: {disable: true}}\n");
        out.append("http:\n  addr: 127.0.0.1:").append(port).append('\n');
        if (with.contains(Feature.TLS)) {
            out.append("  tls: {certificate: ").append(directory.resolve("server.crt"));
            out.append(", key: ").append(directory.resolve("server.key")).append("}\n");
        }
        if (with.contains(Feature.BASIC)) {
            Path file = directory.resolve("htpasswd");
            Files.writeString(file, USER + ":" + HASH + "\n");
            out.append("auth: {htpasswd: {realm: test, path: ").append(file).append("}}\n");
        }
        if (tokens != null) {
            out.append("auth: {token: {realm: \"").append(tokens.realm());
            out.append("\", service: test, issuer: test, rootcertbundle: ");
            out.append(directory.resolve("tokens.crt")).append("}}\n");
        }
        return out.toString();
    }

    /** The port is in its log as soon as it listens. */
    private static int await(Process process, Path log) throws IOException, InterruptedException {
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(LIMIT_SECONDS);
        while (true) {
            String text = Files.readString(log, StandardCharsets.UTF_8);
            int at = text.indexOf(LISTENING);
            if (at >= 0) {
                int from = at + LISTENING.length();
                int to = from;
                while (to < text.length() && Character.isDigit(text.charAt(to))) {
                    to++;
                }
                if (to < text.length()) {
                    return Integer.parseInt(text.substring(from, to));
                }
            }
            if (!process.isAlive() || System.nanoTime() > end) {
                process.destroyForcibly();
                throw new IOException("docker-registry did not start:\n" + text);
            }
            Thread.sleep(20);
        }
    }

    /** The port on 127.0.0.1. */
    int port() {
        return port;
    }

    /** As names of images begin: "localhost:34567". */
    String host() {
        return "localhost:" + port;
    }

    /** The certificate of the authority that signed its own; only with TLS. */
    Path ca() {
        return directory.resolve("ca.crt");
    }

    /** Where it keeps blobs and manifests. */
    Path data() {
        return directory.resolve("data");
    }

    /** The token server; only with TOKEN. */
    TokenServer tokens() {
        if (tokens == null) {
            throw new IllegalStateException("this registry wants no tokens");
        }
        return tokens;
    }

    /**
     * Makes a directory of certificates, such as ~/.config/carafe/certs.d, in which this registry's
     * authority is believed for this registry.
     */
    void trustIn(Path certificates) throws IOException {
        for (String name : List.of(host(), "127.0.0.1:" + port)) {
            Path own = Files.createDirectories(certificates.resolve(name));
            Files.copy(ca(), own.resolve("ca.crt"));
        }
    }

    /** What it said so far. */
    String log() throws IOException {
        return Files.readString(directory.resolve("log"), StandardCharsets.UTF_8);
    }

    /** Ends it, with every connection; what it has on disk stays. */
    void stop() {
        process.destroy();
        try {
            if (!process.waitFor(5, TimeUnit.SECONDS)) {
                process.destroyForcibly().waitFor();
            }
        } catch (InterruptedException e) {
            process.destroyForcibly();
            Thread.currentThread().interrupt();
        }
    }

    @Override
    public void close() {
        stop();
        Runtime.getRuntime().removeShutdownHook(atExit);
        if (tokens != null) {
            tokens.close();
        }
    }
}
