package dev.carafe.cli;

import dev.carafe.engine.Engine;
import dev.carafe.engine.Transfers;
import dev.carafe.engine.image.ImageException;
import dev.carafe.engine.image.Platforms;
import dev.carafe.engine.registry.Pull.Pulled;
import dev.carafe.engine.registry.PullOptions;
import dev.carafe.oci.OciException;
import dev.carafe.oci.image.ImageReference;
import dev.carafe.oci.image.Platform;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** {@code carafe pull}: fetches images from registries. */
final class Pull {
    private static final int STDOUT = 1;

    private Pull() {}

    static Verb verb() {
        return new Verb(
                "pull",
                "[OPTIONS] NAME[:TAG|@DIGEST]",
                "Fetch an image from a registry",
                "Fetches an image, unless all of it is here already. A name without a registry means Docker\n"
                        + "Hub. A pull that was interrupted goes on where it stopped.",
                Given.options(
                        Option.flag('a', "all-tags", "Fetch every tag of the repository"),
                        Option.flag(
                                "all-platforms",
                                "Keep the images for other platforms too, to push or save them"),
                        Option.missing("disable-content-trust", ""),
                        Option.takes("platform", "OS/ARCH", "Fetch the image for this platform"),
                        Option.flag('q', "quiet", "Print nothing but the name")),
                """
                carafe pull debian:bookworm
                carafe pull localhost:5000/app@sha256:9b0f...
                carafe pull --all-platforms alpine && carafe push --all-platforms localhost:5000/alpine
                """);
    }

    static int run(String[] args, Console console) throws UsageException {
        Given given = Given.read(verb(), args, 1, 1, console);
        if (given == null) {
            return 0;
        }
        String name = given.arguments().getFirst();
        PullOptions options =
                new PullOptions(
                        platform(given.get("platform")),
                        given.has("all-platforms"),
                        PullOptions.USUAL.parallel());
        boolean quiet = given.has("quiet");
        try (Engine engine = Engine.open();
                Transfers transfers = engine.transfers()) {
            for (String one : names(transfers, name, given.has("all-tags"), quiet, console)) {
                pull(transfers, one, options, quiet, console);
            }
        }
        return 0;
    }

    /** Reads {@code --platform}; null stays null. */
    static @Nullable Platform platform(@Nullable String text) throws UsageException {
        try {
            return text == null ? null : Platforms.parse(text);
        } catch (ImageException e) {
            throw new UsageException(String.valueOf(e.getMessage()));
        }
    }

    private static List<String> names(
            Transfers transfers, String name, boolean allTags, boolean quiet, Console console)
            throws UsageException {
        ImageReference reference;
        try {
            reference = ImageReference.parse(name);
        } catch (OciException e) {
            throw new UsageException(String.valueOf(e.getMessage()));
        }
        boolean bare = reference.digest() == null && !hasTag(name);
        if (!allTags) {
            if (bare && !quiet) {
                console.println("Using default tag: latest");
            }
            return List.of(name);
        }
        if (!bare) {
            throw new UsageException("tag can't be used with --all-tags/-a");
        }
        List<String> names = new ArrayList<>();
        for (String tag : transfers.tags(name)) {
            names.add(name + ":" + tag);
        }
        return names;
    }

    static boolean hasTag(String name) {
        return name.indexOf(':', name.lastIndexOf('/') + 1) >= 0;
    }

    private static void pull(
            Transfers transfers, String name, PullOptions options, boolean quiet, Console console) {
        ImageReference reference = ImageReference.parse(name);
        if (!quiet) {
            String what =
                    reference.digest() == null
                            ? reference.tag()
                            : reference.name() + "@" + reference.digest();
            console.println(what + ": Pulling from " + reference.path());
        }
        Pulled pulled;
        try (Transfer shown = Transfer.of(console, STDOUT, quiet)) {
            pulled = transfers.pull(name, options, shown);
        }
        if (!quiet) {
            console.println("Digest: " + pulled.digest());
            console.println(
                    (pulled.changed()
                                    ? "Status: Downloaded newer image for "
                                    : "Status: Image is up to date for ")
                            + reference.familiar());
        }
        console.println(reference.toString());
    }
}
