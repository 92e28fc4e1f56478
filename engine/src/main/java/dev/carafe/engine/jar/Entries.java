package dev.carafe.engine.jar;

import dev.carafe.engine.image.ImageException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.TreeMap;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;

/**
 * The files of a jar as a class loader of one release sees them: those below META-INF/versions are
 * in the place of what they replace (JAR File Specification, Multi-release JAR Files).
 *
 * @param files paths without empty parts, dots and "..", in order
 */
record Entries(Path jar, ZipFile zip, Map<String, ZipEntry> files) {
    private static final String VERSIONS = "META-INF/versions/";
    private static final int FIRST_VERSION = 9;
    private static final int MOST_PATH = 4000;
    private static final int MOST_NAME = 255;

    /** What one jar may expand to: a small one can be made to fill any disk. */
    private static final long MOST_BYTES = 8L << 30;

    /**
     * @param prefix of the entries that are looked at, which their paths are without
     * @param release the feature release that chooses among versions; 0 when there are none
     */
    static Entries of(Path jar, ZipFile zip, Map<String, ZipEntry> all, String prefix, int release)
            throws ImageException {
        Map<String, ZipEntry> files = new TreeMap<>();
        Map<String, Integer> versions = new LinkedHashMap<>();
        for (Map.Entry<String, ZipEntry> entry : all.entrySet()) {
            String name = entry.getKey();
            if (!name.startsWith(prefix) || entry.getValue().isDirectory()) {
                continue;
            }
            String path = name.substring(prefix.length());
            int version = 0;
            if (release > 0 && path.startsWith(VERSIONS)) {
                version = version(path);
                path = path.substring(path.indexOf('/', VERSIONS.length()) + 1);
                if (version > release || version < FIRST_VERSION || path.startsWith("META-INF/")) {
                    continue;
                }
            }
            check(jar, name, path);
            if (version >= versions.getOrDefault(path, 0)) {
                versions.put(path, version);
                files.put(path, entry.getValue());
            }
        }
        return new Entries(jar, zip, files);
    }

    /** The number after META-INF/versions/; 0 when there is none. */
    private static int version(String path) {
        int end = path.indexOf('/', VERSIONS.length());
        String number = end < 0 ? "" : path.substring(VERSIONS.length(), end);
        return number.matches("[0-9]{1,4}") ? Integer.parseInt(number) : 0;
    }

    private static void check(Path jar, String name, String path) throws ImageException {
        boolean good = !path.isEmpty() && path.length() <= MOST_PATH && path.indexOf('\0') < 0;
        for (String part : path.split("/", -1)) {
            good &= !part.isEmpty() && !part.equals(".") && !part.equals("..");
            good &= part.length() <= MOST_NAME;
        }
        if (!good) {
            throw new ImageException(jar + ": an entry with an unusable name: " + shown(name));
        }
    }

    /** A name of the jar for a message. */
    static String shown(String name) {
        String text = name.replaceAll("\\p{Cntrl}", "?");
        return text.length() > 200 ? text.substring(0, 200) + "..." : text;
    }

    static boolean isClass(String path) {
        return path.endsWith(".class");
    }

    /** A compiled module declaration, which a class path has no use for. */
    static boolean isModuleInfo(String path) {
        return path.equals("module-info.class");
    }

    /** Reads a file that has at most so many bytes, whatever its entry says. */
    byte[] read(ZipEntry entry, int most) throws IOException {
        try (InputStream in = zip.getInputStream(entry)) {
            byte[] bytes = in.readNBytes(most + 1);
            if (bytes.length > most) {
                throw new ImageException(jar + ": " + shown(entry.getName()) + " is too large");
            }
            return bytes;
        }
    }

    /**
     * Writes the files into two directories, which are new and nobody else's: as an entry can't
     * make a link, no checked name leads out of them.
     */
    void explode(Path classes, Path resources) throws IOException {
        long left = MOST_BYTES;
        byte[] piece = new byte[64 * 1024];
        for (Map.Entry<String, ZipEntry> file : files.entrySet()) {
            String path = file.getKey();
            if (isModuleInfo(path)) {
                continue;
            }
            Path target = (isClass(path) ? classes : resources).resolve(path);
            try (InputStream in = zip.getInputStream(file.getValue());
                    OutputStream out = create(target)) {
                int n;
                while ((n = in.read(piece)) > 0) {
                    left -= n;
                    if (left < 0) {
                        throw new ImageException(jar + " expands to more than 8 GiB");
                    }
                    out.write(piece, 0, n);
                }
            } catch (FileAlreadyExistsException e) {
                throw new ImageException(
                        jar + ": " + shown(path) + " is a file and a directory", e);
            } catch (java.util.zip.ZipException e) {
                throw new ImageException(jar + ": " + shown(path) + ": " + e.getMessage(), e);
            }
        }
    }

    private OutputStream create(Path target) throws IOException {
        try {
            Files.createDirectories(target.resolveSibling("."));
            return Files.newOutputStream(
                    target, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE);
        } catch (FileAlreadyExistsException e) {
            throw e;
        } catch (FileSystemException e) {
            throw new ImageException(
                    jar + ": " + shown(target.toString()) + ": " + e.getReason(), e);
        }
    }
}
