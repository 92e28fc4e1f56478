package dev.carafe.it;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.carafe.it.Carafe.Result;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/** The names of an image's layers must fit into the one page that mount(2) takes. */
@Tag("rootless")
class ManyLayersTest {
    @RegisterExtension static final Carafe carafe = new Carafe();

    /** As docker save writes it: busybox, and a layer for each number. */
    private static final String ARCHIVE =
            """
            set -e
            cp "$1" 0.tar
            diffs="\\"sha256:$(sha256sum < 0.tar | cut -d' ' -f1)\\"" names='"0.tar"'
            for i in $(seq 1 "$2"); do
                mkdir d && echo "$i" > "d/n$i" && echo "$i" > d/last
                tar -C d --sort=name --mtime=@0 --owner=0 --group=0 -cf "$i.tar" . && rm -r d
                diffs="$diffs,\\"sha256:$(sha256sum < "$i.tar" | cut -d' ' -f1)\\""
                names="$names,\\"$i.tar\\""
            done
            printf '{"architecture":"%s","os":"linux","config":{"Cmd":["sh"]},' "$3" > config.json
            printf '"rootfs":{"type":"layers","diff_ids":[%s]}}' "$diffs" >> config.json
            printf '[{"Config":"config.json","RepoTags":["many:%s"],"Layers":[%s]}]' "$2" "$names" > manifest.json
            tar -cf archive manifest.json config.json *.tar
            """;

    @Test
    void hundredAndTwentySixLayersAreOneRoot(@TempDir Path directory)
            throws IOException, InterruptedException {
        String arch = System.getProperty("os.arch").equals("aarch64") ? "arm64" : "amd64";
        Path busybox = Images.file("busybox.tar");
        Process process =
                new ProcessBuilder("sh", "-c", ARCHIVE, "sh", busybox.toString(), "126", arch)
                        .directory(directory.toFile())
                        .inheritIO()
                        .start();
        assertTrue(process.waitFor(60, TimeUnit.SECONDS));
        assertEquals(0, process.exitValue());

        assertEquals(
                0, carafe.run("load", "-q", "-i", directory.resolve("archive").toString()).exit());
        Result result =
                carafe.run(
                        "run",
                        "--rm",
                        "many:126",
                        "sh",
                        "-c",
                        "cat /n1 /n126 /last; ls / | grep -c '^n'");
        assertEquals("1\n126\n126\n126\n", result.out());

        assertEquals(0, carafe.run("rmi", "many:126").exit());
        try (var left = Files.list(carafe.root().resolve("links"))) {
            assertEquals(0, left.count());
        }
    }
}
