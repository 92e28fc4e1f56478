package dev.carafe.engine.image;

import dev.carafe.linux.Arch;
import dev.carafe.oci.OciException;
import dev.carafe.oci.image.Descriptor;
import dev.carafe.oci.image.ImageConfig;
import dev.carafe.oci.image.Platform;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** What images are for: {@code linux/amd64}, {@code linux/arm/v7}. */
public final class Platforms {
    private Platforms() {}

    /** This host's. */
    public static Platform host() {
        return new Platform(Arch.host().oci(), "linux");
    }

    /**
     * Reads {@code os/architecture[/variant]}, or an architecture alone; uname's names of
     * architectures are understood too.
     *
     * @throws ImageException when it is none
     */
    public static Platform parse(String text) throws ImageException {
        String[] parts = text.toLowerCase(Locale.ROOT).split("/", -1);
        for (String part : parts) {
            if (part.isEmpty() || !part.matches("[a-z0-9_.-]+")) {
                throw wrong(text);
            }
        }
        return switch (parts.length) {
            case 1 -> of("linux", parts[0], null);
            case 2 -> of(parts[0], parts[1], null);
            case 3 -> of(parts[0], parts[1], parts[2]);
            default -> throw wrong(text);
        };
    }

    private static ImageException wrong(String text) {
        return new ImageException(
                "platform "
                        + OciException.quote(text)
                        + ": must be os/architecture, such as linux/amd64");
    }

    private static Platform of(String os, String architecture, @Nullable String variant) {
        String name =
                switch (architecture) {
                    case "x86_64", "x86-64" -> "amd64";
                    case "aarch64" -> "arm64";
                    case "i386", "i686" -> "386";
                    case "armhf" -> "arm";
                    default -> architecture;
                };
        return new Platform(name, os, null, List.of(), variant);
    }

    /** As people write it. */
    public static String text(Platform platform) {
        return text(platform.os(), platform.architecture(), platform.variant());
    }

    static String text(ImageConfig config) {
        return text(config.os(), config.architecture(), config.variant());
    }

    private static String text(String os, String architecture, @Nullable String variant) {
        String text = os + "/" + architecture + (variant == null ? "" : "/" + variant);
        return TarEntry.shown(text);
    }

    /** The best of an index's entries for a platform, or null. */
    public static @Nullable Descriptor choose(List<Descriptor> entries, Platform wanted) {
        Descriptor found = null;
        for (Descriptor entry : entries) {
            Platform platform = entry.platform();
            if (platform == null
                    || !platform.os().equals(wanted.os())
                    || !platform.architecture().equals(wanted.architecture())) {
                continue;
            }
            if (same(platform.architecture(), platform.variant(), wanted.variant())) {
                return entry;
            }
            if (found == null && wanted.variant() == null) {
                found = entry;
            }
        }
        return found;
    }

    /** Whether an image is for a platform. */
    public static boolean fits(Platform wanted, ImageConfig config) {
        return wanted.os().equals(config.os())
                && wanted.architecture().equals(config.architecture())
                && (wanted.variant() == null
                        || config.variant() == null
                        || same(config.architecture(), config.variant(), wanted.variant()));
    }

    private static boolean same(String architecture, @Nullable String a, @Nullable String b) {
        return usual(architecture, a).equals(usual(architecture, b));
    }

    /** The variant that an architecture has when none is said. */
    private static String usual(String architecture, @Nullable String variant) {
        if (variant != null) {
            return variant;
        }
        return switch (architecture) {
            case "arm64" -> "v8";
            case "arm" -> "v7";
            default -> "";
        };
    }

    /** Those that an index has, for a message. */
    public static String listed(List<Descriptor> entries) {
        Set<String> texts = new LinkedHashSet<>();
        for (Descriptor entry : entries) {
            Platform platform = entry.platform();
            if (platform != null && !platform.os().equals("unknown")) {
                texts.add(text(platform));
            }
        }
        return texts.isEmpty() ? "no platform that it tells of" : String.join(", ", texts);
    }
}
