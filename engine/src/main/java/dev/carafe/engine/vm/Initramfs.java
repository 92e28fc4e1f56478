package dev.carafe.engine.vm;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * Writes the archive that a kernel unpacks into its first root: cpio of the kind newc, uncompressed
 * (Documentation/driver-api/early-userspace/buffer-format.rst). All belongs to root, at the time 0;
 * the same calls give the same bytes.
 */
public final class Initramfs {
    private static final int HEADER = 110;
    private static final int S_IFDIR = 0040000;
    private static final int S_IFREG = 0100000;
    private static final int S_IFCHR = 0020000;
    private static final int MODE = 07777;
    private static final int PATH_MAX = 4096;
    private static final byte[] PADDING = new byte[3];
    private static final byte[] DIGITS = {
        '0', '1', '2', '3', '4', '5', '6', '7', '8', '9', 'A', 'B', 'C', 'D', 'E', 'F'
    };

    private final List<byte[]> parts = new ArrayList<>();
    private final Set<String> paths = new HashSet<>();
    private int size;
    private int inode;

    /**
     * Adds a directory.
     *
     * @param path without a slash at its beginning; the directories above it are added, with mode
     *     0755, where they are not there
     * @param mode the permissions, 0 to 07777
     */
    public Initramfs directory(String path, int mode) {
        return add(path, S_IFDIR | mode & MODE, 0, 0, new byte[0]);
    }

    /** Adds a file; its bytes are not copied. */
    public Initramfs file(String path, int mode, byte[] content) {
        return add(path, S_IFREG | mode & MODE, 0, 0, content);
    }

    /** Adds the node of a character device. */
    public Initramfs characterDevice(String path, int mode, int major, int minor) {
        return add(path, S_IFCHR | mode & MODE, major, minor, new byte[0]);
    }

    private Initramfs add(String path, int mode, int major, int minor, byte[] content) {
        if (path.isEmpty() || path.startsWith("/") || path.endsWith("/")) {
            throw new IllegalArgumentException("a path in the archive: '" + path + "'");
        }
        int slash = path.lastIndexOf('/');
        if (slash > 0 && !paths.contains(path.substring(0, slash))) {
            directory(path.substring(0, slash), 0755);
        }
        if (!paths.add(path)) {
            throw new IllegalArgumentException("twice in the archive: " + path);
        }
        member(path, ++inode, mode, (mode & S_IFDIR) != 0 ? 2 : 1, major, minor, content);
        return this;
    }

    private void member(
            String path, int ino, int mode, int links, int major, int minor, byte[] content) {
        byte[] name = path.getBytes(StandardCharsets.UTF_8);
        if (name.length >= PATH_MAX || path.indexOf('\0') >= 0) {
            throw new IllegalArgumentException("the kernel takes no such path: " + path);
        }
        byte[] head = new byte[align(HEADER + name.length + 1)];
        System.arraycopy("070701".getBytes(StandardCharsets.US_ASCII), 0, head, 0, 6);
        // ino mode uid gid nlink mtime filesize devmajor devminor rdevmajor rdevminor namesize
        // check
        int[] fields = {
            ino, mode, 0, 0, links, 0, content.length, 0, 0, major, minor, name.length + 1, 0
        };
        for (int i = 0; i < fields.length; i++) {
            for (int digit = 0; digit < 8; digit++) {
                head[6 + 8 * i + digit] = DIGITS[fields[i] >>> 28 - 4 * digit & 15];
            }
        }
        System.arraycopy(name, 0, head, HEADER, name.length);
        part(head);
        if (content.length > 0) {
            part(content);
        }
    }

    private void part(byte[] bytes) {
        parts.add(bytes);
        size = Math.addExact(size, align(bytes.length));
    }

    private static int align(int length) {
        return Math.addExact(length, 3) & ~3;
    }

    /** The whole archive. */
    public byte[] bytes() {
        ByteArrayOutputStream out = new ByteArrayOutputStream(size + 256);
        try {
            write(out);
        } catch (IOException e) {
            throw new UncheckedIOException(e); // memory takes all
        }
        return out.toByteArray();
    }

    /**
     * Writes the archive into a file, which all may read; it is there wholly or not at all, and
     * replaces what was there.
     */
    public void write(Path file) throws IOException {
        Path directory = file.toAbsolutePath().getParent();
        Path part = Files.createTempFile(directory, ".initramfs", ".part");
        try {
            try (OutputStream out = Files.newOutputStream(part)) {
                write(out);
            }
            Files.setPosixFilePermissions(part, Vmlinux.READABLE);
            Files.move(part, file, StandardCopyOption.ATOMIC_MOVE);
        } finally {
            Files.deleteIfExists(part);
        }
    }

    private void write(OutputStream out) throws IOException {
        List<byte[]> all = new ArrayList<>(parts);
        Initramfs trailer = new Initramfs();
        trailer.member("TRAILER!!!", 0, 0, 1, 0, 0, new byte[0]);
        all.addAll(trailer.parts);
        for (byte[] part : all) {
            out.write(part);
            out.write(PADDING, 0, align(part.length) - part.length);
        }
    }
}
