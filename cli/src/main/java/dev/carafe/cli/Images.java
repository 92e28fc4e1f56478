package dev.carafe.cli;

import dev.carafe.engine.Engine;
import dev.carafe.engine.image.ImageFilter;
import dev.carafe.engine.image.ImageStore;
import dev.carafe.engine.image.ImageSummary;
import dev.carafe.oci.json.JsonObject;
import java.io.IOException;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** {@code carafe images}: lists images. */
final class Images {
    private Images() {}

    static Verb verb() {
        return new Verb(
                "images",
                "[OPTIONS] [REPOSITORY[:TAG]]",
                "List images",
                "Lists the images of this host's store.",
                Given.options(
                        Option.flag('a', "all", "Show all images; there are no intermediate ones"),
                        Option.flag("digests", "Show digests"),
                        Option.takes(
                                'f',
                                "filter",
                                "FILTER",
                                "label=NAME[=VALUE], dangling=, before=, since=, until=, reference="),
                        Option.takes(
                                "format",
                                "FORMAT",
                                "json, an object a line, or the default, table"),
                        Option.flag("no-trunc", "Show whole ids"),
                        Option.flag('q', "quiet", "Show ids only")),
                "carafe images\ncarafe images debian\ncarafe images -q --no-trunc\ncarafe images --format json\n");
    }

    static int run(String[] args, Console console) throws UsageException, IOException {
        Given given = Given.read(verb(), args, 0, 1, console);
        if (given == null) {
            return 0;
        }
        boolean json = given.json();
        try (Engine engine = Engine.open()) {
            ImageStore store = engine.images();
            List<ImageSummary> images = store.list(ImageFilter.parse(given.all("filter"), store));
            if (!given.arguments().isEmpty()) {
                images = matching(images, given.arguments().getFirst());
            }
            boolean whole = given.has("no-trunc");
            Instant now = Instant.now();
            if (given.has("quiet")) {
                console.print(quiet(images, whole));
            } else if (json) {
                console.print(json(images, whole, now));
            } else {
                console.print(table(images, whole, given.has("digests"), now));
            }
        }
        return 0;
    }

    private static List<ImageSummary> matching(List<ImageSummary> images, String name) {
        List<ImageSummary> found = new ArrayList<>();
        for (ImageSummary image : images) {
            if (image.repository().equals(name)
                    || (image.repository() + ":" + image.tag()).equals(name)) {
                found.add(image);
            }
        }
        return found;
    }

    static String quiet(List<ImageSummary> images, boolean whole) {
        StringBuilder out = new StringBuilder();
        for (ImageSummary image : images) {
            out.append(id(image, whole)).append('\n');
        }
        return out.toString();
    }

    static String table(List<ImageSummary> images, boolean whole, boolean digests, Instant now) {
        Table table =
                digests
                        ? new Table("REPOSITORY", "TAG", "DIGEST", "IMAGE ID", "CREATED", "SIZE")
                        : new Table("REPOSITORY", "TAG", "IMAGE ID", "CREATED", "SIZE");
        for (ImageSummary image : images) {
            String id = id(image, whole);
            String created = ago(image.created(), now);
            String size = Units.size(image.size());
            if (digests) {
                table.row(image.repository(), image.tag(), image.digest(), id, created, size);
            } else {
                table.row(image.repository(), image.tag(), id, created, size);
            }
        }
        return table.toString();
    }

    static String json(List<ImageSummary> images, boolean whole, Instant now) {
        StringBuilder out = new StringBuilder();
        for (ImageSummary image : images) {
            JsonObject object =
                    JsonObject.builder()
                            .put("CreatedAt", image.created())
                            .put("CreatedSince", ago(image.created(), now))
                            .put("Digest", image.digest())
                            .put("ID", id(image, whole))
                            .put("Repository", image.repository())
                            .put("Size", Units.size(image.size()))
                            .put("Tag", image.tag())
                            .build();
            out.append(object.compact()).append('\n');
        }
        return out.toString();
    }

    private static String id(ImageSummary image, boolean whole) {
        return whole
                ? image.id()
                : image.id().substring("sha256:".length(), "sha256:".length() + 12);
    }

    static String ago(@Nullable String created, Instant now) {
        if (created == null) {
            return "N/A";
        }
        try {
            return Units.ago(now.getEpochSecond() - OffsetDateTime.parse(created).toEpochSecond());
        } catch (DateTimeException e) {
            return "N/A";
        }
    }
}
