package dev.carafe.engine.jar;

import dev.carafe.engine.image.ImageException;
import dev.carafe.oci.image.Digest;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;

/**
 * A jar on the application's class path.
 *
 * @param name its file name in the image, which no other has
 * @param digest of its content
 */
record Library(String name, Digest digest, Source source) {
    /** Where the jar is now. */
    sealed interface Source {
        InputStream open() throws IOException;
    }

    /** A file. */
    record Beside(Path path) implements Source {
        @Override
        public InputStream open() throws IOException {
            return Files.newInputStream(path);
        }
    }

    /** An entry of the application's own jar. */
    record Nested(ZipFile zip, ZipEntry entry) implements Source {
        @Override
        public InputStream open() throws IOException {
            return zip.getInputStream(entry);
        }
    }

    static Library of(String name, Source source) throws IOException {
        MessageDigest hash = sha256();
        byte[] piece = new byte[64 * 1024];
        try (InputStream in = source.open()) {
            int n;
            while ((n = in.read(piece)) > 0) {
                hash.update(piece, 0, n);
            }
        }
        return new Library(name, Digest.of("sha256", hash.digest()), source);
    }

    private static MessageDigest sha256() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new AssertionError("every JDK has SHA-256", e);
        }
    }

    /** Whether it is under development: Maven's word for a version that changes. */
    boolean isSnapshot() {
        return name.contains("SNAPSHOT");
    }

    /** Writes it to a file, and refuses one that changed since it was digested. */
    void write(Path file) throws IOException {
        MessageDigest hash = sha256();
        byte[] piece = new byte[64 * 1024];
        try (InputStream in = source.open();
                var out =
                        Files.newOutputStream(
                                file,
                                java.nio.file.StandardOpenOption.CREATE_NEW,
                                java.nio.file.StandardOpenOption.WRITE)) {
            int n;
            while ((n = in.read(piece)) > 0) {
                hash.update(piece, 0, n);
                out.write(piece, 0, n);
            }
        }
        if (!Digest.of("sha256", hash.digest()).equals(digest)) {
            throw new ImageException("the dependency " + name + " changed while it was read");
        }
    }
}
