package dev.carafe.engine.image;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.PosixFileAttributes;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.HashSet;
import java.util.Set;

/**
 * Builds the layer of the image {@code host}. What it takes from /etc is a list of what programs
 * need to run, never "all but"; and of that only what every user of the host may read.
 */
final class HostSkeleton {
    /** Counts changes of what is built here, for the fingerprint. */
    static final long VERSION = 1;

    /** What is copied from /etc. A directory is copied with what is in it. */
    static final String[] ETC = {
        "alpine-release",
        "alternatives",
        "arch-release",
        "bash.bashrc",
        "bashrc",
        "ca-certificates",
        "ca-certificates.conf",
        "crypto-policies",
        "debian_version",
        "ethertypes",
        "fedora-release",
        "fonts",
        "gai.conf",
        "group",
        "host.conf",
        "inputrc",
        "java",
        "java-8-openjdk",
        "java-11-openjdk",
        "java-17-openjdk",
        "java-21-openjdk",
        "java-25-openjdk",
        "ld.so.cache",
        "ld.so.conf",
        "ld.so.conf.d",
        "locale.alias",
        "locale.conf",
        "localtime",
        "lsb-release",
        "magic",
        "magic.mime",
        "mailcap",
        "mime.types",
        "netconfig",
        "networks",
        "nsswitch.conf",
        "os-release",
        "passwd",
        "perl",
        "pki/ca-trust/extracted",
        "pki/tls/certs",
        "profile",
        "profile.d",
        "protocols",
        "python3",
        "redhat-release",
        "rpc",
        "services",
        "shells",
        "skel",
        "ssl/cert.pem",
        "ssl/certs",
        "ssl/openssl.cnf",
        "system-release",
        "terminfo",
        "timezone",
        "xattr.conf"
    };

    /** People's accounts begin here; those of services are below, and nobody at 65534. */
    private static final long FIRST_PERSON = 1000;

    private static final long NOBODY = 65534;
    private static final String SHARED = "rwxrwxrwt";

    private final Path host;
    private final Path to;

    HostSkeleton(Path host, Path to) {
        this.host = host;
        this.to = to;
    }

    void build() throws IOException {
        mode(to, "rwxr-xr-x");
        for (String name :
                new String[] {
                    "dev",
                    "etc",
                    "home",
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
                    "var/spool"
                }) {
            directory(name, "rwxr-xr-x");
        }
        directory("root", "rwx------");
        directory("tmp", SHARED);
        directory("var/tmp", SHARED);
        directory("run/lock", SHARED);
        Files.createSymbolicLink(to.resolve("var/run"), Path.of("/run"));
        Files.createSymbolicLink(to.resolve("var/lock"), Path.of("/run/lock"));
        system();
        etc();
    }

    private void system() throws IOException {
        for (String name : HostImage.SYSTEM) {
            Path path = host.resolve(name);
            if (Files.isSymbolicLink(path)) {
                Files.createSymbolicLink(to.resolve(name), Files.readSymbolicLink(path));
            } else if (Files.isDirectory(path)) {
                directory(name, "rwxr-xr-x");
            }
        }
    }

    private void etc() throws IOException {
        Path from = host.resolve("etc");
        Path etc = to.resolve("etc");
        for (String name : ETC) {
            switch (name) {
                case "passwd" -> accounts(from.resolve(name), etc.resolve(name), false);
                case "group" -> accounts(from.resolve(name), etc.resolve(name), true);
                default -> copy(from.resolve(name), etc.resolve(name));
            }
        }
        Files.createSymbolicLink(etc.resolve("mtab"), Path.of("/proc/self/mounts"));
        // something to mount the container's own ones on, also when its root is read-only
        for (String name : new String[] {"hostname", "hosts", "resolv.conf"}) {
            write(etc.resolve(name), "");
        }
    }

