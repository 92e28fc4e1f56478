package dev.carafe.engine.image;

import dev.carafe.oci.image.ImageConfig;
import java.nio.file.FileSystems;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.nio.file.PathMatcher;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.regex.PatternSyntaxException;
import org.jspecify.annotations.Nullable;

/**
 * Which images to list or to remove, in the terms of docker images --filter: label, label!,
 * dangling, before, since, until and reference.
 */
public final class ImageFilter {
    /** Accepts every image. */
    public static final ImageFilter ALL = new ImageFilter();

    private final List<String> labels = new ArrayList<>();
    private final List<String> notLabels = new ArrayList<>();
    private final List<PathMatcher> references = new ArrayList<>();
    private @Nullable Boolean dangling;
    private @Nullable Instant before;
    private @Nullable Instant since;

    private ImageFilter() {}

    /**
     * Reads terms, all of which an image must satisfy; of several references, one.
     *
     * @param terms each {@code key=value}
     * @param store where before and since look up the image that they name
     * @throws ImageException for a term that is none, or an image that is not there
     */
    public static ImageFilter parse(List<String> terms, ImageStore store) throws ImageException {
        ImageFilter filter = new ImageFilter();
        for (String term : terms) {
            int equals = term.indexOf('=');
            if (equals < 1) {
                throw wrong(term, "it must be such as label=NAME or dangling=true");
            }
            filter.add(term, term.substring(0, equals), term.substring(equals + 1), store);
        }
        return filter;
    }

    private void add(String term, String key, String value, ImageStore store)
            throws ImageException {
        switch (key) {
            case "label" -> labels.add(value);
            case "label!" -> notLabels.add(value);
            case "dangling" -> dangling = truth(term, value);
            case "before" -> before = earlier(before, created(store, value));
            case "since" -> since = later(since, created(store, value));
            case "until" -> before = earlier(before, time(term, value));
            case "reference" -> references.add(glob(term, value));
            default ->
                    throw wrong(
                            term,
                            "there are label, label!, dangling, before, since, until and reference");
        }
    }

    private static ImageException wrong(String term, String why) {
        return new ImageException("filter " + term + ": " + why);
    }

    private static boolean truth(String term, String value) throws ImageException {
        return switch (value) {
            case "true", "1" -> true;
            case "false", "0" -> false;
            default -> throw wrong(term, "it must be true or false");
        };
    }

    private static PathMatcher glob(String term, String pattern) throws ImageException {
        try {
            return FileSystems.getDefault().getPathMatcher("glob:" + pattern);
        } catch (PatternSyntaxException e) {
            throw wrong(term, "not a pattern: " + e.getDescription());
        }
    }

    private static Instant created(ImageStore store, String image) throws ImageException {
        return created(store.resolve(image).config());
    }

    private static Instant created(ImageConfig config) {
        try {
            String created = config.created();
            return created == null ? Instant.EPOCH : OffsetDateTime.parse(created).toInstant();
        } catch (DateTimeException e) {
            return Instant.EPOCH;
        }
    }

    /**
     * A point in time, or how long ago it was: 2026-01-02, 2026-01-02T03:04:05, 1700000000, 24h.
     */
    private static Instant time(String term, String value) throws ImageException {
        try {
            if (value.indexOf('-') > 0) {
                return date(value);
            }
            return Character.isDigit(value.charAt(value.length() - 1))
                    ? Instant.ofEpochSecond(Long.parseLong(value))
                    : Instant.now().minus(Duration.parse("PT" + value));
        } catch (DateTimeException
                | ArithmeticException
                | NumberFormatException
                | StringIndexOutOfBoundsException e) {
            throw wrong(term, "it must be a time such as 2026-01-02T03:04:05Z, or such as 24h");
        }
    }

    private static Instant date(String value) {
        if (value.indexOf('T') < 0) {
            return LocalDate.parse(value).atStartOfDay(ZoneOffset.UTC).toInstant();
        }
        boolean zone = value.endsWith("Z") || value.lastIndexOf('+') > 0 || value.length() > 19;
        return zone
                ? OffsetDateTime.parse(value).toInstant()
                : LocalDateTime.parse(value).toInstant(ZoneOffset.UTC);
    }

    private static Instant earlier(@Nullable Instant one, Instant other) {
        return one != null && one.isBefore(other) ? one : other;
    }

    private static Instant later(@Nullable Instant one, Instant other) {
        return one != null && one.isAfter(other) ? one : other;
    }

    /** Whether what an image says of itself satisfies the terms. */
    public boolean accepts(ImageConfig config) {
        Map<String, String> has = config.config().labels();
        for (String label : labels) {
            if (!matches(has, label)) {
                return false;
            }
        }
        for (String label : notLabels) {
            if (matches(has, label)) {
                return false;
            }
        }
        Instant created = created(config);
        return (before == null || created.isBefore(before))
                && (since == null || created.isAfter(since));
    }

    private static boolean matches(Map<String, String> labels, String label) {
        int equals = label.indexOf('=');
        return equals < 0
                ? labels.containsKey(label)
                : label.substring(equals + 1).equals(labels.get(label.substring(0, equals)));
    }

    /**
     * Whether a line of the list is wanted.
     *
     * @param repository the familiar name, or null for an image without a name
     */
    boolean acceptsName(@Nullable String repository, String tag) {
        if (dangling != null && dangling == (repository != null)) {
            return false;
        }
        if (references.isEmpty()) {
            return true;
        }
        if (repository == null) {
            return false;
        }
        for (PathMatcher pattern : references) {
            if (matches(pattern, repository) || matches(pattern, repository + ":" + tag)) {
                return true;
            }
        }
        return false;
    }

    private static boolean matches(PathMatcher pattern, String name) {
        try {
            return pattern.matches(Path.of(name));
        } catch (InvalidPathException e) {
            return false;
        }
    }

    /** Whether {@code dangling=false} was among the terms, as docker image prune takes it. */
    public boolean alsoNamed() {
        return Boolean.FALSE.equals(dangling);
    }
}
