package dev.carafe.engine.jar;

import dev.carafe.engine.image.ImageException;
import dev.carafe.oci.image.Digest;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/**
 * The least that a JVM runs on, taken from this host: the dynamic linker, the C library and what
 * else the run-time image is linked to, with the few files of /etc that the C library reads.
 *
 * @param files the host's file of each path of the image
 */
record BaseFiles(Map<String, Path> files) {
    private static final Map<String, String> ETC =
            Map.of(
                    "etc/passwd",
                    """
                    root:x:0:0:root:/:/sbin/nologin
                    nonroot:x:65532:65532:nonroot:/tmp:/sbin/nologin
                    nobody:x:65534:65534:nobody:/:/sbin/nologin
                    """,
                    "etc/group",
                    """
                    root:x:0:
                    nonroot:x:65532:
                    nogroup:x:65534:
                    """,
                    "etc/nsswitch.conf",
                    """
                    passwd: files
                    group: files
                    hosts: files dns
                    services: files
                    """);

    /** Finds them; what only windows and sound need may be missing. */
    static BaseFiles of(Linkage linkage, Path root, Notes notes) throws IOException {
        Map<String, Path> files = new TreeMap<>();
        Linkage.Closure closure = linkage.resolve(SharedLibraries.of(root, linkage.machine()));
        for (String name : closure.missing()) {
            String needs = linkage.outside().getOrDefault(name, "another library");
            String line = name + ", which " + needs + " needs, is not on this host";
            if (!linkage.isOptional(name)) {
                throw new ImageException(line + "; install it, or name an image with --base");
            }
            notes.note("left out: " + line);
        }
        String directory = directory(closure.files(), root);
        closure.files().forEach((name, file) -> files.put(directory + name, file));
        if (linkage.interpreter().isPresent()) {
            String interpreter = linkage.interpreter().get();
            Path file = root.resolve(interpreter.substring(1));
            if (!Files.exists(file)) {
                throw new ImageException(
                        "this host has no "
                                + interpreter
                                + ", the dynamic linker of that JDK, so it has another C library;"
                                + " name an image with --base, or a JDK for this host with"
                                + " --java-home");
            }
            files.remove(directory + file.getFileName());
            files.put(interpreter.substring(1), file.toRealPath());
        }
        locale(root, files);
        return new BaseFiles(files);
    }

    /** C.UTF-8, without which a JVM can't name files with other letters than ASCII's. */
    private static void locale(Path root, Map<String, Path> files) throws IOException {
        for (String name : List.of("C.utf8", "C.UTF-8")) {
            Path directory = root.resolve("usr/lib/locale").resolve(name);
            if (Files.isDirectory(directory)) {
                try (Stream<Path> all = Files.walk(directory)) {
                    for (Path file : all.filter(Files::isRegularFile).toList()) {
                        files.put(root.relativize(file).toString(), file);
                    }
                }
                return;
            }
        }
    }

    /** Where the C library is: the linker searches there without ld.so.cache. */
    private static String directory(Map<String, Path> files, Path root) throws IOException {
        for (Map.Entry<String, Path> file : files.entrySet()) {
            if (file.getKey().startsWith("libc.")) {
                Path parent = Objects.requireNonNull(file.getValue().getParent());
                return root.toRealPath().relativize(parent) + "/";
            }
        }
        return "lib/";
    }

    /** What the layer depends on, for a cache of them. */
    String key(long epoch) throws IOException {
        StringBuilder text = new StringBuilder("base 1\n").append(epoch).append('\n');
        for (Map.Entry<String, Path> file : files.entrySet()) {
            text.append(file.getKey())
                    .append(' ')
                    .append(Files.size(file.getValue()))
                    .append(' ')
                    .append(Files.getLastModifiedTime(file.getValue()).toMillis())
                    .append('\n');
        }
        return Digest.sha256(text.toString().getBytes(StandardCharsets.UTF_8)).hex();
    }

    /** Writes the layer. */
    void stage(Path layer, long epoch) throws IOException {
        for (Map.Entry<String, Path> file : files.entrySet()) {
            Path target = layer.resolve(file.getKey());
            Files.createDirectories(target.resolveSibling("."));
            Files.copy(file.getValue(), target);
        }
        Files.createDirectories(layer.resolve("etc"));
        for (Map.Entry<String, String> file : ETC.entrySet()) {
            Files.writeString(layer.resolve(file.getKey()), file.getValue());
        }
        Path tmp = Files.createDirectory(layer.resolve("tmp"));
        FileTimes.set(layer, epoch);
        // java.nio's own permissions know no sticky bit
        Files.setAttribute(tmp, "unix:mode", 01777);
        Files.setLastModifiedTime(tmp, FileTime.from(epoch, TimeUnit.SECONDS));
    }
}
