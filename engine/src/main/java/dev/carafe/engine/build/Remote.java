package dev.carafe.engine.build;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.time.Duration;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.time.format.DateTimeParseException;
import java.util.HexFormat;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** Files from http and https addresses, for ADD and for contexts. */
final class Remote {
    private static final long LARGEST = 64L << 30;
    private static final int OK = 200;

    private Remote() {}

    /**
     * A file that was fetched.
     *
     * @param name the last part of the address
     * @param digest {@code sha256:...} of its content
     * @param modified Last-Modified in seconds since 1970; 0 when the server did not say
     */
    record Fetched(Path directory, Path file, String name, String digest, long modified) {}

    static boolean isHttp(String source) {
        String lower = source.toLowerCase(Locale.ROOT);
        return lower.startsWith("http://") || lower.startsWith("https://");
    }

    /** An address for a message: without the password that may be in it. */
    static String shown(String address) {
        int scheme = address.indexOf("://");
        int slash = address.indexOf('/', scheme + 3);
        int at = address.lastIndexOf('@', slash < 0 ? address.length() : slash);
        return scheme > 0 && at > scheme
                ? address.substring(0, scheme + 3) + address.substring(at + 1)
                : address;
    }

    /**
     * Fetches a file.
     *
     * @param directory where it is put
     * @param checksum what it must have, {@code sha256:...}; null for none
     */
    static Fetched fetch(String address, Path directory, @Nullable String checksum)
            throws IOException {
        URI uri = uri(address);
        try (HttpClient client =
                HttpClient.newBuilder()
                        .followRedirects(HttpClient.Redirect.NORMAL)
                        .connectTimeout(Duration.ofSeconds(30))
                        .build()) {
            HttpResponse<InputStream> answer =
                    client.send(
                            HttpRequest.newBuilder(uri)
                                    .header("User-Agent", "carafe")
                                    .header("Accept-Encoding", "identity")
                                    .build(),
                            HttpResponse.BodyHandlers.ofInputStream());
            try (InputStream body = answer.body()) {
                if (answer.statusCode() != OK) {
                    throw new BuildException(
                            shown(address) + ": the server answers " + answer.statusCode());
                }
                Path file = directory.resolve("file");
                String digest = spool(body, file, address);
                check(address, digest, checksum);
                return new Fetched(directory, file, name(uri), digest, modified(answer));
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new BuildException("interrupted while fetching " + shown(address), e);
        } catch (BuildException e) {
            throw e;
        } catch (IOException e) {
            String why = e.getMessage() == null ? "no connection" : e.getMessage();
            throw new BuildException(shown(address) + ": " + why, e);
        }
    }

    private static URI uri(String address) throws BuildException {
        try {
            URI uri = URI.create(address);
            if (uri.getHost() == null) {
                throw new BuildException(shown(address) + ": the address names no host");
            }
            return uri;
        } catch (IllegalArgumentException e) {
            throw new BuildException(shown(address) + ": not an address: " + e.getMessage(), e);
        }
    }

    private static String spool(InputStream body, Path file, String address) throws IOException {
        MessageDigest digest = Hash.sha256();
        long size = 0;
        byte[] piece = new byte[64 * 1024];
        try (OutputStream out = Files.newOutputStream(file)) {
            int n;
            while ((n = body.read(piece)) > 0) {
                size += n;
                if (size > LARGEST) {
                    throw new BuildException(shown(address) + ": more than 64 GiB");
                }
                digest.update(piece, 0, n);
                out.write(piece, 0, n);
            }
        }
        return "sha256:" + HexFormat.of().formatHex(digest.digest());
    }

    private static void check(String address, String digest, @Nullable String checksum)
            throws BuildException {
        if (checksum == null) {
            return;
        }
        if (!checksum.startsWith("sha256:") || checksum.length() != digest.length()) {
            throw new BuildException("--checksum takes sha256: and 64 hexadecimal digits");
        }
        if (!checksum.toLowerCase(Locale.ROOT).equals(digest)) {
            throw new BuildException(
                    shown(address) + ": its digest is " + digest + ", not " + checksum);
        }
    }

    private static String name(URI uri) {
        String path = uri.getPath() == null ? "" : uri.getPath();
        String last = path.substring(path.lastIndexOf('/') + 1);
        return last.isEmpty() || last.equals("..") || last.equals(".") ? "index.html" : last;
    }

    private static long modified(HttpResponse<?> answer) {
        String value = answer.headers().firstValue("Last-Modified").orElse("");
        try {
            return ZonedDateTime.parse(value, DateTimeFormatter.RFC_1123_DATE_TIME).toEpochSecond();
        } catch (DateTimeParseException e) {
            return 0;
        }
    }
}
