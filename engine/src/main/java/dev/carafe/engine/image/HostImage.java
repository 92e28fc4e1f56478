package dev.carafe.engine.image;

import dev.carafe.linux.Arch;
import dev.carafe.oci.image.ImageConfig;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryNotEmptyException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * The built-in image {@code host}: the host's own userland, read-only. A small skeleton of
 * directories, links and copies of harmless files of /etc is its layer; what is large is bound from
 * the host.
 *
 * @param image the image, with the skeleton as its one layer
 * @param binds directories of the host to be bound read-only at the same paths
 */
public record HostImage(Image image, List<Path> binds) {
    /**
     * Files of /etc that hold no secret; shadow, keys, sudoers and machine-id are never among them.
     */
    private static final List<String> SAFE =
            List.of(
                    "debian_version",
                    "host.conf",
                    "inputrc",
                    "ld.so.cache",
                    "ld.so.conf",
                    "localtime",
                    "mime.types",
                    "networks",
                    "nsswitch.conf",
                    "os-release",
                    "profile",
                    "protocols",
                    "rpc",
                    "services",
                    "shells",
                    "bash.bashrc",
                    "environment",
                    "login.defs",
                    "magic");

    private static final List<String> SAFE_DIRECTORIES =
            List.of("/etc/alternatives", "/etc/ssl/certs", "/etc/ld.so.conf.d", "/etc/terminfo");

    private static final List<String> TOP =
            List.of("bin", "sbin", "lib", "lib32", "lib64", "libx32");
    private static final List<String> EMPTY =
            List.of(
                    "dev",
                    "etc",
                    "home",
                    "media",
                    "mnt",
                    "opt",
                    "proc",
                    "run",
                    "srv",
                    "sys",
                    "usr",
                    "var",
                    "var/cache",
                    "var/lib",
                    "var/log",
                    "etc/ssl");

    private static final int FIRST_USER = 1000;
    private static final int NOBODY = 65534;

    public HostImage {
        binds = List.copyOf(binds);
    }

    /**
     * Gives the image, made anew when the files that its skeleton copies have changed.
     *
     * @param root the directory under which the skeleton is kept
     */
    public static HostImage open(Path root) throws IOException {
        String fingerprint = fingerprint();
        Path skeleton = root.resolve("host").resolve(fingerprint);
        if (!Files.isDirectory(skeleton)) {
            make(skeleton);
        }
        ImageConfig.Config config =
                new ImageConfig.Config(
                        null,
                        List.of(),
                        List.of(),
                        List.of(),
                        List.of("/bin/sh"),
                        List.of(),
                        null,
                        Map.of(),
                        null,
                        false);
        ImageConfig image =
                new ImageConfig(
                        null,
                        null,
                        Arch.host().oci(),
                        "linux",
                        null,
                        List.of(),
                        null,
                        config,
                        new ImageConfig.RootFs("layers", List.of()),
                        List.of());
        return new HostImage(
                new Image("host", image, List.of(skeleton), List.of("host")), sharedDirectories());
    }

    private static List<Path> sharedDirectories() throws IOException {
        List<Path> binds = new ArrayList<>();
        binds.add(Path.of("/usr"));
        for (String name : TOP) {
            Path top = Path.of("/", name);
            if (Files.isDirectory(top, LinkOption.NOFOLLOW_LINKS)) {
                binds.add(top);
            }
        }
        for (String directory : SAFE_DIRECTORIES) {
            if (Files.isDirectory(Path.of(directory), LinkOption.NOFOLLOW_LINKS)) {
                binds.add(Path.of(directory));
            }
        }
        try (var etc = Files.newDirectoryStream(Path.of("/etc"), "java-*")) {
            etc.forEach(binds::add);
        }
        return binds;
    }

    private static String fingerprint() {
        long hash = 1;
        for (String name : SAFE) {
            hash = hash * 31 + stamp(Path.of("/etc", name));
        }
        hash = hash * 31 + stamp(Path.of("/etc/passwd"));
        hash = hash * 31 + stamp(Path.of("/etc/group"));
        for (Path bind : List.of(Path.of("/etc"), Path.of("/"))) {
            hash = hash * 31 + stamp(bind);
        }
        return Long.toHexString(hash);
    }

