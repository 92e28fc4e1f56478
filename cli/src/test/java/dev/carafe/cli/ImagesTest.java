package dev.carafe.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.carafe.engine.image.ImageSummary;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;

class ImagesTest {
    private static final Instant NOW = Instant.parse("2026-03-15T12:00:00Z");
    private static final String ID =
            "sha256:4bbfe64bd1c70123456789abcdef0123456789abcdef0123456789abcdef0123";
    private static final String DIGEST =
            "sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";
    private static final List<ImageSummary> IMAGES =
            List.of(
                    new ImageSummary(
                            "debian", "bookworm", ID, DIGEST, "2026-03-01T00:00:00Z", 116_543_210),
                    new ImageSummary(
                            "<none>", "<none>", ID, DIGEST, "2026-03-15T11:59:30.5+00:00", 999),
                    new ImageSummary("ghcr.io/a/long-name", "1", ID, DIGEST, null, 4_261_574));

    @Test
    void printsTheTableThatDockerPrints() {
        assertEquals(
                """
                REPOSITORY            TAG        IMAGE ID       CREATED          SIZE
                debian                bookworm   4bbfe64bd1c7   2 weeks ago      117MB
                <none>                <none>     4bbfe64bd1c7   30 seconds ago   999B
                ghcr.io/a/long-name   1          4bbfe64bd1c7   N/A              4.26MB
                """,
                Images.table(IMAGES, false, false, NOW));
    }

    @Test
    void showsDigestsAndWholeIds() {
        String table = Images.table(IMAGES.subList(0, 1), true, true, NOW);
        assertEquals(
                "REPOSITORY   TAG        DIGEST"
                        + " ".repeat(68)
                        + "IMAGE ID"
                        + " ".repeat(66)
                        + "CREATED       SIZE\n"
                        + "debian       bookworm   "
                        + DIGEST
                        + "   "
                        + ID
                        + "   2 weeks ago   117MB\n",
                table);
        assertEquals("4bbfe64bd1c7\n", Images.quiet(IMAGES.subList(0, 1), false));
        assertEquals(ID + "\n", Images.quiet(IMAGES.subList(0, 1), true));
    }

    @Test
    void printsAnObjectALine() {
        assertEquals(
                "{\"CreatedAt\":\"2026-03-01T00:00:00Z\",\"CreatedSince\":\"2 weeks ago\",\"Digest\":\""
                        + DIGEST
                        + "\",\"ID\":\"4bbfe64bd1c7\",\"Repository\":\"debian\",\"Size\":\"117MB\",\"Tag\":\"bookworm\"}\n",
                Images.json(IMAGES.subList(0, 1), false, NOW));
    }
}
