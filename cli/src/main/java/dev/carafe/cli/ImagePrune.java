package dev.carafe.cli;

import dev.carafe.engine.Engine;
import dev.carafe.engine.image.ImageFilter;
import dev.carafe.engine.image.Pruned;
import java.io.IOException;

/** {@code carafe image prune}: removes images that nobody needs. */
final class ImagePrune {
    private ImagePrune() {}

    static Verb verb() {
        return new Verb(
                "image prune",
                "[OPTIONS]",
                "Remove images that nobody needs",
                "Removes images that have no name, and what no image needs any more: layers, blobs, what\n"
                        + "was left of interrupted pulls. What a container, a build or a pull uses stays.",
                Given.options(
                        Option.flag(
                                'a',
                                "all",
                                "Remove also images with names, if no container uses them"),
                        Option.takes(
                                "filter", "FILTER", "until=TIME, label=NAME[=VALUE] or label!=..."),
                        Option.flag('f', "force", "Don't ask")),
                "carafe image prune\ncarafe image prune -af --filter until=24h\n");
    }

    static int run(String[] args, Console console) throws UsageException, IOException {
        Given given = Given.read(verb(), args, 0, 0, console);
        if (given == null) {
            return 0;
        }
        try (Engine engine = Engine.open()) {
            ImageFilter filter = ImageFilter.parse(given.all("filter"), engine.images());
            boolean all = given.has("all") || filter.alsoNamed();
            if (!given.has("force") && !confirmed(all, console)) {
                return 0;
            }
            Pruned pruned = engine.pruneImages(all, filter);
            if (!pruned.lines().isEmpty()) {
                console.println("Deleted Images:");
                for (String line : pruned.lines()) {
                    console.println(line);
                }
                console.println("");
            }
            console.println("Total reclaimed space: " + Units.size(pruned.reclaimed()));
        }
        return 0;
    }

    private static boolean confirmed(boolean all, Console console) throws IOException {
        console.println(
                "WARNING! This will remove all "
                        + (all
                                ? "images without at least one container associated to them."
                                : "dangling images."));
        console.print("Are you sure you want to continue? [y/N] ");
        int first = System.in.read();
        return first == 'y' || first == 'Y';
    }
}
