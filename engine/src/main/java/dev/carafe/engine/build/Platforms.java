package dev.carafe.engine.build;

import dev.carafe.linux.Arch;
import dev.carafe.oci.image.ImageConfig;
import dev.carafe.oci.image.Platform;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** What is built for, and what this machine is. */
final class Platforms {
    private static final String DEFAULT_PATH =
            "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

    private Platforms() {}

    static Platform host() {
        return new Platform(Arch.host() == Arch.X86_64 ? "amd64" : "arm64", "linux");
    }

    /** Reads {@code OS[/ARCHITECTURE[/VARIANT]]}, or an architecture alone; the host's for null. */
    static Platform parse(@Nullable String text) throws BuildException {
        if (text == null || text.isEmpty()) {
            return host();
        }
        if (text.indexOf(',') >= 0) {
            throw new BuildException(
                    "--platform "
                            + text
                            + ": one platform at a time; build each under a name of its own");
        }
        String[] parts = text.toLowerCase(Locale.ROOT).split("/", -1);
        boolean bare = parts.length == 1 && !parts[0].equals("linux");
        String os = bare ? "linux" : parts[0];
        String architecture = bare ? parts[0] : parts.length > 1 ? parts[1] : host().architecture();
        if (!os.equals("linux") || parts.length > 3 || architecture.isEmpty()) {
            throw new BuildException(
                    "platform " + text + ": it must be linux/ARCHITECTURE, such as linux/arm64");
        }
        String variant = parts.length == 3 && !parts[2].isEmpty() ? parts[2] : null;
        return normal(architecture, variant);
    }

    private static Platform normal(String architecture, @Nullable String variant) {
        String name =
                switch (architecture) {
                    case "x86_64", "x86-64" -> "amd64";
                    case "aarch64" -> "arm64";
                    case "i386", "i686" -> "386";
                    case "armhf" -> "arm";
                    default -> architecture;
                };
        // v8 is what every arm64 is
        String kept = name.equals("arm64") && "v8".equals(variant) ? null : variant;
        return new Platform(name, "linux", null, List.of(), kept);
    }

    static String shown(Platform platform) {
        return platform.os()
                + "/"
                + platform.architecture()
                + (platform.variant() == null ? "" : "/" + platform.variant());
    }

    /** Nothing but the path that programs are looked for in, as Docker has it. */
    static State scratch(Platform platform) {
        ImageConfig.Config config =
                ImageConfig.Config.EMPTY.edit().env(List.of(DEFAULT_PATH)).workingDir("/").done();
        return new State("scratch", platform, config, new Hash().put("scratch").hex());
    }

    /** That an image is for the platform that was asked for. */
    static void check(String reference, ImageConfig image, Platform wanted) throws BuildException {
        boolean same =
                image.os().equals(wanted.os())
                        && image.architecture().equals(wanted.architecture());
        if (!same) {
            throw new BuildException(
                    "image "
                            + reference
                            + " is for "
                            + image.os()
                            + "/"
                            + image.architecture()
                            + ", not for "
                            + shown(wanted)
                            + "; pull it for that platform, or give --platform");
        }
    }

    /** That commands of a platform can run here. */
    static void checkRunnable(Platform platform) throws BuildException {
        Platform host = host();
        if (platform.architecture().equals(host.architecture())
                || host.architecture().equals("amd64") && platform.architecture().equals("386")) {
            return;
        }
        String name =
                switch (platform.architecture()) {
                    case "amd64" -> "x86_64";
                    case "arm64" -> "aarch64";
                    case "386" -> "i386";
                    case "loong64" -> "loongarch64";
                    default -> platform.architecture();
                };
        if (!Files.exists(Path.of("/proc/sys/fs/binfmt_misc/qemu-" + name))) {
            throw new BuildException(
                    "a RUN for "
                            + shown(platform)
                            + " can't run on this machine; install qemu-user-static, or keep to"
                            + " COPY");
        }
    }
}
