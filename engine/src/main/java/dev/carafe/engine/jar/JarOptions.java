package dev.carafe.engine.jar;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * Which jar becomes an image, and how. What is absent has a default: the manifest's main class, the
 * host's libc as base, user 65532, the JDK that runs this JVM. Every setter refuses a bad value at
 * once with an {@link IllegalArgumentException} of one line. Not safe for use by several threads.
 */
public final class JarOptions {
    /** A user without privileges, with a number that no distribution gives away. */
    public static final String NONROOT = "65532:65532";

    /** The last second of the year 9999, the last that RFC 3339 can write. */
    private static final long LAST_SECOND = 253_402_300_799L;

    private static final Pattern MODULE = Pattern.compile("[A-Za-z_][\\w.]*");
    private static final Pattern CLASS = Pattern.compile("[\\p{L}_$][\\p{L}\\p{N}_$.]*");

    private final Path jar;
    private final List<String> names = new ArrayList<>();
    private final List<Path> libraries = new ArrayList<>();
    private final List<String> modules = new ArrayList<>();
    private final List<String> jlinkOptions = new ArrayList<>();
    private JarBase base = new JarBase.HostLibc();
    private Optional<String> mainClass = Optional.empty();
    private String user = NONROOT;
    private Path javaHome = Path.of(System.getProperty("java.home"));
    private long epoch;

    private JarOptions(Path jar) {
        this.jar = jar;
    }

    /**
     * Options for an image of a jar.
     *
     * @param jar a runnable jar: plain, with dependencies beside it, or one of Spring Boot
     */
    public static JarOptions of(Path jar) {
        return new JarOptions(jar);
    }

    /** One more name of the image, such as {@code app:1}. */
    public JarOptions name(String value) {
        names.add(notEmpty("image name", value));
        return this;
    }

    /** What the image stands on. */
    public JarOptions base(JarBase value) {
        base = value;
        return this;
    }

    /** One more jar, or a directory of jars, for the end of the class path. */
    public JarOptions library(Path value) {
        libraries.add(value);
        return this;
    }

    /**
     * One more module for the run-time image: what the application finds by reflection or as a
     * service, such as {@code jdk.localedata}, is beyond jdeps.
     */
    public JarOptions module(String value) {
        if (!MODULE.matcher(value).matches()) {
            throw new IllegalArgumentException("invalid module name: " + quote(value));
        }
        modules.add(value);
        return this;
    }

    /** One more option for jlink, such as {@code --compress=zip-9}. */
    public JarOptions jlinkOption(String value) {
        for (String ours : List.of("--output", "--add-modules", "--module-path", "--save-opts")) {
            if (value.equals(ours) || value.startsWith(ours + "=")) {
                throw new IllegalArgumentException(
                        "the jlink option "
                                + ours
                                + " is set by the build; name modules with --module");
            }
        }
        if (!value.startsWith("-")) {
            throw new IllegalArgumentException(
                    "invalid jlink option " + quote(value) + ": it must begin with a dash");
        }
        jlinkOptions.add(value);
        return this;
    }

    /** The class to run in place of the manifest's. */
    public JarOptions mainClass(String value) {
        if (!CLASS.matcher(value).matches()) {
            throw new IllegalArgumentException("invalid class name: " + quote(value));
        }
        mainClass = Optional.of(value);
        return this;
    }

    /** Who runs it: a name or number, with or without a group. */
    public JarOptions user(String value) {
        user = notEmpty("user", value);
        return this;
    }

    /** The JDK whose jdeps and jlink are used and whose modules go into the image. */
    public JarOptions javaHome(Path value) {
        javaHome = value;
        return this;
    }

    /**
     * The time that every file and the image itself bear: seconds since 1970, 0 to the end of 9999;
     * 0 unless set.
     */
    public JarOptions sourceDateEpoch(long seconds) {
        if (seconds < 0 || seconds > LAST_SECOND) {
            throw new IllegalArgumentException(
                    "SOURCE_DATE_EPOCH must be a number of seconds from 0 to "
                            + LAST_SECOND
                            + ", not "
                            + seconds);
        }
        epoch = seconds;
        return this;
    }

    public Path jar() {
        return jar;
    }

    public List<String> names() {
        return List.copyOf(names);
    }

    public JarBase base() {
        return base;
    }

    public List<Path> libraries() {
        return List.copyOf(libraries);
    }

    public List<String> modules() {
        return List.copyOf(modules);
    }

    public List<String> jlinkOptions() {
        return List.copyOf(jlinkOptions);
    }

    public Optional<String> mainClass() {
        return mainClass;
    }

    public String user() {
        return user;
    }

    public Path javaHome() {
        return javaHome;
    }

    public long sourceDateEpoch() {
        return epoch;
    }

    private static String notEmpty(String what, String value) {
        if (value.isBlank()) {
            throw new IllegalArgumentException("the " + what + " is empty");
        }
        return value;
    }

    private static String quote(String value) {
        return '"' + value.replaceAll("\\p{Cntrl}", "?") + '"';
    }
}
