package dev.carafe.it;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What is wrong is told in one clear line, with the right exit status, and nothing stays. */
class BadInputTest {
    @RegisterExtension static final Carafe carafe = new Carafe();
    @TempDir Path directory;

    private static void oneLine(Carafe.Result result, String named) {
        assertEquals(1, result.err().lines().count(), result::toString);
        assertTrue(result.err().contains(named), result::toString);
        assertEquals("", result.out(), result::toString);
    }

    @Tag("rootless")
    @ParameterizedTest
    @CsvSource({
        "127, /no/such/file, run --rm host /no/such/file",
        "126, /etc, run --rm host /etc",
        "125, no-such-image, run --rm --pull never no-such-image true",
        "125, memory, run --rm -m 1m host true",
        "125, /proc/self/fd/9, run --rm -w /proc/self/fd/9 host true",
        "125, /etc/passwd, run --rm -w /etc/passwd host true",
        "125, nobody-here, run --rm -u nobody-here host true"
    })
    void refusalNamesWhatIsWrong(int exit, String named, String command) {
        oneLine(carafe.run(command.split(" ")).exits(exit), named);
    }

    @Tag("rootless")
    @ParameterizedTest
    @ValueSource(
            strings = {
                "run --no-such-flag host true",
                "run -d host true",
                "run -p 80:80 host true",
                "run -m lots host true",
                "run --cpus -1 host true",
                "run --cap-add NO_SUCH host true",
                "run --network no-such host true",
                "run -v named:/v host true",
                "run"
            })
    void badFlagIs125(String command) {
        var result = carafe.run(command.split(" ")).exits(125);
        assertTrue(result.err().startsWith("carafe: "), result::toString);
        assertTrue(!result.err().contains("internal error"), result::toString);
        assertTrue(result.err().lines().count() <= 2, result::toString);
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 100, 10_000, 600_000, 2_000_000})
    void truncatedArchiveIsRefused(int length) throws IOException {
        byte[] whole = Files.readAllBytes(Images.file("busybox.docker.tar"));
        Path file = directory.resolve("cut.tar");
        Files.write(file, Arrays.copyOf(whole, length));
        oneLine(carafe.run("load", "-i", file.toString()).exits(1), "");
        assertEquals(1, carafe.run("images").ok().out().lines().count());
    }

    @Test
    void corruptBlobIsRefused() throws IOException {
        byte[] whole = Files.readAllBytes(Images.file("busybox.docker.tar"));
        byte[] wanted = "root:x:0:0".getBytes(StandardCharsets.UTF_8);
        String text = new String(whole, StandardCharsets.ISO_8859_1);
        int at = text.indexOf(new String(wanted, StandardCharsets.UTF_8));
        whole[at] ^= 1;
        Path file = directory.resolve("bad.tar");
        Files.write(file, whole);
        oneLine(carafe.run("load", "-i", file.toString()).exits(1), "sha256");
        assertEquals(1, carafe.run("images").ok().out().lines().count());
    }

    @Test
    void missingArchiveIsNamed() {
        oneLine(carafe.run("load", "-i", "/no/such.tar").exits(1), "/no/such.tar");
    }
}