    private static long stamp(Path file) {
        try {
            BasicFileAttributes attributes = Files.readAttributes(file, BasicFileAttributes.class);
            return attributes.lastModifiedTime().toMillis() * 31 + attributes.size();
        } catch (IOException e) {
            return 0;
        }
    }

    private static void make(Path skeleton) throws IOException {
        Files.createDirectories(skeleton.getParent());
        Path made = Files.createTempDirectory(skeleton.getParent(), ".new");
        Files.setPosixFilePermissions(made, PosixFilePermissions.fromString("rwxr-xr-x"));
        for (String directory : EMPTY) {
            directory(made.resolve(directory), "rwxr-xr-x");
        }
        directory(made.resolve("root"), "rwx------");
        for (String temporary : List.of("tmp", "var/tmp")) {
            directory(made.resolve(temporary), "rwxrwxrwx");
            Files.setAttribute(made.resolve(temporary), "unix:mode", 01777);
        }
        Files.createSymbolicLink(made.resolve("var/run"), Path.of("/run"));
        Files.createSymbolicLink(made.resolve("etc/mtab"), Path.of("/proc/self/mounts"));
        for (String name : TOP) {
            Path top = Path.of("/", name);
            if (Files.isSymbolicLink(top)) {
                Files.createSymbolicLink(made.resolve(name), Files.readSymbolicLink(top));
            }
        }
        for (Path bind : sharedDirectories()) {
            Path inside = made.resolve(bind.toString().substring(1));
            if (!Files.exists(inside, LinkOption.NOFOLLOW_LINKS)) {
                directory(inside, "rwxr-xr-x");
            }
        }
        for (String name : SAFE) {
            Path file = Path.of("/etc", name);
            if (Files.isSymbolicLink(file)) {
                Files.createSymbolicLink(
                        made.resolve("etc").resolve(name), Files.readSymbolicLink(file));
            } else if (Files.isRegularFile(file) && Files.isReadable(file)) {
                Files.copy(
                        file,
                        made.resolve("etc").resolve(name),
                        StandardCopyOption.COPY_ATTRIBUTES);
            }
        }
        accounts(made, "passwd");
        accounts(made, "group");
        publish(made, skeleton);
    }

    private static void directory(Path path, String mode) throws IOException {
        Files.createDirectories(path);
        Files.setPosixFilePermissions(path, PosixFilePermissions.fromString(mode));
    }

    /** System accounts only: who works on this host is nobody's business inside. */
    private static void accounts(Path made, String file) throws IOException {
        StringBuilder kept = new StringBuilder();
        for (String line : Files.readAllLines(Path.of("/etc", file), StandardCharsets.UTF_8)) {
            String[] fields = line.split(":", -1);
            if (fields.length > 3 && isSystem(fields[2])) {
                kept.append(fields[0]).append(":x");
                for (int i = 2; i < fields.length; i++) {
                    kept.append(':').append(file.equals("group") && i == 3 ? "" : fields[i]);
                }
                kept.append('\n');
            }
        }
        Path target = made.resolve("etc").resolve(file);
        Files.writeString(target, kept);
        Files.setPosixFilePermissions(target, PosixFilePermissions.fromString("rw-r--r--"));
    }

    private static boolean isSystem(String id) {
        try {
            long number = Long.parseLong(id);
            return number < FIRST_USER || number == NOBODY;
        } catch (NumberFormatException e) {
            return false;
        }
    }

    private static void publish(Path made, Path skeleton) throws IOException {
        try {
            Files.move(made, skeleton, StandardCopyOption.ATOMIC_MOVE);
        } catch (FileAlreadyExistsException | DirectoryNotEmptyException e) {
            // another process was first: its skeleton is the same
            DirectoryTree.delete(made);
        }
    }
}
