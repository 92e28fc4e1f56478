package dev.carafe.engine.dockerfile;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.code_intelligence.jazzer.junit.FuzzTest;
import dev.carafe.oci.image.Platform;
import java.util.List;
import java.util.Map;

class DockerfileFuzzTest {
    /** Any bytes: refused in one way, or parsed, expanded and dumped. */
    @FuzzTest(maxDuration = "20s")
    void anyDockerfile(byte[] bytes) {
        Dump.of(bytes, Map.of("a", "b"));
    }

    /** Any bytes behind a FROM and an instruction, which chance would hardly find. */
    @FuzzTest(maxDuration = "20s")
    void anyInstruction(byte[] bytes) {
        int which = bytes.length == 0 ? 0 : Math.floorMod(bytes[0], Statement.KEYWORDS.size());
        String text = "FROM a\nENV a=b\n" + Statement.KEYWORDS.get(which) + " ";
        Dump.of((text + new String(bytes, UTF_8)).getBytes(UTF_8), Map.of());
    }

    /** Any trigger of a hostile image. */
    @FuzzTest(maxDuration = "10s")
    void anyTrigger(byte[] bytes) {
        try {
            Dockerfile.trigger("image", new String(bytes, UTF_8));
        } catch (DockerfileException e) {
            e.excerpt();
        }
    }

    /** Any word, with values as strange as itself. */
    @FuzzTest(maxDuration = "20s")
    void anyWord(byte[] bytes) {
        String text = new String(bytes, UTF_8);
        Line.Builder line = new Line.Builder("x", List.of(text), text.startsWith("`") ? '`' : '\\');
        Word word = new Word(text, line.add(text, new Location(1, 1)).build(), 0, true);
        Variables variables = name -> name.equals("u") ? null : text;
        try {
            Words.expand(word, variables);
            Words.split(word, variables);
        } catch (DockerfileException e) {
            e.excerpt();
        }
    }

    /** Any .dockerignore, asked about paths made of itself. */
    @FuzzTest(maxDuration = "20s")
    void anyIgnoreFile(byte[] bytes) {
        try {
            IgnoreRules rules = IgnoreRules.parse("x", bytes);
            for (String path : new String(bytes, UTF_8).split("\n", 20)) {
                rules.ignores(path);
                rules.top().entry(path).skipsAll();
            }
        } catch (DockerfileException e) {
            e.excerpt();
        }
    }

    /** A Dockerfile's global scope, whatever its build arguments. */
    @FuzzTest(maxDuration = "10s")
    void anyBuildArgument(byte[] bytes) throws DockerfileException {
        String text = new String(bytes, UTF_8);
        Dockerfile file = Dockerfile.parse("x", "ARG a=1 b=$a\nFROM $b\n".getBytes(UTF_8));
        Platform platform = new Platform("amd64", "linux");
        Globals globals = Globals.of(file, Map.of("a", text, text, text), platform, platform, text);
        Words.expand(file.stages().getFirst().from().base(), globals);
        globals.unused(file);
    }
}
