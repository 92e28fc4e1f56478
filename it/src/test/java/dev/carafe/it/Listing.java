package dev.carafe.it;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * All that a tree says of itself, a line for each path: type, permissions, owner, size, content,
 * target, which other path is the same file, extended attributes. Times are left out.
 */
final class Listing {
    private final Path root;
    private final Map<String, String> lines = new TreeMap<>();
    private final Map<String, String> files = new TreeMap<>();

    private Listing(Path root) {
        this.root = root;
    }

    static Map<String, String> of(Path root) throws IOException, InterruptedException {
        Listing listing = new Listing(root);
        try (var paths = Files.walk(root)) {
            for (Path path : paths.sorted().toList()) {
                listing.add(path);
            }
        }
        listing.attributes();
        return listing.lines;
    }

    private void add(Path path) throws IOException {
        Map<String, Object> attributes =
                Files.readAttributes(path, "unix:*", LinkOption.NOFOLLOW_LINKS);
        String name = name(path);
        int mode = (Integer) Objects.requireNonNull(attributes.get("mode"));
        StringBuilder line = new StringBuilder(Integer.toOctalString(mode));
        line.append(' ').append(attributes.get("uid")).append(':').append(attributes.get("gid"));
        switch (mode & 0170000) {
            case 0100000 -> {
                line.append(' ').append(attributes.get("size")).append(' ').append(digest(path));
                String first = files.putIfAbsent(String.valueOf(attributes.get("ino")), name);
                line.append(first == null ? "" : " is " + first);
            }
            case 0120000 -> line.append(" -> ").append(Files.readSymbolicLink(path));
            case 0020000, 0060000 -> line.append(" device ").append(attributes.get("rdev"));
            default -> {
                // a directory, pipe or socket has no more
            }
        }
        lines.put(name, line.toString());
    }

    private String name(Path path) {
        return "/" + root.relativize(path);
    }

    private static String digest(Path path) throws IOException {
        try (InputStream in = Files.newInputStream(path)) {
            MessageDigest sha256 = MessageDigest.getInstance("SHA-256");
            byte[] buffer = new byte[1 << 16];
            for (int n = in.read(buffer); n >= 0; n = in.read(buffer)) {
                sha256.update(buffer, 0, n);
            }
            return HexFormat.of().formatHex(sha256.digest(), 0, 8);
        } catch (NoSuchAlgorithmException e) {
            throw new AssertionError(e);
        }
    }

    /** Java knows the attributes of one name space only; getfattr knows all. */
    private void attributes() throws IOException, InterruptedException {
        String out =
                Tools.run(
                        List.of("getfattr", "-R", "-P", "-h", "-d", "-m", "-", "-e", "hex", "."),
                        root);
        String file = "/";
        for (String line : out.split("\n", -1)) {
            if (line.startsWith("# file: ")) {
                String path = line.substring(8).replaceFirst("^\\./?", "");
                file = "/" + path;
            } else if (!line.isEmpty()) {
                String attribute = line;
                lines.compute(file, (path, old) -> old + " " + attribute);
            }
        }
    }

    /** Removes what it lists, symbolic links not followed. */
    static void delete(Path root) throws IOException {
        if (!Files.exists(root, LinkOption.NOFOLLOW_LINKS)) {
            return;
        }
        Files.walkFileTree(
                root,
                new SimpleFileVisitor<>() {
                    @Override
                    public FileVisitResult visitFile(Path file, BasicFileAttributes a)
                            throws IOException {
                        Files.delete(file);
                        return FileVisitResult.CONTINUE;
                    }

                    @Override
                    public FileVisitResult postVisitDirectory(
                            Path directory, @Nullable IOException e) throws IOException {
                        Files.delete(directory);
                        return FileVisitResult.CONTINUE;
                    }
                });
    }
}
