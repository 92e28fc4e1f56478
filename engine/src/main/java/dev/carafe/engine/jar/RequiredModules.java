package dev.carafe.engine.jar;

import dev.carafe.engine.image.ImageException;
import dev.carafe.oci.image.Digest;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.zip.CRC32;
import java.util.zip.ZipEntry;
import java.util.zip.ZipException;
import java.util.zip.ZipFile;
import java.util.zip.ZipOutputStream;

/**
 * The modules that an application needs, as jdeps finds them. It is given all classes as one plain
 * jar of the release at hand: of jars as they are it refuses some, for a module that one of them
 * names, or for several versions of a class.
 *
 * <p>What is only found at run time is beyond jdeps: services of the JDK, classes by name. The
 * usual ones are added by what the classes mention; others are the user's to name.
 */
final class RequiredModules {
    /** A class or string among the constants, and the module that answers for it. */
    private static final Map<String, String> BY_MENTION =
            Map.ofEntries(
                    Map.entry("java/nio/file/FileSystems", "jdk.zipfs"),
                    Map.entry("sun.misc.Unsafe", "jdk.unsupported"),
                    Map.entry("sun.misc.Signal", "jdk.unsupported"),
                    Map.entry("com.sun.management.OperatingSystemMXBean", "jdk.management"),
                    Map.entry("com.sun.management.HotSpotDiagnosticMXBean", "jdk.management"),
                    Map.entry("com.sun.management.ThreadMXBean", "jdk.management"),
                    Map.entry("com.sun.management:type=HotSpotDiagnostic", "jdk.management"),
                    Map.entry("com.sun.jndi.dns.DnsContextFactory", "jdk.naming.dns"),
                    Map.entry("com.sun.security.auth.module.Krb5LoginModule", "jdk.security.auth"),
                    Map.entry("com.sun.net.httpserver.HttpServer", "jdk.httpserver"),
                    Map.entry("java.sql.Driver", "java.sql"),
                    Map.entry("java.util.logging.Logger", "java.logging"),
                    Map.entry("java.lang.management.ManagementFactory", "java.management"),
                    Map.entry("javax.naming.InitialContext", "java.naming"),
                    Map.entry("jdk.net.ExtendedSocketOptions", "jdk.net"),
                    Map.entry("jdk.jfr.Event", "jdk.jfr"));

    /** Elliptic curves, without which TLS has few ciphers, are in java.base from 22 on. */
    private static final int EC_IN_BASE = 22;

    /** A class of a package that is, or could be, the JDK's. */
    private static final Pattern OF_JDK =
            Pattern.compile(
                    "(?:^|L)((?:javax?|jdk|sun|com/sun|org/xml|org/w3c|org/ietf|netscape)/[\\w/$]+)");

    private static final int MOST_CLASS = 64 << 20;
    private static final Pattern MODULES = Pattern.compile("[\\w.]+(,[\\w.]+)*");

    private final Jdk jdk;
    private final Records records;
    private final Notes notes;
    private final Set<String> mentioned = new HashSet<>();
    private final Set<String> referred = new TreeSet<>();
    private final Set<String> written = new HashSet<>();
    private int newest;

    private RequiredModules(Jdk jdk, Records records, Notes notes) {
        this.jdk = jdk;
        this.records = records;
        this.notes = notes;
    }

    /** What a set of modules depends on, for a cache of them. */
    static String key(Jdk jdk, List<Library> libraries) {
        StringBuilder text = new StringBuilder("modules 1\n").append(jdk.identity()).append('\n');
        for (Library library : libraries) {
            text.append(library.digest()).append('\n');
        }
        return Digest.sha256(text.toString().getBytes(StandardCharsets.UTF_8)).hex();
    }

    /**
     * The modules of an application's own classes.
     *
     * @param jar what they come from, for messages
     */
    static Set<String> of(
            Jdk jdk, Path jar, Entries classes, Path temporary, Records records, Notes notes)
            throws IOException {
        RequiredModules found = new RequiredModules(jdk, records, notes);
        Path all = temporary.resolve("classes.jar");
        try (ZipOutputStream out = open(all)) {
            found.add(classes, out);
        }
        if (found.newest > jdk.newestClass()) {
            throw new ImageException(
                    jar
                            + " is compiled for Java "
                            + Jdk.releaseOf(found.newest)
                            + ", and the JDK in "
                            + jdk.home()
                            + " is of release "
                            + jdk.feature()
                            + "; name a newer one with --java-home");
        }
        return found.ask(all);
    }

    /** The modules of dependencies, in files of a directory. */
    static Set<String> of(
            Jdk jdk, List<Path> libraries, Path temporary, Records records, Notes notes)
            throws IOException {
        RequiredModules found = new RequiredModules(jdk, records, notes);
        Path all = temporary.resolve("libraries.jar");
        try (ZipOutputStream out = open(all)) {
            for (Path library : libraries) {
                found.addLibrary(library, out);
            }
        }
        return found.ask(all);
    }

