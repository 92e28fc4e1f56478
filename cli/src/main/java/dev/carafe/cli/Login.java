package dev.carafe.cli;

import dev.carafe.engine.Foreground;
import dev.carafe.engine.registry.Credential;
import dev.carafe.engine.registry.CredentialStore;
import dev.carafe.engine.registry.Registries;
import dev.carafe.engine.registry.RegistryException;
import java.io.FileDescriptor;
import java.io.FileInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** {@code carafe login}: keeps what a registry knows its user by. */
final class Login {
    private static final int MAX_PASSWORD = 1 << 16;

    private Login() {}

    static Verb verb() {
        return new Verb(
                "login",
                "[OPTIONS] [REGISTRY]",
                "Log in to a registry",
                "Shows a user and a password to a registry, Docker Hub unless one is named, and keeps them where\n"
                        + "Docker does: ~/.docker/config.json, or the credential helper that it names.",
                Given.options(
                        Option.takes('u', "username", "NAME", "Name of the user"),
                        Option.takes(
                                'p',
                                "password",
                                "PASSWORD",
                                "Password; others can see it in the list of processes"),
                        Option.flag("password-stdin", "Read the password from standard input")),
                """
                carafe login registry.example.com
                carafe login -u ann --password-stdin localhost:5000 < password
                """);
    }

    static int run(String[] args, Console console) throws UsageException, IOException {
        Given given = Given.read(verb(), args, 0, 1, console);
        if (given == null) {
            return 0;
        }
        refuse(given, console);
        String host =
                Registries.host(given.arguments().isEmpty() ? "" : given.arguments().getFirst());
        CredentialStore store = CredentialStore.of(System.getenv());
        try (Registries registries = Registries.open()) {
            boolean asked = given.get("username") != null || given.get("password") != null;
            if (asked || !known(registries, host, store, console)) {
                Credential credential =
                        registries.login(host, ask(given, host, store.find(host), console));
                if (store.store(host, credential)) {
                    console.note(
                            "\nWARNING! Your credentials are stored unencrypted in '"
                                    + store.file()
                                    + "'.\nConfigure a credential helper there to keep them elsewhere.\n\n");
                }
            }
        }
        console.println("Login Succeeded");
        return 0;
    }

    private static void refuse(Given given, Console console) throws UsageException {
        boolean stdin = given.has("password-stdin");
        if (stdin && given.get("password") != null) {
            throw new UsageException("--password and --password-stdin are mutually exclusive");
        }
        if (stdin && given.get("username") == null) {
            throw new UsageException("must provide --username with --password-stdin");
        }
        if (given.get("password") != null) {
            console.note(
                    "WARNING! Using --password via the CLI is insecure. Use --password-stdin.\n");
        }
    }

    /** Whether what is kept is still good. */
    private static boolean known(
            Registries registries, String host, CredentialStore store, Console console)
            throws IOException {
        Credential kept = store.find(host);
        if (kept instanceof Credential.Anonymous) {
            return false;
        }
        console.note("Authenticating with existing credentials...\n");
        try {
            registries.login(host, kept);
            return true;
        } catch (RegistryException e) {
            if (e.status() != 401) {
                throw e;
            }
            console.note("Login did not succeed: " + e.getMessage() + "\n");
            return false;
        }
    }

    private static Credential ask(Given given, String host, Credential kept, Console console)
            throws IOException {
        String username = given.get("username");
        String password = given.has("password-stdin") ? standardInput() : given.get("password");
        if (username == null || password == null) {
            if (!Foreground.isTerminal(0) || !Foreground.isTerminal(1)) {
                throw new IOException(
                        "there is no terminal to ask for a password at; give --username and --password-stdin");
            }
            java.io.Console terminal = Objects.requireNonNull(System.console());
            username = username == null ? username(terminal, host, kept) : username;
            password = password == null ? password(terminal) : password;
        }
        if (username.isEmpty() || password.isEmpty()) {
            throw new IOException((username.isEmpty() ? "username" : "password") + " is empty");
        }
        return new Credential.Password(username, password);
    }

    private static String username(java.io.Console terminal, String host, Credential kept) {
        String before = kept instanceof Credential.Password old ? old.username() : "";
        String question = "Username at " + host + (before.isEmpty() ? ": " : " (" + before + "): ");
        String typed = terminal.readLine("%s", question);
        return typed == null || typed.isBlank() ? before : typed.strip();
    }

    /** The terminal does not show it. */
    private static String password(java.io.Console terminal) {
        char @Nullable [] typed = terminal.readPassword("%s", "Password: ");
        return typed == null ? "" : new String(typed);
    }

    private static String standardInput() throws IOException {
        try (InputStream in = new FileInputStream(FileDescriptor.in)) {
            byte[] bytes = in.readNBytes(MAX_PASSWORD);
            return new String(bytes, StandardCharsets.UTF_8).replaceAll("[\r\n]+$", "");
        }
    }
}