    /**
     * Keeps the lines of the system: whoever has an account on the host is none of a container's
     * business.
     */
    private void accounts(Path from, Path target, boolean groups) throws IOException {
        StringBuilder kept = new StringBuilder();
        Set<String> system = groups ? systemUsers() : Set.of();
        if (Files.isReadable(from)) {
            for (String line : Files.readAllLines(from, StandardCharsets.ISO_8859_1)) {
                String[] fields = line.split(":", -1);
                if (fields.length >= 4 && isSystem(fields[2])) {
                    if (groups) {
                        fields[3] = members(fields[3], system);
                    }
                    kept.append(String.join(":", fields)).append('\n');
                }
            }
        }
        Files.writeString(target, kept, StandardCharsets.ISO_8859_1);
        mode(target, "rw-r--r--");
    }

    private Set<String> systemUsers() throws IOException {
        Set<String> users = new HashSet<>();
        Path passwd = to.resolve("etc/passwd");
        if (Files.exists(passwd)) {
            for (String line : Files.readAllLines(passwd, StandardCharsets.ISO_8859_1)) {
                users.add(line.substring(0, line.indexOf(':')));
            }
        }
        return users;
    }

    private static boolean isSystem(String id) {
        long number = Numbers.decimal(id);
        return number >= 0 && number < FIRST_PERSON || number == NOBODY;
    }

    private static String members(String list, Set<String> system) {
        StringBuilder kept = new StringBuilder();
        for (String member : list.split(",", -1)) {
            if (system.contains(member)) {
                kept.append(kept.isEmpty() ? "" : ",").append(member);
            }
        }
        return kept.toString();
    }

    private void copy(Path from, Path target) throws IOException {
        if (!Files.exists(from, LinkOption.NOFOLLOW_LINKS)) {
            return;
        }
        Files.createDirectories(target.resolveSibling("."));
        Files.walkFileTree(
                from,
                new SimpleFileVisitor<>() {
                    @Override
                    public FileVisitResult preVisitDirectory(
                            Path directory, BasicFileAttributes attributes) throws IOException {
                        if (!isPublic(directory, PosixFilePermission.OTHERS_EXECUTE)) {
                            return FileVisitResult.SKIP_SUBTREE;
                        }
                        Path copy = target.resolve(from.relativize(directory));
                        Files.createDirectories(copy);
                        mode(copy, "rwxr-xr-x");
                        return FileVisitResult.CONTINUE;
                    }

                    @Override
                    public FileVisitResult visitFile(Path file, BasicFileAttributes attributes)
                            throws IOException {
                        Path copy =
                                file.equals(from) ? target : target.resolve(from.relativize(file));
                        if (attributes.isSymbolicLink()) {
                            Files.createSymbolicLink(copy, Files.readSymbolicLink(file));
                        } else if (attributes.isRegularFile()
                                && isPublic(file, PosixFilePermission.OTHERS_READ)) {
                            Files.copy(file, copy, StandardCopyOption.COPY_ATTRIBUTES);
                        }
                        return FileVisitResult.CONTINUE;
                    }

                    @Override
                    public FileVisitResult visitFileFailed(Path file, IOException e) {
                        // removed while we look, or not for us to see
                        return FileVisitResult.CONTINUE;
                    }
                });
    }

    private static boolean isPublic(Path path, PosixFilePermission permission) throws IOException {
        return Files.readAttributes(path, PosixFileAttributes.class, LinkOption.NOFOLLOW_LINKS)
                .permissions()
                .contains(permission);
    }

    private void directory(String name, String mode) throws IOException {
        Path path = to.resolve(name);
        Files.createDirectories(path);
        mode(path, mode);
    }

    private static void write(Path path, String text) throws IOException {
        Files.writeString(path, text);
        mode(path, "rw-r--r--");
    }

    /**
     * Sets a mode, whatever the umask; nine letters, and {@code t} at the end for the sticky bit.
     */
    private static void mode(Path path, String letters) throws IOException {
        if (letters.endsWith("t")) {
            Files.setAttribute(path, "unix:mode", 01777);
        } else {
            Files.setPosixFilePermissions(path, PosixFilePermissions.fromString(letters));
        }
    }
}
