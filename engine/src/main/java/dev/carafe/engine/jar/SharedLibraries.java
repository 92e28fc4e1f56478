package dev.carafe.engine.jar;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * Finds the host's shared libraries by name as its dynamic linker would: by ld.so.cache (glibc's
 * sysdeps/generic/dl-cache.h, the format 1.1), then in the usual directories.
 *
 * @param root "/", but for tests
 * @param machine the e_machine that a library must have
 */
record SharedLibraries(Path root, int machine, Map<String, List<String>> cache) {
    private static final byte[] MAGIC =
            "glibc-ld.so.cache1.1".getBytes(StandardCharsets.ISO_8859_1);
    private static final int CACHE_HEADER = 48;
    private static final int CACHE_ENTRY = 24;
    private static final long MOST_CACHE = 16 << 20;
    private static final int X86_64 = 62;

    static SharedLibraries of(Path root, int machine) throws IOException {
        Path file = root.resolve("etc/ld.so.cache");
        boolean usable = Files.isReadable(file) && Files.size(file) <= MOST_CACHE;
        return new SharedLibraries(
                root, machine, usable ? parse(Files.readAllBytes(file)) : Map.of());
    }

    /** Names to paths, the linker's first choice first; what is damaged is left out. */
    static Map<String, List<String>> parse(byte[] bytes) {
        Map<String, List<String>> found = new TreeMap<>();
        int start = indexOf(bytes);
        if (start < 0 || bytes.length - start < CACHE_HEADER) {
            return found;
        }
        ByteBuffer cache =
                ByteBuffer.wrap(bytes, start, bytes.length - start)
                        .slice()
                        .order(ByteOrder.LITTLE_ENDIAN);
        long count = cache.getInt(20) & 0xffff_ffffL;
        long room = ((long) cache.limit() - CACHE_HEADER) / CACHE_ENTRY;
        for (int i = 0; i < Math.min(count, room); i++) {
            int at = CACHE_HEADER + i * CACHE_ENTRY;
            // an entry with a hwcap is a variant for newer processors, which other hosts may lack
            if (cache.getLong(at + 16) == 0) {
                String name = string(cache, cache.getInt(at + 4));
                String path = string(cache, cache.getInt(at + 8));
                if (!name.isEmpty() && path.startsWith("/")) {
                    found.computeIfAbsent(name, _ -> new ArrayList<>()).add(path);
                }
            }
        }
        return found;
    }

    /** Where the magic is: at the start, or behind a table of the old format. */
    private static int indexOf(byte[] bytes) {
        for (int i = 0; i + MAGIC.length <= bytes.length; i += 4) {
            if (java.util.Arrays.equals(bytes, i, i + MAGIC.length, MAGIC, 0, MAGIC.length)) {
                return i;
            }
        }
        return -1;
    }

    private static String string(ByteBuffer cache, int from) {
        int end = from;
        while (end >= 0 && end < cache.limit() && cache.get(end) != 0) {
            end++;
        }
        if (from < 0 || end >= cache.limit()) {
            return "";
        }
        byte[] bytes = new byte[end - from];
        cache.get(from, bytes);
        return new String(bytes, StandardCharsets.UTF_8);
    }

    /** The directories that the linker of some distribution searches by itself. */
    static List<String> directories(int machine) {
        String triplet = (machine == X86_64 ? "x86_64" : "aarch64") + "-linux-gnu";
        return List.of(
                "/lib/" + triplet,
                "/usr/lib/" + triplet,
                "/lib64",
                "/usr/lib64",
                "/lib",
                "/usr/lib",
                "/usr/local/lib");
    }

    /** The file of a library, free of links. */
    Optional<Path> find(String name) throws IOException {
        if (name.indexOf('/') >= 0) {
            return Optional.empty();
        }
        List<String> paths = new ArrayList<>(cache.getOrDefault(name, List.of()));
        for (String directory : directories(machine)) {
            paths.add(directory + "/" + name);
        }
        for (String path : paths) {
            Path file = root.resolve(path.substring(1));
            if (Files.isRegularFile(file)) {
                Optional<ElfFile> elf = ElfFile.read(file);
                if (elf.isPresent() && elf.get().machine() == machine) {
                    return Optional.of(file.toRealPath());
                }
            }
        }
        return Optional.empty();
    }
}
