package dev.carafe.engine.jar;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Stream;

/**
 * What a run-time image wants of the system below it.
 *
 * @param machine e_machine of its programs
 * @param interpreter the dynamic linker's path; none when it is linked statically
 * @param outside libraries that it has not itself, each with a file that needs it
 */
record Linkage(int machine, Optional<String> interpreter, Map<String, String> outside) {
    /** Libraries that only the JDK's windows and sound need; a server's image goes without. */
    private static final Set<String> DESKTOP =
            Set.of(
                    "libawt_xawt.so",
                    "libjawt.so",
                    "libsplashscreen.so",
                    "libjsound.so",
                    "libfontmanager.so",
                    "libfreetype.so",
                    "libjavajpeg.so",
                    "liblcms.so");

    /** Reads every ELF file below the run-time image's directory. */
    static Linkage of(Path runtime) throws IOException {
        Map<String, ElfFile> files = new TreeMap<>();
        try (Stream<Path> all = Files.walk(runtime)) {
            for (Path path : (Iterable<Path>) all::iterator) {
                if (Files.isRegularFile(path, java.nio.file.LinkOption.NOFOLLOW_LINKS)) {
                    Optional<ElfFile> elf = ElfFile.read(path);
                    if (elf.isPresent()) {
                        files.put(String.valueOf(path.getFileName()), elf.get());
                    }
                }
            }
        }
        ElfFile java = files.get("java");
        if (java == null) {
            throw new IOException(runtime + "/bin/java is not a program of a 64-bit Linux");
        }
        return new Linkage(java.machine(), java.interpreter(), outside(files));
    }

    private static Map<String, String> outside(Map<String, ElfFile> files) {
        Map<String, String> outside = new TreeMap<>();
        for (Map.Entry<String, ElfFile> file : files.entrySet()) {
            for (String needed : file.getValue().needed()) {
                if (!files.containsKey(needed)) {
                    // the most important of those that need it is named
                    outside.merge(
                            needed,
                            file.getKey(),
                            (a, b) -> DESKTOP.contains(a) && !DESKTOP.contains(b) ? b : a);
                }
            }
        }
        return outside;
    }

    /** Whether the JVM starts without this library. */
    boolean isOptional(String library) {
        return DESKTOP.contains(outside.getOrDefault(library, ""));
    }

    /** What the libraries are on a host, with all that they need in turn. */
    record Closure(Map<String, Path> files, List<String> missing) {}

    /** Finds the libraries on the host. */
    Closure resolve(SharedLibraries host) throws IOException {
        Map<String, Path> files = new TreeMap<>();
        Set<String> missing = new TreeSet<>();
        List<String> todo = new ArrayList<>(outside.keySet());
        // glibc opens these by name to look up hosts; what a newer glibc lacks is no loss
        List<String> dynamic = List.of("libnss_files.so.2", "libnss_dns.so.2", "libresolv.so.2");
        todo.addAll(dynamic);
        while (!todo.isEmpty()) {
            String name = todo.removeLast();
            if (files.containsKey(name) || missing.contains(name)) {
                continue;
            }
            Optional<Path> file = host.find(name);
            if (file.isEmpty()) {
                missing.add(name);
                continue;
            }
            files.put(name, file.get());
            ElfFile.read(file.get()).ifPresent(elf -> todo.addAll(elf.needed()));
        }
        missing.removeAll(dynamic);
        return new Closure(files, List.copyOf(missing));
    }
}