    private static ZipOutputStream open(Path file) throws IOException {
        ZipOutputStream out =
                new ZipOutputStream(new BufferedOutputStream(Files.newOutputStream(file)));
        out.setMethod(ZipOutputStream.STORED);
        return out;
    }

    private void addLibrary(Path library, ZipOutputStream out) throws IOException {
        try (ZipFile zip = new ZipFile(library.toFile())) {
            boolean many = RunnableJar.isMultiRelease(RunnableJar.manifest(library, zip));
            Map<String, ZipEntry> all = RunnableJar.entries(library, zip);
            add(Entries.of(library, zip, all, "", many ? jdk.feature() : 0), out);
        } catch (ZipException e) {
            throw new ImageException(
                    "the dependency " + library.getFileName() + " is no jar: " + e.getMessage(), e);
        }
    }

    /** Whether a jar has a class for this release. */
    static boolean has(Path library, String path) throws IOException {
        try (ZipFile zip = new ZipFile(library.toFile())) {
            return zip.getEntry(path) != null;
        }
    }

    private void add(Entries entries, ZipOutputStream out) throws IOException {
        for (Map.Entry<String, ZipEntry> file : entries.files().entrySet()) {
            String path = file.getKey();
            boolean wanted =
                    Entries.isClass(path)
                            && !Entries.isModuleInfo(path)
                            && !path.startsWith("META-INF/");
            // the first of two classes of one name is the one that is loaded
            if (wanted && written.add(path)) {
                add(path, entries, file.getValue(), out);
            }
        }
    }

    private void add(String path, Entries entries, ZipEntry entry, ZipOutputStream out)
            throws IOException {
        byte[] bytes = entries.read(entry, MOST_CLASS);
        int version = ClassFile.version(bytes);
        newest = Math.max(newest, version);
        // jdeps stops at a class that is newer than itself; in a library it may never be loaded
        if (version == 0 || version > jdk.newestClass()) {
            return;
        }
        ClassFile.constants(bytes, this::constant);
        CRC32 crc = new CRC32();
        crc.update(bytes);
        ZipEntry copy = new ZipEntry(path);
        copy.setTime(0);
        copy.setSize(bytes.length);
        copy.setCrc(crc.getValue());
        out.putNextEntry(copy);
        out.write(bytes);
        out.closeEntry();
    }

    private void constant(String text) {
        if (BY_MENTION.containsKey(text)) {
            mentioned.add(text);
        }
        // a class's name, alone, in a descriptor or in a signature
        Matcher names = OF_JDK.matcher(text);
        while (names.find()) {
            referred.add(names.group(1));
        }
    }

    /**
     * What jdeps finds depends on nothing but which of the JDK's classes are mentioned, and these
     * seldom change when the classes do.
     */
    private Set<String> ask(Path jar) throws IOException {
        Set<String> modules = new TreeSet<>(Set.of("java.base"));
        if (!written.isEmpty()) {
            String key = key();
            Optional<String> known = records.read(key);
            if (known.isEmpty()) {
                List<String> arguments =
                        List.of("--ignore-missing-deps", "--print-module-deps", jar.toString());
                known = Optional.of(String.join(",", parse(jdk.jdeps(arguments))));
                records.write(key, known.get());
            }
            modules.addAll(List.of(known.get().split(",")));
        }
        for (String word : mentioned) {
            String module = BY_MENTION.getOrDefault(word, "java.base");
            if (jdk.modules().contains(module)) {
                modules.add(module);
            }
        }
        Files.delete(jar);
        return modules;
    }

    private String key() {
        StringBuilder text = new StringBuilder("jdeps 1\n").append(jdk.identity());
        for (String name : referred) {
            text.append('\n').append(name);
        }
        return Digest.sha256(text.toString().getBytes(StandardCharsets.UTF_8)).hex();
    }

    /** The modules are the last line; before it may be warnings. */
    private List<String> parse(String said) throws ImageException {
        String last = "";
        List<String> warnings = new ArrayList<>();
        for (String line : said.lines().toList()) {
            if (MODULES.matcher(line.strip()).matches()) {
                last = line.strip();
            } else if (!line.isBlank()) {
                warnings.add(line.strip());
            }
        }
        if (last.isEmpty()) {
            throw new ImageException("jdeps of " + jdk.home() + " named no modules: " + warnings);
        }
        warnings.forEach(notes::note);
        return List.of(last.split(","));
    }

    /** All modules of a run-time image: those found, those named, and what every one gets. */
    static Set<String> complete(Jdk jdk, Set<String> found, List<String> named)
            throws ImageException {
        Set<String> all = new TreeSet<>(found);
        for (String module : named) {
            if (!jdk.modules().contains(module)) {
                throw new ImageException("the JDK in " + jdk.home() + " has no module " + module);
            }
            all.add(module);
        }
        if (jdk.feature() < EC_IN_BASE && jdk.modules().contains("jdk.crypto.ec")) {
            all.add("jdk.crypto.ec");
        }
        return all;
    }
}
