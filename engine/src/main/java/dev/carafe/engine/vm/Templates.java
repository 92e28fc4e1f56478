package dev.carafe.engine.vm;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/**
 * All templates of machines. A file's name is the host's boot, the key of what it was made of, and
 * the name of the image's file system. The least recently used go when they take more than {@value
 * #MOST} bytes together.
 */
public final class Templates {
    /** Begins the names of those that are being made. */
    static final String PART = "part";

    private static final long MOST = 2L << 30;
    private static final long PART_MILLIS = 600_000;

    private record Entry(Path file, long size, long used) {}

    private Templates() {}

    static Path directory(Path cache) {
        return cache.resolve("templates");
    }

    static String name(String key, Path image) throws IOException {
        return boot() + "." + key + "." + image.getFileName();
    }

    /** The processor, its microcode and the kernel's part of KVM may be others after a boot. */
    private static String boot() throws IOException {
        byte[] id = Files.readAllBytes(Path.of("/proc/sys/kernel/random/boot_id"));
        return new String(id, StandardCharsets.US_ASCII).strip();
    }

    /**
     * Removes those of another boot of the host, and those whose image is gone.
     *
     * @param cache where machines keep what they share
     * @param roots the directory of the images' file systems
     * @return how many bytes that was
     */
    public static long prune(Path cache, Path roots) throws IOException {
        String boot = boot();
        long reclaimed = 0;
        for (Entry entry : entries(directory(cache))) {
            String name = String.valueOf(entry.file.getFileName());
            boolean isPart = name.startsWith(PART);
            boolean stale =
                    isPart
                            ? System.currentTimeMillis() - entry.used > PART_MILLIS
                            : !name.startsWith(boot) || !Files.exists(roots.resolve(image(name)));
            if (stale && Files.deleteIfExists(entry.file)) {
                reclaimed += entry.size;
            }
        }
        return reclaimed;
    }

    private static String image(String name) {
        int key = name.indexOf('.');
        return name.substring(name.indexOf('.', key + 1) + 1);
    }

    /** Keeps what is used most recently. */
    static void bound(Path directory, Path newest) throws IOException {
        List<Entry> entries = entries(directory);
        entries.sort(Comparator.comparingLong(Entry::used).reversed());
        long total = 0;
        for (Entry entry : entries) {
            total += entry.size;
            String name = String.valueOf(entry.file.getFileName());
            if (total > MOST && !entry.file.equals(newest) && !name.startsWith(PART)) {
                Files.deleteIfExists(entry.file);
            }
        }
    }

    private static List<Entry> entries(Path directory) throws IOException {
        List<Entry> entries = new ArrayList<>();
        if (!Files.isDirectory(directory)) {
            return entries;
        }
        try (DirectoryStream<Path> files = Files.newDirectoryStream(directory)) {
            for (Path file : files) {
                try {
                    long used = Files.getLastModifiedTime(file).toMillis();
                    entries.add(new Entry(file, Files.size(file), used));
                } catch (NoSuchFileException e) {
                    // another process removed it
                }
            }
        }
        return entries;
    }
}
