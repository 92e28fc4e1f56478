package dev.carafe.it;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import java.util.zip.CRC32;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import javax.tools.ToolProvider;

/** A jar that a test makes from Java sources, as Maven, Gradle or Spring Boot would pack it. */
final class JarFile {
    private final Path work;
    private final Map<String, byte[]> entries = new LinkedHashMap<>();
    private final StringBuilder manifest = new StringBuilder("Manifest-Version: 1.0\n");
    private final List<String> classPath = new ArrayList<>();
    private String classes = "";

    JarFile(Path directory) throws IOException {
        this.work = Files.createTempDirectory(directory, "sources");
    }

    JarFile manifest(String name, String value) {
        manifest.append(name).append(": ").append(value).append('\n');
        return this;
    }

    /** Puts classes that are compiled from now on below a directory of the jar. */
    JarFile below(String directory) {
        classes = directory;
        return this;
    }

    JarFile uses(Path jar) {
        classPath.add(jar.toString());
        return this;
    }

    /** Compiles a class, for Java 17, and adds it with its nested ones. */
    JarFile source(String name, String text) throws IOException {
        Path source = work.resolve(name.substring(name.lastIndexOf('.') + 1) + ".java");
        Files.writeString(source, text);
        Path out = Files.createTempDirectory(work, "classes");
        var said = new ByteArrayOutputStream();
        int status =
                ToolProvider.getSystemJavaCompiler()
                        .run(
                                null,
                                said,
                                said,
                                "--release",
                                "17",
                                "-d",
                                out.toString(),
                                "-cp",
                                String.join(":", classPath),
                                source.toString());
        if (status != 0) {
            throw new IllegalArgumentException(said.toString(StandardCharsets.UTF_8));
        }
        try (Stream<Path> all = Files.walk(out)) {
            for (Path file : all.filter(Files::isRegularFile).toList()) {
                entries.put(classes + out.relativize(file), Files.readAllBytes(file));
            }
        }
        return this;
    }

    JarFile file(String name, String text) {
        return file(name, text.getBytes(StandardCharsets.UTF_8));
    }

    JarFile file(String name, byte[] bytes) {
        entries.put(name, bytes);
        return this;
    }

    /** Writes it; nested jars are stored, which Spring Boot's loader needs. */
    Path write(Path file) throws IOException {
        Files.createDirectories(file.getParent());
        try (OutputStream to = Files.newOutputStream(file);
                ZipOutputStream out = new ZipOutputStream(to)) {
            out.putNextEntry(new ZipEntry("META-INF/MANIFEST.MF"));
            out.write(manifest.append('\n').toString().getBytes(StandardCharsets.UTF_8));
            out.closeEntry();
            for (var entry : entries.entrySet()) {
                ZipEntry one = new ZipEntry(entry.getKey());
                if (entry.getKey().endsWith(".jar")) {
                    CRC32 crc = new CRC32();
                    crc.update(entry.getValue());
                    one.setMethod(ZipEntry.STORED);
                    one.setSize(entry.getValue().length);
                    one.setCrc(crc.getValue());
                }
                out.putNextEntry(one);
                out.write(entry.getValue());
                out.closeEntry();
            }
        }
        return file;
    }
}
