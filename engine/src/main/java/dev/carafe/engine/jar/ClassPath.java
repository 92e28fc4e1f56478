package dev.carafe.engine.jar;

import dev.carafe.engine.image.ImageException;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.jar.Attributes;
import java.util.stream.Stream;
import java.util.zip.ZipException;
import java.util.zip.ZipFile;

/**
 * Collects an application's dependencies, those of {@code Class-Path} in manifests with them.
 *
 * <p>A manifest may come from someone else and name any file of this host. So only what is a jar is
 * taken, never a directory.
 */
final class ClassPath {
    private static final int MOST = 20_000;

    private final Path jar;
    private final Notes notes;
    private final List<Library> libraries = new ArrayList<>();
    private final Set<String> names = new HashSet<>();
    private final Set<Path> seen = new HashSet<>();

    ClassPath(Path jar, Notes notes) throws IOException {
        this.jar = jar;
        this.notes = notes;
        seen.add(jar.toRealPath());
    }

    List<Library> libraries() {
        return List.copyOf(libraries);
    }

    /** Adds a jar under its own file name, or under another where that is taken. */
    void add(String path, Library.Source source) throws IOException {
        if (libraries.size() >= MOST) {
            throw new ImageException(jar + ": more than " + MOST + " dependencies");
        }
        String file = path.substring(path.lastIndexOf('/') + 1);
        if (!file.matches("[\\w.+@~ -]+") || file.startsWith(".")) {
            throw new ImageException(
                    jar + ": the dependency " + Entries.shown(path) + " has an unusable name");
        }
        String name = file;
        for (int i = 2; !names.add(name); i++) {
            name = i + "-" + file;
        }
        libraries.add(Library.of(name, source));
    }

    /** A jar or a directory of jars that the caller named. */
    void addGiven(Path given) throws IOException {
        if (!Files.isDirectory(given)) {
            addFile(given);
            return;
        }
        try (Stream<Path> all = Files.list(given)) {
            // sorted: the order of a directory differs from host to host
            for (Path file : all.sorted().toList()) {
                if (file.toString().endsWith(".jar")) {
                    addFile(file);
                }
            }
        }
    }

    private void addFile(Path file) throws IOException {
        if (!Files.isRegularFile(file)) {
            throw new ImageException(file + ": no such jar");
        }
        if (seen.add(file.toRealPath())) {
            try (ZipFile zip = new ZipFile(file.toFile())) {
                add(String.valueOf(file.getFileName()), new Library.Beside(file));
                follow(RunnableJar.manifest(file, zip), file);
            } catch (ZipException e) {
                throw new ImageException(file + " is no jar: " + e.getMessage(), e);
            }
        }
    }

    /** Adds what a jar's manifest names: URLs relative to the jar, separated by spaces. */
    void follow(Attributes manifest, Path of) throws IOException {
        String value = manifest.getValue(Attributes.Name.CLASS_PATH);
        if (value == null || value.isBlank()) {
            return;
        }
        Path directory = of.toAbsolutePath().resolveSibling(".");
        for (String url : value.strip().split("\\s+")) {
            Path file = file(directory, url);
            if (file == null) {
                notes.note(told(of, url, "which is not a file beside it"));
            } else if (Files.isDirectory(file)) {
                notes.note(told(of, url, "a directory; pack what is in it as a jar"));
            } else if (!Files.isRegularFile(file)) {
                // java ignores it as well
                notes.note(told(of, url, "which is not there"));
            } else {
                addFile(file);
            }
        }
    }

    private static String told(Path jar, String url, String what) {
        return "left out: the Class-Path of "
                + jar.getFileName()
                + " names "
                + Entries.shown(url)
                + ", "
                + what;
    }

    private static @org.jspecify.annotations.Nullable Path file(Path directory, String url) {
        try {
            URI uri = URI.create(url);
            String path = uri.getPath();
            if (uri.isAbsolute() || path == null || path.isEmpty() || path.startsWith("/")) {
                return null;
            }
            return directory.resolve(path).normalize();
        } catch (InvalidPathException e) {
            return null;
        } catch (IllegalArgumentException e) {
            return null;
        }
    }
}
