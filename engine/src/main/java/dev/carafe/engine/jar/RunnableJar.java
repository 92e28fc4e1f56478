package dev.carafe.engine.jar;

import dev.carafe.engine.image.ImageException;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Enumeration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.jar.Attributes;
import java.util.jar.Manifest;
import java.util.zip.ZipEntry;
import java.util.zip.ZipException;
import java.util.zip.ZipFile;
import org.jspecify.annotations.Nullable;

/**
 * A jar that {@code java -jar} runs, as its manifest tells (JAR File Specification). One with
 * {@code Start-Class} and a directory {@code BOOT-INF} or {@code WEB-INF} has its classes and
 * dependencies inside, as Spring Boot packs them.
 */
final class RunnableJar implements AutoCloseable {
    static final String MANIFEST = "META-INF/MANIFEST.MF";

    private static final int MOST_MANIFEST = 8 << 20;
    private static final int MOST_ENTRIES = 1_000_000;

    private final Path path;
    private final ZipFile zip;
    private final Attributes manifest;
    private final Map<String, ZipEntry> entries;
    private final @Nullable String nest;

    private RunnableJar(Path path, ZipFile zip) throws IOException {
        this.path = path;
        this.zip = zip;
        this.entries = entries(path, zip);
        this.manifest = manifest(path, zip);
        this.nest = nest();
    }

    static RunnableJar open(Path path) throws IOException {
        if (!Files.isRegularFile(path)) {
            throw new ImageException(path + ": no such jar");
        }
        ZipFile zip;
        try {
            zip = new ZipFile(path.toFile());
        } catch (ZipException e) {
            throw new ImageException(path + " is no jar: " + e.getMessage(), e);
        }
        try {
            return new RunnableJar(path, zip);
        } catch (IOException | RuntimeException e) {
            zip.close();
            throw e;
        }
    }

    /** The entries that are looked up by name, which of two of one name only one is. */
    static Map<String, ZipEntry> entries(Path path, ZipFile zip) throws ImageException {
        if (zip.size() > MOST_ENTRIES) {
            throw new ImageException(path + ": more than a million entries");
        }
        Map<String, ZipEntry> found = new LinkedHashMap<>();
        for (Enumeration<? extends ZipEntry> all = zip.entries(); all.hasMoreElements(); ) {
            String name = all.nextElement().getName();
            ZipEntry entry = zip.getEntry(name);
            if (entry != null) {
                found.putIfAbsent(name, entry);
            }
        }
        return found;
    }

    /** The main attributes of a jar's manifest; none when it has no manifest. */
    static Attributes manifest(Path path, ZipFile zip) throws IOException {
        ZipEntry entry = zip.getEntry(MANIFEST);
        if (entry == null) {
            return new Attributes();
        }
        try (InputStream in = zip.getInputStream(entry)) {
            byte[] bytes = in.readNBytes(MOST_MANIFEST);
            return new Manifest(new ByteArrayInputStream(bytes)).getMainAttributes();
        } catch (IOException | IllegalArgumentException e) {
            throw new ImageException(path + ": its manifest can't be read: " + e.getMessage(), e);
        }
    }

    private @Nullable String nest() {
        if (manifest.getValue("Start-Class") == null) {
            return null;
        }
        for (String directory : List.of("BOOT-INF/", "WEB-INF/")) {
            for (String name : entries.keySet()) {
                if (name.startsWith(directory + "classes/") || name.startsWith(directory + "lib")) {
                    return directory;
                }
            }
        }
        return null;
    }

    Path path() {
        return path;
    }

    ZipFile zip() {
        return zip;
    }

    Map<String, ZipEntry> entries() {
        return entries;
    }

    /** The prefix of the entries that are the application's classes and resources. */
    String classes() {
        return nest == null ? "" : nest + "classes/";
    }

    /** Whether entries below META-INF/versions replace others. */
    boolean isMultiRelease() {
        return isMultiRelease(manifest);
    }

    static boolean isMultiRelease(Attributes manifest) {
        String value = manifest.getValue("Multi-Release");
        return value != null && value.strip().equalsIgnoreCase("true");
    }

    /** The class to run. */
    String mainClass(Optional<String> wanted) throws ImageException {
        if (wanted.isPresent()) {
            return wanted.get();
        }
        String name = manifest.getValue(nest == null ? "Main-Class" : "Start-Class");
        if (name == null || name.isBlank()) {
            throw new ImageException(
                    path
                            + " has no Main-Class in its manifest, so nothing says what to run;"
                            + " name the class with --main-class");
        }
        return name.strip();
    }

    /** What the manifest asks of {@code java -jar}, as options of {@code java -cp}. */
    List<String> jvmOptions() throws ImageException {
        if (manifest.getValue("Launcher-Agent-Class") != null) {
            throw new ImageException(
                    path
                            + ": its manifest has a Launcher-Agent-Class, which only java -jar"
                            + " starts; images of such jars are not supported");
        }
        List<String> options = new ArrayList<>();
        for (String name : List.of("Add-Exports", "Add-Opens")) {
            String value = manifest.getValue(name);
            for (String one : value == null ? new String[0] : value.strip().split("\\s+")) {
                String option = name.equals("Add-Opens") ? "--add-opens=" : "--add-exports=";
                options.add(option + one + "=ALL-UNNAMED");
            }
        }
        String access = manifest.getValue("Enable-Native-Access");
        if (access != null) {
            options.add("--enable-native-access=" + access.strip());
        }
        return options;
    }

    /** The dependencies, in the order of the class path. */
    List<Library> libraries(List<Path> more, Notes notes) throws IOException {
        ClassPath found = new ClassPath(path, notes);
        if (nest != null) {
            for (String name : nested()) {
                ZipEntry entry = entries.get(name);
                if (entry != null) {
                    found.add(name, new Library.Nested(zip, entry));
                }
            }
        } else {
            found.follow(manifest, path);
        }
        for (Path one : more) {
            found.addGiven(one);
        }
        return found.libraries();
    }

    /** Nested jars in the order of classpath.idx, then of the jar. */
    private List<String> nested() throws IOException {
        List<String> names = new ArrayList<>();
        ZipEntry index = entries.get(nest + "classpath.idx");
        if (index != null) {
            try (InputStream in = zip.getInputStream(index)) {
                String text =
                        new String(
                                in.readNBytes(MOST_MANIFEST),
                                java.nio.charset.StandardCharsets.UTF_8);
                for (String line : text.lines().toList()) {
                    String name = line.strip().replaceAll("^- *\"(.*)\"$", "$1");
                    if (entries.containsKey(name) && !names.contains(name)) {
                        names.add(name);
                    }
                }
            }
        }
        for (String name : entries.keySet()) {
            boolean isLibrary = name.startsWith(nest + "lib/") || name.startsWith(nest + "lib-");
            if (isLibrary && name.endsWith(".jar") && !names.contains(name)) {
                names.add(name);
            }
        }
        return names;
    }

    @Override
    public void close() throws IOException {
        zip.close();
    }
}
