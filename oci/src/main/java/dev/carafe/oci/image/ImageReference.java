package dev.carafe.oci.image;

import dev.carafe.oci.OciException;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * The name of an image, in full: {@code docker.io/library/debian:latest} where people type {@code
 * debian}. The grammar and the defaults are those of github.com/distribution/reference.
 *
 * @param domain registry: host name, IPv4 address or IPv6 address in brackets, and maybe a port
 * @param path repository in the registry: lower case, at most 255 characters
 * @param tag at most 128 characters
 * @param digest wins over the tag when both are there
 */
public record ImageReference(
        String domain, String path, @Nullable String tag, @Nullable Digest digest) {
    private static final String DEFAULT_DOMAIN = "docker.io";
    private static final String LEGACY_DOMAIN = "index.docker.io";
    private static final String OFFICIAL = "library/";
    private static final String DEFAULT_TAG = "latest";
    private static final int MAX_PATH = 255;
    private static final int MAX_TAG = 128;

    /**
     * Checks every part.
     *
     * @throws OciException when one does not fit the grammar
     */
    public ImageReference {
        if (!isDomain(domain)) {
            throw new OciException(
                    "image reference: not a registry host: ".concat(OciException.quote(domain)));
        }
        if (path.length() > MAX_PATH) {
            throw new OciException("image reference: the name has more than 255 characters");
        }
        if (!isPath(path)) {
            throw new OciException(
                    (hasUpper(path)
                                    ? "image reference: the name must be lower case: "
                                    : "image reference: not a name: ")
                            .concat(OciException.quote(path)));
        }
        if (tag != null && !isTag(tag)) {
            throw new OciException("image reference: not a tag: ".concat(OciException.quote(tag)));
        }
    }

    /**
     * Reads a reference as people type it: the registry defaults to docker.io, there a single name
     * is below {@code library/}, and without tag and digest the tag is {@code latest}.
     *
     * @throws OciException when it is none
     */
    public static ImageReference parse(String text) {
        if (isIdentifier(text)) {
            throw new OciException(
                    "image reference: 64 hexadecimal digits are an image id, not a name: "
                            .concat(OciException.quote(text)));
        }
        String rest = text;
        Digest digest = null;
        int at = rest.indexOf('@');
        if (at >= 0) {
            digest = Digest.parse(rest.substring(at + 1));
            rest = rest.substring(0, at);
        }
        String domain = DEFAULT_DOMAIN;
        int slash = rest.indexOf('/');
        if (slash >= 0 && looksLikeDomain(rest.substring(0, slash))) {
            domain = rest.substring(0, slash);
            rest = rest.substring(slash + 1);
        }
        if (domain.equals(LEGACY_DOMAIN)) {
            domain = DEFAULT_DOMAIN;
        }
        String tag = digest == null ? DEFAULT_TAG : null;
        int colon = rest.indexOf(':');
        if (colon >= 0) {
            tag = rest.substring(colon + 1);
            rest = rest.substring(0, colon);
        }
        if (domain.equals(DEFAULT_DOMAIN) && rest.indexOf('/') < 0 && !rest.isEmpty()) {
            rest = OFFICIAL.concat(rest);
        }
        return new ImageReference(domain, rest, tag, digest);
    }

    /** Registry and repository, with neither tag nor digest: "docker.io/library/debian". */
    public String name() {
        return domain.concat("/").concat(path);
    }

    /** Without what {@link #parse} would add, the tag apart: "debian:latest". */
    public String familiar() {
        return withSuffix(familiarName());
    }

    /** The familiar form with neither tag nor digest: "debian". */
    public String familiarName() {
        if (!domain.equals(DEFAULT_DOMAIN)) {
            return name();
        }
        if (path.startsWith(OFFICIAL) && path.indexOf('/', OFFICIAL.length()) < 0) {
            return path.substring(OFFICIAL.length());
        }
        // In docker.io/a.b/c, what is left without the registry would name the registry a.b.
        int slash = path.indexOf('/');
        return slash < 0 || looksLikeDomain(path.substring(0, slash)) ? name() : path;
    }

    /** In full: "docker.io/library/debian:latest". */
    @Override
    public String toString() {
        return withSuffix(name());
    }

    private String withSuffix(String name) {
        String out = tag == null ? name : name.concat(":").concat(tag);
        return digest == null ? out : out.concat("@").concat(digest.toString());
    }

    /** In "a/b", is "a" a host? Only if it could not be the first part of a path, or says so. */
    private static boolean looksLikeDomain(String first) {
        return first.equals("localhost")
                || first.indexOf('.') >= 0
                || first.indexOf(':') >= 0
                || hasUpper(first);
    }

    private static boolean isDomain(String text) {
        int end;
        if (text.startsWith("[")) {
            end = text.indexOf(']') + 1;
            if (end < 3 || !isIpv6(text, 1, end - 1)) {
                return false;
            }
        } else {
            int colon = text.indexOf(':');
            end = colon < 0 ? text.length() : colon;
            if (!isHost(text, end)) {
                return false;
            }
        }
        return end == text.length()
                || text.charAt(end) == ':' && end + 1 < text.length() && isDigits(text, end + 1);
    }

    /** Labels of letters, digits and inner hyphens, with dots between them. */
    private static boolean isHost(String text, int end) {
        char before = '.';
        for (int i = 0; i < end; i++) {
            char c = text.charAt(i);
            boolean good =
                    switch (c) {
                        case '.' -> before != '.' && before != '-';
                        case '-' -> before != '.';
                        default -> isLetterOrDigit(c);
                    };
            if (!good) {
                return false;
            }
            before = c;
        }
        return before != '.' && before != '-';
    }

    private static boolean isIpv6(String text, int from, int to) {
        for (int i = from; i < to; i++) {
            char c = text.charAt(i);
            if (c != ':' && Character.digit(c, 16) < 0 || c > 127) {
                return false;
            }
        }
        return true;
    }

    private static boolean isDigits(String text, int from) {
        for (int i = from; i < text.length(); i++) {
            if (text.charAt(i) < '0' || text.charAt(i) > '9') {
                return false;
            }
        }
        return true;
    }

    /** Parts with slashes between them; in a part, ".", "_", "__" or hyphens between letters. */
    private static boolean isPath(String text) {
        int i = 0;
        while (true) {
            int start = i;
            while (i < text.length() && isLowerOrDigit(text.charAt(i))) {
                i++;
            }
            if (i == start) {
                return false;
            }
            if (i == text.length()) {
                return true;
            }
            i = text.charAt(i) == '/' ? i + 1 : separator(text, i);
        }
    }

    /** Past the separator; in place when there is none, where no letter can follow either. */
    private static int separator(String text, int from) {
        int i = from;
        switch (text.charAt(i)) {
            case '.' -> i++;
            case '_' -> i += text.startsWith("__", i) ? 2 : 1;
            case '-' -> {
                while (i < text.length() && text.charAt(i) == '-') {
                    i++;
                }
            }
            default -> {}
        }
        return i;
    }

    private static boolean isTag(String text) {
        if (text.isEmpty() || text.length() > MAX_TAG) {
            return false;
        }
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (!isLetterOrDigit(c) && c != '_' && (i == 0 || c != '.' && c != '-')) {
                return false;
            }
        }
        return true;
    }

    private static boolean isIdentifier(String text) {
        if (text.length() != 64) {
            return false;
        }
        for (int i = 0; i < 64; i++) {
            char c = text.charAt(i);
            if ((c < '0' || c > '9') && (c < 'a' || c > 'f')) {
                return false;
            }
        }
        return true;
    }

    private static boolean hasUpper(String text) {
        for (int i = 0; i < text.length(); i++) {
            if (text.charAt(i) >= 'A' && text.charAt(i) <= 'Z') {
                return true;
            }
        }
        return false;
    }

    private static boolean isLowerOrDigit(char c) {
        return c >= 'a' && c <= 'z' || c >= '0' && c <= '9';
    }

    private static boolean isLetterOrDigit(char c) {
        return isLowerOrDigit(c) || c >= 'A' && c <= 'Z';
    }

    // By hand, since a record's own is linked by a bootstrap method, which a cold start would pay
    // for with more than everything else that is done to names.
    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof ImageReference that
                && path.equals(that.path)
                && domain.equals(that.domain)
                && Objects.equals(tag, that.tag)
                && Objects.equals(digest, that.digest);
    }

    @Override
    public int hashCode() {
        int hash = 31 * domain.hashCode() + path.hashCode();
        return 31 * (31 * hash + Objects.hashCode(tag)) + Objects.hashCode(digest);
    }
}
