package dev.carafe.engine;

import java.nio.file.Path;

/**
 * A bind mount of a host path.
 *
 * @param source the file or directory on the host, absolute
 * @param target where it appears, an absolute path inside the container
 * @param readOnly whether it can't be written through this mount
 * @param recursion what happens to the mounts below the source
 * @param propagation how later mounts propagate
 * @param createSource whether a missing source is made as a directory, as {@code -v} does
 */
public record Volume(
        Path source,
        String target,
        boolean readOnly,
        Recursion recursion,
        Propagation propagation,
        boolean createSource) {

    /** What happens to the mounts below a bind mount's source. */
    public enum Recursion {
        /** They come along, and are read-only when the mount is, where the kernel can do that. */
        ENABLED,
        /** They stay away. */
        DISABLED,
        /** They come along and stay writable. */
        WRITABLE,
        /** They come along and must become read-only. */
        READONLY
    }

    public Volume {
        source = source.toAbsolutePath().normalize();
        Check.absolute("volume target", target);
        if (target.equals("/")) {
            throw Check.invalid("volume target", target, "it can't be the root itself");
        }
        if (recursion == Recursion.READONLY && !readOnly) {
            throw new IllegalArgumentException(
                    "volume " + target + ": a recursive read-only mount must be read-only");
        }
    }

    /** A writable bind mount. */
    public static Volume of(Path source, String target) {
        return new Volume(source, target, false, Recursion.ENABLED, Propagation.RPRIVATE, false);
    }

    /** A read-only bind mount. */
    public static Volume readOnly(Path source, String target) {
        return new Volume(source, target, true, Recursion.ENABLED, Propagation.RPRIVATE, false);
    }

    /**
     * Reads the form of {@code -v}: {@code SOURCE:TARGET[:OPTION,...]}, a relative source from the
     * working directory.
     */
    public static Volume parse(String text) {
        int first = text.indexOf(':');
        int second = first < 0 ? -1 : text.indexOf(':', first + 1);
        if (first < 0) {
            throw invalid(
                    text,
                    "volumes without a host path aren't available yet; give HOST-PATH:" + text);
        }
        String source = text.substring(0, first);
        if (source.isEmpty()) {
            throw invalid(text, "the host path is empty");
        }
        if (source.charAt(0) != '/' && source.charAt(0) != '.' && source.charAt(0) != '~') {
            throw invalid(
                    text, "named volumes aren't available yet; for a directory write ./" + source);
        }
        String target = second < 0 ? text.substring(first + 1) : text.substring(first + 1, second);
        boolean readOnly = false;
        Recursion recursion = Recursion.ENABLED;
        Propagation propagation = Propagation.RPRIVATE;
        if (second >= 0) {
            for (String option : text.substring(second + 1).split(",", -1)) {
                switch (option) {
                    case "ro", "readonly" -> readOnly = true;
                    case "rw" -> readOnly = false;
                    case "rro" -> {
                        readOnly = true;
                        recursion = Recursion.READONLY;
                    }
                    case "rbind" -> recursion = Recursion.ENABLED;
                    case "bind" -> recursion = Recursion.DISABLED;
                    case "z", "Z" -> throw invalid(text, "SELinux relabelling isn't available yet");
                    default -> propagation = propagation(text, option);
                }
            }
        }
        return new Volume(Path.of(source), target, readOnly, recursion, propagation, true);
    }

    private static Propagation propagation(String text, String option) {
        for (Propagation p : Propagation.values()) {
            if (p.option().equals(option)) {
                return p;
            }
        }
        throw invalid(text, "unknown option " + Check.quote(option));
    }

    private static IllegalArgumentException invalid(String text, String why) {
        return new IllegalArgumentException(
                "invalid volume specification " + Check.quote(text) + ": " + why);
    }
}
