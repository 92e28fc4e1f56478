package dev.carafe.it;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Certificates of two days, made by OpenSSL. */
final class Certificates {
    private Certificates() {}

    /** Makes ca.crt and ca.key, and signed by it, server.crt and server.key for this machine. */
    static void make(Path directory) throws IOException, InterruptedException {
        authority(directory, "ca");
        openssl(
                directory,
                "-CA",
                "ca.crt",
                "-CAkey",
                "ca.key",
                "-keyout",
                "server.key",
                "-out",
                "server.crt",
                "-subj",
                "/CN=localhost",
                "-addext",
                "subjectAltName=DNS:localhost,IP:127.0.0.1",
                "-addext",
                "basicConstraints=critical,CA:FALSE");
    }

    /** Makes NAME.crt, which signs itself, and NAME.key. */
    static void authority(Path directory, String name) throws IOException, InterruptedException {
        openssl(
                directory,
                "-keyout",
                name + ".key",
                "-out",
                name + ".crt",
                "-subj",
                "/CN=Test " + name);
    }

    private static void openssl(Path directory, String... options)
            throws IOException, InterruptedException {
        assumeTrue(Files.isExecutable(Path.of("/usr/bin/openssl")), "openssl is not installed");
        List<String> command =
                new ArrayList<>(
                        List.of(
                                "/usr/bin/openssl",
                                "req",
                                "-x509",
                                "-newkey",
                                "rsa:2048",
                                "-nodes",
                                "-days",
                                "2"));
        command.addAll(List.of(options));
        Path log = directory.resolve("openssl.log");
        Process process =
                new ProcessBuilder(command)
                        .directory(directory.toFile())
                        .redirectErrorStream(true)
                        .redirectOutput(log.toFile())
                        .start();
        if (process.waitFor() != 0) {
            throw new IOException("openssl failed:\n" + Files.readString(log));
        }
    }
}
